// Logs: requests are kept with their reasons and without secrets, for superusers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';

const app = await start();
const { logs, settings } = app.root;

/** The entries that the filter selects, which must be so many. */
async function entries(filter, count = 1) {
  const page = await logs.getList(1, 100, { filter });
  assert.equal(page.totalItems, count, JSON.stringify(page.items));
  return page.items;
}

test('requests are kept with their caller and reason', async () => {
  await settings.update({ logs: { logAuthId: true } });
  const user = await app.account('users', 'user@example.com');
  const bad = await user.collection('users').getList(1, 1, { filter: 'nope = 1', headers: { Referer: 'https://app.test/a?token=hush#x' } }).catch((e) => e);
  assert.equal(bad.status, 400);
  await fetch(`${app.url}/api/files/token?token=hush&page=1&%74oken=hush`, { headers: { Referer: 'https://me:hush@app.test/?resetCode=hush' } });
  await fetch(`${app.url}/api/logs?failed`);
  await user.collection('users').getOne(user.authStore.record.id, { query: { marked: 1 } });

  const [entry] = await entries('data.status = 400 && data.type = "request"');
  assert.equal(entry.level, 8);
  assert.match(entry.message, /^GET \/api\/collections\/users\/records\?.*filter=nope = 1/);
  assert.deepEqual(Object.keys(entry), ['id', 'created', 'data', 'message', 'level']);
  const { data } = entry;
  assert.deepEqual(Object.keys(data), ['type', 'execTime', 'status', 'method', 'url', 'requestId', 'auth', 'authId', 'userIP', 'remoteIP', 'error', 'details', 'referer', 'userAgent']);
  assert.equal(data.auth, 'users');
  assert.equal(data.authId, user.authStore.record.id);
  assert.equal(data.userIP, '127.0.0.1');
  assert.match(data.details, /nope/);
  assert.ok(data.execTime > 0 && data.execTime < 60_000);
  assert.ok(Math.abs(new Date(entry.created) - Date.now()) < 60_000);

  const [secret] = await entries('data.url ~ "/api/files/token"');
  assert.equal(secret.data.url, '/api/files/token?token=…&page=1&%74oken=…');
  assert.equal(secret.data.referer, 'https://app.test/?resetCode=…');
  const [ok] = await entries('data.url ~ "marked"');
  assert.equal(ok.level, 0);
  assert.equal(ok.data.status, 200);
  assert.equal('error' in ok.data, false);
  const all = await logs.getList(1, 500);
  assert.doesNotMatch(JSON.stringify(all), /hush/);
  // What reads the logs is kept only when it fails.
  assert.deepEqual((await entries('data.url ~ "/api/logs"')).map((e) => e.data.status), [401]);

  assert.deepEqual(await logs.getOne(entry.id), entry);
  assert.deepEqual((await logs.getList(1, 1, { fields: 'level', filter: `id = "${entry.id}"` })).items, [{ level: 8 }]);
});

test('figures by the hour', async () => {
  const stats = await logs.getStats({ filter: 'data.status >= 400' });
  const { totalItems } = await logs.getList(1, 1, { filter: 'data.status >= 400' });
  assert.ok(totalItems >= 3);
  assert.equal(stats.reduce((sum, hour) => sum + hour.total, 0), totalItems);
  for (const hour of stats) assert.match(hour.date, /^\d{4}-\d\d-\d\d \d\d:00:00\.000Z$/);
});

test('what cannot be asked is refused', async () => {
  await fails(logs.getList(1, 1, { filter: 'nope = 1' }), 400, {});
  await fails(logs.getList(1, 1, { sort: 'nope' }), 400, {});
  await fails(logs.getStats({ filter: 'level =' }), 400, {});
  for (const id of ['nope', "' OR 1=1", 'a\u0000']) await fails(logs.getOne(id), 404, {});
});

test('are for superusers', async () => {
  const user = await app.account('users', 'other@example.com');
  for (const [client, status] of [[app.guest(), 401], [user, 403]]) {
    await fails(client.logs.getList(), status, {});
    await fails(client.logs.getOne('a'), status, {});
    await fails(client.logs.getStats(), status, {});
    await fails(client.logs.truncate(), status, {});
  }
});

test('settings hold', async () => {
  await fails(settings.update({ logs: { maxSize: -1, maxDays: -1 } }), 400, {
    'logs.maxSize': 'validation_min_greater_equal_than_required', 'logs.maxDays': 'validation_min_greater_equal_than_required',
  });
  assert.equal((await settings.update({ logs: { maxSize: 50 } })).logs.maxSize, 50);
  await settings.update({ logs: { minLevel: 8, logIP: false, logAuthId: false } });
  await app.raw('GET', '/api/health?kept=no');
  await app.raw('GET', '/api/nope?kept=yes');
  const [entry] = await entries('data.url ~ "kept="');
  assert.equal(entry.data.status, 404);
  for (const key of ['userIP', 'remoteIP', 'authId']) assert.equal(key in entry.data, false, key);
});

test('truncate deletes all', async () => {
  assert.equal(await logs.truncate(), true);
  assert.equal((await logs.getList()).totalItems, 0); // from level 8 on: the call itself is not kept
  assert.deepEqual(await logs.getStats(), []);
});
