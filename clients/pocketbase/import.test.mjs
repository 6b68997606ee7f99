// What somebody's app finds after its server was moved over from PocketBase.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start({ source: ['fresh.sql', 'lived.sql'] });

// A token that the old server has issued (the contract's own example).
const issued = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjb2xsZWN0aW9uSWQiOiJfcGJfdXNlcnNfYXV0aF8iLCJleHAiOjQxMDI0NDQ4MDAsImlkIjoiYWJjMTIzZGVmNDU2Z2hpIiwicmVmcmVzaGFibGUiOnRydWUsInR5cGUiOiJhdXRoIn0.VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0';

test('who was signed in still is', async () => {
  const client = app.guest();
  client.authStore.save(issued, null);
  assert.ok(client.authStore.isValid);
  const { record, token } = await client.collection('users').authRefresh();
  assert.deepEqual([record.id, record.email, record.collectionId], ['abc123def456ghi', 'ann@example.com', '_pb_users_auth_']);
  assert.notEqual(token, issued);
  // A rule that names the user lets this one in, and with a comment in it.
  const { items } = await client.collection('kinds').getList(1, 10, { expand: 'owner,friends' });
  assert.deepEqual(pluck(items, 'id'), ['kinds0000000001']);
  assert.equal(items[0].expand.owner.id, record.id);
});

test('passwords and other names to sign in with are kept', async () => {
  for (const [collection, identity] of [['users', 'ann@example.com'], ['users', 'bob@example.com'], ['members', 'cid'], ['members', 'cid@example.com']]) {
    await app.signIn(collection, identity, 'correct-horse');
  }
  await fails(app.signIn('users', 'bob@example.com', 'correct-house'), 400);
});

test('values are as they were read before', async () => {
  const old = await app.guest().collection('old').getFullList();
  assert.deepEqual(pluck(old, 'amount'), [0, 123456, 1000, 0]);
  assert.deepEqual(pluck(old, 'due'), ['', '2022-01-02 01:04:05.500Z', '', '2022-01-02 03:04:05.123Z']);
  assert.deepEqual(pluck(old, 'many'), [[], [], ['a'], ['b']]);
  const { json } = await app.guest().collection('kinds').getOne('kinds0000000001');
  assert.equal(JSON.stringify(json), '{"b":1,"a":[1,2]}'); // the order of its keys too
  assert.deepEqual(pluck(await app.guest().collection('counters').getFullList({ sort: '-n' }), 'id'), ['30', '20', '10']);
});

test('collections of any name answer', async () => {
  assert.deepEqual(pluck(await app.guest().collection('select').getFullList({ filter: 'order = "x"' }), 'group'), [1]);
  assert.equal((await app.guest().collection('MixedCase').getFullList())[0].CamelCase, 'hump');
  for (const name of ['größe', 'we"ird [x] `y`']) {
    assert.equal((await app.root.collection(name).getFullList()).length, 1, name);
  }
});

test('views answer, also those that read others', async () => {
  assert.deepEqual(pluck(await app.guest().collection('big_counters').getFullList({ sort: 'total' }), 'total'), [20, 30]);
  const { items } = await app.guest().collection('kinds_view').getList(1, 10, { sort: '-text', expand: 'owner' });
  assert.deepEqual(pluck(items, 'pieces'), [1, 1]);
  assert.deepEqual(await app.guest().collection('broken_view').getFullList(), []);
});

test('a rule that does not compile lets nobody in', async () => {
  await fails(app.guest().collection('odd').getFullList(), 400);
  assert.equal((await app.root.collection('odd').getFullList()).length, 2);
});

test('settings and definitions are kept', async () => {
  const settings = await app.root.settings.getAll();
  assert.deepEqual([settings.meta.appName, settings.batch.maxRequests, settings.smtp.host], ['Moved', 7, 'mail.example.com']);
  const members = await app.root.collections.getOne('members');
  assert.deepEqual([members.id, members.authRule, members.passwordAuth.identityFields], ['members00000001', 'verified = true', ['username', 'email']]);
  assert.equal(members.oauth2.providers[0].clientId, 'id');
});

test('the app goes on writing', async () => {
  const ann = await app.signIn('users', 'ann@example.com', 'correct-horse');
  const { updated } = await ann.collection('users').update('abc123def456ghi', { name: 'Ann' });
  assert.match(updated, /^20\d\d-/);
  const made = await app.guest().collection('old').create({ title: 'new', owners: ['Legacy_ID'], place: { lon: 1, lat: 2 } });
  assert.match(made.id, /^[a-z0-9]{15}$/);
  await app.guest().collection('old').delete(made.id);
  await app.root.collection('users').delete('Legacy_ID'); // to which others refer
  assert.deepEqual((await app.guest().collection('old').getOne('old3')).owners, []);
  await app.root.collections.update('old', { fields: [...(await app.root.collections.getOne('old')).fields, { name: 'more', type: 'text' }] });
  await app.root.collections.delete('leftovers'); // a view that reads the next one
  await app.root.collections.delete('old');
});
