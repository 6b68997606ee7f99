// What the SDK sends and expects whatever it asks for.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { before, test } from 'node:test';
import PocketBase, { ClientResponseError } from 'pocketbase';
import { fails, pluck, refused, start } from './app.mjs';

const app = await start();
const guest = app.guest();

before(async () => {
  await app.open('notes', [{ name: 'title', type: 'text' }, { name: 'rank', type: 'number' }]);
  for (const rank of [1, 2, 3]) await guest.collection('notes').create({ title: `note ${rank}`, rank });
});

test('health', async () => {
  assert.deepEqual(await guest.health.check(), { message: 'API is healthy.', code: 200, data: {} });
  const { data } = await app.root.health.check();
  assert.deepEqual(data, { canBackup: true, possibleProxyHeader: '', realIP: '127.0.0.1' });
  const head = await app.raw('HEAD', '/api/health');
  assert.deepEqual([head.status, head.text], [200, '']);
});

test('a base URL may end in a slash', async () => {
  const client = new PocketBase(`${app.url}/`);
  assert.equal((await client.health.check()).code, 200);
  assert.equal(client.buildURL('/api/health'), `${app.url}/api/health`);
});

test('query parameters', async (t) => {
  await t.test('the first of a repeated one counts', async () => {
    const page = await guest.send('/api/collections/notes/records', { query: { page: [2, 1], perPage: 1, sort: 'rank' } });
    assert.deepEqual(pluck(page.items, 'rank'), [2]);
  });
  await t.test('null and undefined are not sent', async () => {
    const page = await guest.collection('notes').getList(1, 10, { filter: undefined, sort: null });
    assert.equal(page.totalItems, 3);
  });
  await t.test('dates, lists and objects reach the rules as text', async () => {
    await app.open('asked', [{ name: 'title', type: 'text' }], {
      listRule: "@request.query.at = '2024-01-02 03:04:05.006Z' && @request.query.what = '{\"a\":[1]}' && @request.query.list = 'x'",
    });
    await app.root.collection('asked').create({ title: 'found' });
    const list = (options) => guest.collection('asked').getFullList(options);
    assert.equal((await list({ at: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 6)), what: { a: [1] }, list: ['x', 'y'] })).length, 1);
    assert.equal((await list({ at: new Date(0), what: { a: [1] }, list: ['x'] })).length, 0);
  });
  await t.test('unknown options become parameters', async () => {
    const page = await guest.collection('notes').getList(1, 10, { skipTotal: true, nothing: 'special' });
    assert.deepEqual([page.totalItems, page.totalPages], [-1, -1]);
  });
});

test('the language of the client and a raw token are sent', async () => {
  await app.open('mirrors', [{ name: 'name', type: 'text' }], {
    listRule: "@request.headers.accept_language = 'de-DE' && @request.headers.content_type = 'application/json' && @request.auth.id != ''",
  });
  await app.root.collection('mirrors').create({ name: 'hall' });
  const client = await app.account('users', 'mirror@example.com');
  client.lang = 'de-DE';
  assert.equal((await client.collection('mirrors').getFullList()).length, 1);
});

test('headers reach the rules', async () => {
  await app.open('doors', [{ name: 'name', type: 'text' }], { listRule: "@request.headers.x_key = 'sesame'" });
  await app.root.collection('doors').create({ name: 'cave' });
  const list = (headers) => guest.collection('doors').getFullList({ headers });
  assert.equal((await list({ 'X-Key': 'sesame' })).length, 1);
  assert.equal((await list({ 'X-Key': 'pepper' })).length, 0);
});

test('the token goes in the Authorization header', async (t) => {
  const { token } = app.root.authStore;
  for (const value of [token, `Bearer ${token}`, `bEARER ${token}`]) {
    const { status } = await app.raw('GET', '/api/collections', undefined, { Authorization: value });
    assert.equal(status, 200, value.slice(0, 8));
  }
  for (const value of ['nonsense', `${token}x`, token.slice(0, -2), `Basic ${token}`, 'Bearer', '', 'a.b.c']) {
    await t.test(`${JSON.stringify(value.slice(0, 12))} is a guest`, async () => {
      refused(await app.raw('GET', '/api/collections', undefined, { Authorization: value }), 401, {});
      const { status } = await app.raw('GET', '/api/collections/notes/records', undefined, { Authorization: value });
      assert.equal(status, 200);
    });
  }
});

test('GET and DELETE carry a JSON content type and no body', async () => {
  const { id } = await guest.collection('notes').create({ title: 'passing' });
  assert.equal((await guest.collection('notes').getOne(id)).id, id);
  assert.equal(await guest.collection('notes').delete(id), true);
});

test('hooks of the client see what is sent and what comes back', async () => {
  const client = app.guest();
  client.beforeSend = (url, options) => ({ url: url.replace('/nowhere', '/notes'), options });
  client.afterSend = (response, data) => ({ ...data, status: response.status, type: response.headers.get('content-type') });
  const page = await client.send('/api/collections/nowhere/records', { query: { perPage: 1 } });
  assert.deepEqual([page.status, page.type, page.perPage], [200, 'application/json', 1]);
});

test('unknown routes and methods are JSON 404s', async () => {
  const missing = "The requested resource wasn't found.";
  await fails(guest.send('/api/nothing/here', {}), 404, {}, missing);
  await fails(guest.send('/api/health', { method: 'POST' }), 404, {}, missing);
  await fails(guest.send('/api/collections/notes/records', { method: 'PUT', body: {} }), 404, {}, missing);
  await fails(guest.send('/api/collections/notes/records/', {}), 404, {}, missing);
  refused(await app.raw('GET', '/nothing'), 404, {});
});

test('a new request of the same kind cancels the one under way', async () => {
  const client = app.guest().autoCancellation(true);
  const notes = client.collection('notes');
  const first = notes.getList(1, 1).catch((err) => err);
  const second = notes.getList(2, 1);
  const err = await first;
  assert.ok(err instanceof ClientResponseError);
  assert.deepEqual([err.status, err.isAbort], [0, true]);
  assert.equal((await second).page, 2);

  const kept = await Promise.all([1, 2, 3].map((page) => notes.getList(page, 1, { requestKey: null })));
  assert.deepEqual(kept.map((list) => list.page), [1, 2, 3]);
  const named = await Promise.all(['a', 'b'].map((requestKey) => notes.getList(1, 1, { requestKey })));
  assert.equal(named.length, 2);

  const cancelled = notes.getFullList({ requestKey: 'mine' }).catch((err) => err);
  client.cancelRequest('mine');
  assert.equal((await cancelled).isAbort, true);
});

test('writes of clients that hang up happen whole or not at all', async () => {
  const client = app.guest();
  const writes = Array.from({ length: 50 }, (_, rank) =>
    client.collection('notes').create({ title: 'hung up', rank }, { requestKey: `write ${rank}` }).catch((err) => err),
  );
  await guest.health.check(); // some of them are under way by now
  client.cancelAllRequests();
  const outcomes = await Promise.all(writes);
  const stored = await guest.collection('notes').getFullList({ filter: "title = 'hung up'" });
  for (const record of stored) assert.ok(Number.isInteger(record.rank), JSON.stringify(record));
  assert.equal(new Set(pluck(stored, 'rank')).size, stored.length);
  const acknowledged = outcomes.filter((o) => !(o instanceof Error));
  for (const { id } of acknowledged) assert.ok(stored.some((record) => record.id === id), `${id} is lost`);
  await app.server.check();
});

test('a server that is not there', async () => {
  const port = await new Promise((resolve) => {
    const socket = createServer().listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
  const err = await new PocketBase(`http://127.0.0.1:${port}`).health.check().catch((err) => err);
  assert.ok(err instanceof ClientResponseError);
  assert.deepEqual([err.status, err.isAbort, err.response], [0, false, {}]);
});

test('pages of other origins may call', async () => {
  const simple = await app.raw('GET', '/api/health', undefined, { Origin: 'https://example.com' });
  assert.equal(simple.headers.get('access-control-allow-origin'), '*');
  assert.equal(simple.headers.get('access-control-allow-credentials'), null);
  const preflight = await fetch(`${app.url}/api/collections/notes/records`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://example.com',
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET,HEAD,PUT,PATCH,POST,DELETE');
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,content-type');
});

test('every answer carries the security headers', async () => {
  for (const path of ['/api/health', '/api/nothing', '/api/collections/notes/records', '/']) {
    const { headers } = await app.raw('GET', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN', path);
    assert.equal(headers.get('x-xss-protection'), '1; mode=block', path);
  }
});

test('large answers are compressed for those who ask', async () => {
  const long = await guest.collection('notes').create({ title: 'x'.repeat(4000) });
  const path = `/api/collections/notes/records/${long.id}`;
  for (const encoding of ['gzip', 'identity']) {
    const answer = await app.raw('GET', path, undefined, { 'Accept-Encoding': encoding });
    assert.equal(answer.headers.get('content-encoding'), encoding === 'gzip' ? 'gzip' : null);
    assert.deepEqual(answer.body, long);
  }
  const small = await app.raw('GET', '/api/health', undefined, { 'Accept-Encoding': 'gzip' });
  assert.equal(small.headers.get('content-encoding'), null);
});

test('a record that has not changed is not sent again', async () => {
  const { id } = await guest.collection('notes').create({ title: 'tagged' });
  const path = `/api/collections/notes/records/${id}`;
  const first = await app.raw('GET', path);
  const tag = first.headers.get('etag');
  assert.match(tag, /^W\/"[^"]+"$/);
  assert.equal(first.headers.get('cache-control'), 'private, no-cache');
  const again = await app.raw('GET', path, undefined, { 'If-None-Match': tag });
  assert.deepEqual([again.status, again.text], [304, '']);
  await guest.collection('notes').update(id, { title: 'changed' });
  const changed = await app.raw('GET', path, undefined, { 'If-None-Match': tag });
  assert.deepEqual([changed.status, changed.body.title], [200, 'changed']);
});
