// The WebSocket of the realtime API, by npm ws, the usual client of Node programs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { everybody, start } from './app.mjs';
import { connector } from './socket.mjs';

const app = await start();
const { root } = app;
const connect = connector(app);

await root.collections.update('users', { listRule: null, createRule: '', authAlert: { enabled: false } });
const users = await root.collections.getOne('users');
await app.open('messages', [
  { name: 'text', type: 'text' },
  { name: 'n', type: 'number' },
  { name: 'secret', type: 'text', hidden: true },
]);
await root.collections.create({
  name: 'diaries', type: 'base', ...everybody, listRule: 'owner = @request.auth.id', viewRule: 'owner = @request.auth.id',
  fields: [{ name: 'text', type: 'text' }, { name: 'owner', type: 'relation', collectionId: users.id }],
});
await root.collections.create({
  name: 'named', type: 'base', ...everybody, listRule: "text = @request.auth.name || @request.headers.x_key = 'open'",
  fields: [{ name: 'text', type: 'text' }],
});
await root.collections.create({ name: 'overview', type: 'view', listRule: '', viewQuery: 'SELECT id, text FROM messages' });

/** The status and body of the answer that refuses a handshake. */
async function refusal(protocols, options = {}) {
  const ws = new WebSocket(`${app.url.replace('http', 'ws')}/api/realtime/ws`, protocols, options);
  ws.on('error', () => {});
  const [, response] = await once(ws, 'unexpected-response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  ws.terminate();
  return { status: response.statusCode, body: JSON.parse(body) };
}

const brief = (event) => [event.type, event.sub, event.action, event.record.text, event.txEnd];

test('the handshake needs the subprotocol, and greets', async () => {
  const socket = await connect();
  assert.deepEqual(Object.keys(socket.hello), ['type', 'peer', 'token', 'server']);
  assert.match(socket.hello.peer, /^[a-z0-9]{15}$/);
  assert.match(socket.hello.token, /^\w+\.\d+$/);
  assert.match(socket.hello.server, /^loam\//);
  assert.equal(socket.ws.protocol, 'loam.v1');
  for (const protocols of [undefined, 'other']) {
    const { status, body } = await refusal(protocols);
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(body), ['data', 'message', 'status']);
  }
  const plain = await app.raw('GET', '/api/realtime/ws');
  assert.equal(plain.status, 400);
  assert.deepEqual(await socket.ask('ping'), { type: 'pong', id: 'q1' });
  const pong = once(socket.ws, 'pong');
  socket.ws.ping('x');
  assert.equal(String((await pong)[0]), 'x');
});

test('creations, updates and deletions come in order, with the token of their transaction', async () => {
  const socket = await connect();
  const all = await socket.subscribe('messages/*');
  const message = await root.collection('messages').create({ text: 'one', secret: 'x' });
  const first = await socket.next();
  assert.deepEqual(first, {
    type: 'event', sub: all, record: await app.guest().collection('messages').getOne(message.id), action: 'create',
    txEnd: true, token: first.token,
  });
  const one = await socket.subscribe(`messages/${message.id}`);
  await root.collection('messages').update(message.id, { text: 'two' });
  const told = [await socket.next(), await socket.next()].sort((a, b) => a.sub - b.sub);
  assert.deepEqual(told.map(brief), [['event', all, 'update', 'two', true], ['event', one, 'update', 'two', true]]);
  assert.equal(told[0].token, told[1].token);
  assert.ok(Number(told[0].token.split('.')[1]) > Number(first.token.split('.')[1]));
  assert.equal((await socket.ask('unsubscribe', { sub: one })).type, 'ok');
  assert.equal((await socket.ask('unsubscribe', { sub: one })).status, 404);
  await root.collection('messages').delete(message.id);
  assert.deepEqual(brief(await socket.next()), ['event', all, 'delete', 'two', true]);
  assert.equal((await socket.ask('ping')).type, 'pong');
});

test('a transaction ends with its last event', async () => {
  await root.settings.update({ batch: { enabled: true } });
  const socket = await connect();
  const all = await socket.subscribe('messages/*', { filter: "text != 'hidden'" });
  const batch = root.createBatch();
  for (const text of ['a', 'b', 'c', 'hidden']) batch.collection('messages').create({ text });
  await batch.send();
  const events = [await socket.next(), await socket.next(), await socket.next()];
  assert.deepEqual(events.map(brief), [['event', all, 'create', 'a', undefined], ['event', all, 'create', 'b', undefined], ['event', all, 'create', 'c', true]]);
  assert.deepEqual(events.map((e) => 'token' in e), [false, false, true]);
});

test('filter, fields, expand, query, headers and actions', async () => {
  const socket = await connect();
  const picked = await socket.subscribe('messages/*', { filter: 'n > 5', fields: 'text,n', actions: ['create', 'delete'] });
  const keyed = await socket.subscribe('named/*', { headers: { 'X-Key': 'open' } });
  await socket.subscribe('named/*');
  await root.collection('messages').create({ text: 'few', n: 5 });
  const many = await root.collection('messages').create({ text: 'many', n: 6 });
  assert.deepEqual({ ...(await socket.next()), token: '' }, { type: 'event', sub: picked, record: { n: 6, text: 'many' }, action: 'create', txEnd: true, token: '' });
  await root.collection('messages').update(many.id, { n: 7 });
  await root.collection('messages').delete(many.id);
  assert.deepEqual(brief(await socket.next()), ['event', picked, 'delete', 'many', true]);
  await root.collection('named').create({ text: 'x' });
  assert.deepEqual(brief(await socket.next()), ['event', keyed, 'create', 'x', true]);
});

test('what starts to match enters, what stops to match leaves', async () => {
  const socket = await connect();
  const sub = await socket.subscribe('messages/*', { filter: "text ~ 'in'", fields: 'text' });
  const { id, collectionId } = await root.collection('messages').create({ text: 'out' });
  for (const text of ['inside', 'indoors', 'outside', 'within']) await root.collection('messages').update(id, { text });
  await root.collection('messages').delete(id);
  const events = [];
  for (let i = 0; i < 5; i++) events.push(await socket.next());
  assert.deepEqual(events.map((e) => [e.sub, e.action, e.record]), [
    [sub, 'enter', { text: 'inside' }],
    [sub, 'update', { text: 'indoors' }],
    [sub, 'leave', { collectionId, collectionName: 'messages', id }],
    [sub, 'enter', { text: 'within' }],
    [sub, 'delete', { text: 'within' }],
  ]);
});

test('who comes back with the last token misses nothing', async () => {
  const options = { filter: "text ~ 'kept'" };
  const first = await connect();
  await first.subscribe('messages/*', options);
  await root.collection('messages').create({ text: 'kept 0' });
  const { token } = await first.next();
  first.ws.terminate();
  for (let i = 1; i < 300; i += 50) {
    const batch = root.createBatch();
    for (let j = i; j < i + 50; j++) batch.collection('messages').create({ text: j % 2 ? `kept ${j}` : 'dropped' });
    await batch.send();
  }
  const second = await connect();
  const sub = await second.subscribe('messages/*', { ...options, since: token });
  await root.collection('messages').create({ text: 'kept now' });
  for (let i = 1; i < 301; i += 2) {
    const event = await second.next();
    assert.deepEqual(brief(event), ['event', sub, 'create', `kept ${i}`, i % 50 === 49 ? true : undefined]);
  }
  assert.deepEqual(brief(await second.next()), ['event', sub, 'create', 'kept now', true]);
  const { data } = await second.ask('subscribe', { topic: 'messages/*', since: 'x.7' });
  assert.deepEqual(await second.next(), { type: 'reset', sub: data.sub, token: data.token });
});

test('rules are judged for who has signed in, at any time', async () => {
  const ann = await app.account('users', 'ann@example.com', { name: 'ann' });
  const bob = await app.account('users', 'bob@example.com', { name: 'bob' });
  const socket = await connect();
  const sub = await socket.subscribe('diaries/*');
  const write = (text, owner) => root.collection('diaries').create({ text, owner: owner.authStore.record.id });
  await write('unseen', ann);
  const passed = await socket.subscribe('messages/*');
  await root.collection('messages').create({ text: 'the hub is past what was unseen' });
  assert.equal((await socket.next()).sub, passed);
  await socket.ask('unsubscribe', { sub: passed });
  const signedIn = await socket.ask('auth', { token: ann.authStore.token });
  assert.equal(signedIn.data.auth.email, 'ann@example.com');
  assert.ok(signedIn.data.expires > Date.now() / 1000);
  const reset = await socket.next();
  assert.deepEqual({ ...reset, token: '' }, { type: 'reset', sub, token: '' });
  await write('hers', ann);
  assert.deepEqual(brief(await socket.next()), ['event', sub, 'create', 'hers', true]);
  await ann.collection('users').authRefresh();
  assert.equal((await socket.ask('auth', { token: ann.authStore.token })).type, 'ok'); // the same identity: no reset
  const bad = await socket.ask('auth', { token: 'nonsense' });
  assert.deepEqual([bad.type, bad.status, bad.code], ['error', 401, 'unauthenticated']);
  await socket.ask('auth', { token: bob.authStore.token });
  assert.equal((await socket.next()).type, 'reset');
  await write('hers again', ann);
  await write('his', bob);
  assert.deepEqual(brief(await socket.next()), ['event', sub, 'create', 'his', true]);
  assert.deepEqual((await socket.ask('auth', { token: null })).data, { auth: null, expires: null });
  assert.equal((await socket.next()).type, 'reset');

  const header = await connect({ Authorization: ann.authStore.token });
  const own = await header.subscribe('diaries/*');
  await write('by header', ann);
  assert.deepEqual(brief(await header.next()), ['event', own, 'create', 'by header', true]);
});

test('a token that is revoked, and an account that is deleted, are told at once', async () => {
  for (const [reason, change] of [
    ['revoked', (id) => root.collection('users').update(id, { password: 'another-password', passwordConfirm: 'another-password' })],
    ['deleted', (id) => root.collection('users').delete(id)],
  ]) {
    const user = await app.account('users', `${reason}@example.com`);
    const socket = await connect({ Authorization: user.authStore.token });
    await socket.subscribe('diaries/*');
    await change(user.authStore.record.id);
    assert.deepEqual(await socket.next(), { type: 'auth', auth: null, reason });
  }
});

test("a change of one's own account resets what depends on it", async () => {
  const user = await app.account('users', 'carol@example.com', { name: 'carol' });
  const socket = await connect({ Authorization: user.authStore.token });
  const named = await socket.subscribe('named/*');
  await socket.subscribe('diaries/*');
  await root.collection('users').update(user.authStore.record.id, { emailVisibility: true });
  await root.collection('users').update(user.authStore.record.id, { name: 'caroline' });
  const reset = await socket.next();
  assert.deepEqual([reset.type, reset.sub], ['reset', named]);
  await root.collection('named').create({ text: 'carol' });
  await root.collection('named').create({ text: 'caroline' });
  assert.deepEqual(brief(await socket.next()), ['event', named, 'create', 'caroline', true]);
});

test('another definition of the collection resets its subscriptions', async () => {
  const socket = await connect();
  const sub = await socket.subscribe('messages/*');
  await root.collections.update('messages', { listRule: "text != 'never'" });
  assert.deepEqual({ ...(await socket.next()), token: '' }, { type: 'reset', sub, token: '' });
  await root.collection('messages').create({ text: 'still here' });
  assert.deepEqual(brief(await socket.next()), ['event', sub, 'create', 'still here', true]);
});

test('a snapshot is told before the changes from then on', async () => {
  await app.open('pages', [{ name: 'text', type: 'text' }]);
  await root.collection('pages').create({ id: 'page00000000001', text: 'one' });
  const socket = await connect();
  const sub = await socket.subscribe('pages/*', { snapshot: true, fields: 'text', filter: "text != 'none'" });
  const state = await socket.next();
  assert.deepEqual(state, { type: 'snapshot', sub, items: [{ text: 'one' }], more: false, token: state.token });
  await root.collection('pages').update('page00000000001', { text: 'two' });
  assert.deepEqual(brief(await socket.next()), ['event', sub, 'update', 'two', true]);
  const one = await socket.subscribe('pages/page00000000001', { snapshot: true });
  assert.deepEqual((await socket.next()).items.map((page) => page.text), ['two']);

  // A client that resumes with this token gets the events since.
  const back = await connect();
  const again = await back.subscribe('pages/*', { since: state.token });
  assert.deepEqual(brief(await back.next()), ['event', again, 'update', 'two', true]);
  await socket.ask('unsubscribe', { sub: one });
});

test('a live query keeps a sorted window', async () => {
  await app.open('scores', [{ name: 'name', type: 'text' }, { name: 'points', type: 'number' }]);
  const scores = root.collection('scores');
  for (const [id, points] of [['ann', 3], ['bob', 2], ['eve', 1]]) await scores.create({ id: `${id}000000000000`, name: id, points });
  const socket = await connect();
  const sub = await socket.subscribe('scores/*', { sort: '-points', limit: 2, filter: 'points > 0', fields: 'name' });
  const state = await socket.next();
  assert.deepEqual(state, { type: 'snapshot', sub, items: [{ name: 'ann' }, { name: 'bob' }], more: false, token: state.token });
  const step = async (...wanted) => {
    for (const want of wanted) {
      const { type, sub: of, txEnd, token, ...rest } = await socket.next();
      assert.deepEqual([type, of, rest], ['event', sub, want]);
      assert.equal(txEnd === true && token !== undefined, want === wanted.at(-1));
    }
  };
  await scores.update('eve000000000000', { points: 9 }); // bob leaves the window
  await step({ action: 'leave', id: 'bob000000000000' }, { action: 'enter', index: 0, record: { name: 'eve' } });
  await scores.update('ann000000000000', { points: 99, name: 'Ann' });
  await step({ action: 'update', index: 0, record: { name: 'Ann' } });
  await scores.delete('ann000000000000');
  await step({ action: 'leave', id: 'ann000000000000' }, { action: 'enter', index: 1, record: { name: 'bob' } });
  for (let i = 0; i < 9; i++) {
    await socket.subscribe('scores/*', { limit: i + 1 });
    assert.equal((await socket.next()).type, 'snapshot');
  }
  assert.equal((await socket.ask('subscribe', { topic: 'scores/*', sort: 'name' })).code, 'too_many_live_queries');
});

test('a live query is that of the account', async () => {
  const ann = await app.account('users', 'window@example.com');
  const diaries = root.collection('diaries');
  await diaries.create({ text: 'mine', owner: ann.authStore.record.id });
  const socket = await connect();
  const sub = await socket.subscribe('diaries/*', { sort: 'text', fields: 'text' });
  assert.deepEqual((await socket.next()).items, []);
  await socket.ask('auth', { token: ann.authStore.token });
  assert.deepEqual([(await socket.next()).type, (await socket.next()).items], ['reset', [{ text: 'mine' }]]);
  await socket.ask('auth', { token: null });
  assert.deepEqual([(await socket.next()).type, (await socket.next()).items], ['reset', []]);
  await socket.ask('unsubscribe', { sub });
});

test('what cannot be subscribed to is an error', async () => {
  const socket = await connect();
  const hello = socket.hello.token;
  for (const [fields, status, code] of [
    [{}, 400, 'invalid'],
    [{ topic: 'messages' }, 400, 'invalid'],
    [{ topic: 'messages/a/b' }, 400, 'invalid'],
    [{ topic: '@oauth2' }, 400, 'invalid'],
    [{ topic: 'missing/*' }, 404, 'not_found'],
    [{ topic: 'overview/*' }, 400, 'invalid'],
    [{ topic: 'messages/*', filter: 'nonsense =' }, 400, 'invalid'],
    [{ topic: 'messages/*', filter: "secret = 'x'" }, 400, 'invalid'],
    [{ topic: 'messages/*', filter: "@collection.users.id ?!= ''" }, 403, 'forbidden'],
    [{ topic: 'messages/*', fields: 'text:excerpt(' }, 400, 'invalid'],
    [{ topic: 7 }, 400, 'invalid'],
    [{ topic: 'messages/*', snapshot: 'yes' }, 400, 'invalid'],
    [{ topic: 'messages/*', snapshot: true, since: hello }, 400, 'invalid'],
    [{ topic: 'messages/*', sort: 'text', limit: 10, since: hello }, 400, 'invalid'],
    [{ topic: 'messages/*', sort: '@random', limit: 10 }, 400, 'invalid'],
    [{ topic: 'messages/*', limit: 501 }, 400, 'invalid'],
    [{ topic: 'messages/*', limit: 1.5 }, 400, 'invalid'],
    [{ topic: 'messages/abc', limit: 5 }, 400, 'invalid'],
    [{ topic: 'messages/*', actions: 'create' }, 400, 'invalid'],
  ]) {
    const answer = await socket.ask('subscribe', fields);
    assert.deepEqual([answer.type, answer.status, answer.code], ['error', status, code], JSON.stringify([fields, answer]));
    assert.match(answer.message, /\.$/);
    assert.equal(typeof answer.data, 'object');
  }
});

test('bad messages are answered, and ten in a row close', async () => {
  const socket = await connect();
  const bad = ['{', 'null', '[]', '"x"', '7', '{"type":"nonsense"}', '{"type":"ping","id":7}', '{}', JSON.stringify({ type: 'ping', id: 'x'.repeat(65) })];
  for (let round = 0; round < 2; round++) {
    for (const text of bad) {
      socket.ws.send(text);
      assert.deepEqual((({ type, status }) => [type, status])(await socket.next()), ['error', 400]);
    }
    if (round === 0) assert.equal((await socket.ask('ping')).type, 'pong'); // a valid message in between
  }
  socket.ws.send('{');
  assert.equal((await socket.closed).code, 4400);
});

test('binary, too large and too many messages close', async () => {
  const binary = await connect();
  binary.ws.send(Buffer.from('{"type":"ping"}'));
  assert.equal((await binary.closed).code, 1003);
  const large = await connect();
  large.ws.send(JSON.stringify({ type: 'ping', id: 'x', more: 'x'.repeat(70_000) }));
  assert.equal((await large.closed).code, 1009);
  const quick = await connect();
  for (let i = 0; i < 400; i++) quick.ws.send('{"type":"ping"}');
  assert.equal((await quick.closed).code, 4429);
});

test('the limits of the settings', async (t) => {
  t.after(() => root.settings.update({ realtime: { maxSubscriptions: 1000, maxFiltered: 100, maxFilters: 2000, maxConnectionsPerIP: 0 } }));
  const socket = await connect();
  const code = async (options) => (await socket.ask('subscribe', { topic: 'messages/*', ...options })).code;
  await root.settings.update({ realtime: { maxFiltered: 1, maxSubscriptions: 3, maxFilters: 2 } });
  assert.equal(await code({ filter: 'n > 1' }), undefined);
  assert.equal(await code({ filter: 'n > 2' }), 'too_many_filters');
  await root.settings.update({ realtime: { maxFiltered: 100, maxFilters: 1 } });
  assert.equal(await code({ filter: 'n > 3' }), 'too_many_node_filters');
  assert.equal(await code({ filter: 'n > 1' }), undefined); // the same filter does not count again
  assert.equal(await code({}), undefined);
  assert.equal(await code({}), 'too_many_subscriptions');
  await root.settings.update({ realtime: { maxConnectionsPerIP: 1 } });
  const { status } = await refusal('loam.v1');
  assert.equal(status, 429);
});

test('compression is off, and where it is on, a deflate bomb is cut', async (t) => {
  assert.equal((await connect({}, { perMessageDeflate: true })).ws.extensions, '');
  await root.settings.update({ realtime: { compress: true } });
  t.after(() => root.settings.update({ realtime: { compress: false } }));
  const socket = await connect({}, { perMessageDeflate: true });
  assert.match(socket.ws.extensions, /permessage-deflate/);
  const sub = await socket.subscribe('messages/*');
  await root.collection('messages').create({ text: 'long '.repeat(900) });
  assert.equal((await socket.next()).sub, sub);
  socket.ws.send(JSON.stringify({ type: 'ping', id: 'x'.repeat(20_000_000) }));
  assert.equal((await socket.closed).code, 1009);
});
