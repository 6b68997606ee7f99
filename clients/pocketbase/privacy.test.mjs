// What is hidden stays hidden, whichever way one asks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
await app.root.settings.update({ batch: { enabled: true } });

const safes = await app.open('safes', [
  { name: 'name', type: 'text' },
  { name: 'code', type: 'text', hidden: true, max: 10 },
  { name: 'pass', type: 'password', cost: 4 },
  { name: 'data', type: 'json', hidden: true },
]);
await app.open('doors', [{ name: 'name', type: 'text' }, { name: 'safe', type: 'relation', collectionId: safes.id }]);
await app.root.collections.create({
  name: 'people', type: 'auth', fields: [{ name: 'nick', type: 'text' }], manageRule: "@request.auth.nick = 'boss'",
  listRule: '', viewRule: '', createRule: '', updateRule: 'id = @request.auth.id',
});
await app.open('posts', [{ name: 'title', type: 'text' }, { name: 'author', type: 'relation', collectionId: (await app.root.collections.getOne('people')).id }]);

const safe = await app.root.collection('safes').create({ name: 'blue', code: '1234', pass: 'swordfish', data: { k: 'v' } });
await app.root.collection('doors').create({ name: 'front', safe: safe.id });
const hidden = await app.account('people', 'b-hidden@example.com', { nick: 'hidden' });
const shown = await app.account('people', 'a-shown@example.com', { nick: 'shown', emailVisibility: true });
const boss = await app.account('people', 'c-boss@example.com', { nick: 'boss' });
await app.root.collection('posts').create({ title: 'by hidden', author: hidden.authStore.record.id });

const secrets = /1234|swordfish|"k"|\$2a\$|tokenKey|b-hidden@/;

test('hidden fields are not in any answer', async () => {
  const answers = [
    await guest.collection('safes').getOne(safe.id),
    await guest.collection('safes').getList(),
    await guest.collection('safes').getOne(safe.id, { fields: 'code,data,pass,*' }),
    await guest.collection('doors').getList(1, 1, { expand: 'safe', fields: '*,expand.safe.code,expand.safe.*' }),
    await guest.collection('safes').update(safe.id, { name: 'blue' }),
  ];
  for (const answer of answers) assert.doesNotMatch(JSON.stringify(answer), secrets);
  assert.equal((await app.root.collection('safes').getOne(safe.id)).code, '1234');
});

test('hidden fields cannot be written', async () => {
  await guest.collection('safes').update(safe.id, { code: '9', 'code+': 'x', data: 1 });
  const made = await guest.collection('safes').create({ name: 'x', code: 'too long for the field' });
  const stored = await app.root.collection('safes').getOne(made.id);
  assert.deepEqual([stored.code, stored.data], ['', null]);
  assert.equal((await app.root.collection('safes').getOne(safe.id)).code, '1234');
  await guest.collection('safes').delete(made.id);
});

test('hidden fields cannot be asked about', async () => {
  for (const filter of [
    "code = '1234'", "code ~ '1'", "code:lower = '1234'", "'1234' = code", "name != '' && (code > '0')", "data.k = 'v'",
    "doors_via_safe.safe.code = '1234'", "strftime('%Y', code) = '1'", "code:isset = true", 'code = code',
  ]) {
    await fails(guest.collection('safes').getList(1, 1, { filter }), 400, {});
    await fails(guest.collection('safes').getList(1, 1, { filter: `name = '' || ${filter}` }), 400, {});
  }
  for (const sort of ['code', '-code', 'name,data.k', 'code:lower', 'doors_via_safe.safe.code']) {
    await fails(guest.collection('safes').getList(1, 1, { sort }), 400, {});
  }
  await fails(guest.collection('doors').getList(1, 1, { filter: "safe.code = '1234'" }), 400, {});
  await fails(guest.collection('doors').getList(1, 1, { sort: 'safe.code' }), 400, {});
});

test('passwords and token keys are not for superusers either', async () => {
  for (const client of [app.root, hidden, guest]) {
    const list = await client.collection('people').getFullList({ fields: '*,password,tokenKey' });
    assert.doesNotMatch(JSON.stringify(list), /password|tokenKey|\$2a\$/);
  }
});

test('hidden addresses are for their owner, managers and superusers', async () => {
  const emails = async (client) => (await client.collection('people').getFullList({ sort: 'nick' })).map(({ email }) => email ?? null);
  const [b, h, s] = ['c-boss@example.com', 'b-hidden@example.com', 'a-shown@example.com'];
  assert.deepEqual(await emails(guest), [null, null, s]);
  assert.deepEqual(await emails(shown), [null, null, s]);
  assert.deepEqual(await emails(hidden), [null, h, s]);
  assert.deepEqual(await emails(boss), [b, h, s]);
  assert.deepEqual(await emails(app.root), [b, h, s]);
  const expand = async (client) => (await client.collection('posts').getList(1, 1, { expand: 'author' })).items[0].expand.author;
  assert.equal('email' in (await expand(guest)), false);
  assert.equal((await expand(hidden)).email, h);
});

test('hidden addresses cannot be asked about', async () => {
  const nicks = async (collection, filter, sort) => pluck((await guest.collection(collection).getList(1, 9, { filter, sort })).items, collection === 'people' ? 'nick' : 'title');
  assert.deepEqual(await nicks('people', "email = 'b-hidden@example.com'"), []);
  assert.deepEqual(await nicks('people', "email ~ 'example'"), ['shown']);
  assert.deepEqual(await nicks('people', "email:lower ~ 'hidden'"), []);
  assert.deepEqual(await nicks('people', "email != 'x' && nick = 'hidden'"), []);
  assert.deepEqual(await nicks('posts', "author.email ~ 'hidden'"), []);
  assert.deepEqual(await nicks('posts', "author.posts_via_author.author.email ~ 'hidden'"), []);
  // The addresses order as a-shown, b-hidden, c-boss; hidden ones are all alike.
  const up = await nicks('people', '', 'email,nick');
  assert.deepEqual(up, ['boss', 'hidden', 'shown']);
  assert.deepEqual(await nicks('people', '', '-email,-nick'), ['shown', 'hidden', 'boss']);
});

test('errors tell nothing of what is stored', async () => {
  const credentials = { password: 'a-long-password', passwordConfirm: 'a-long-password' };
  const taken = await fails(guest.collection('people').create({ email: 'b-hidden@example.com', ...credentials }), 400, { email: 'validation_not_unique' });
  const batch = guest.createBatch();
  batch.collection('safes').update(safe.id, { name: 'red', pass: 'x'.repeat(100) });
  const refused = await batch.send().catch((e) => e);
  for (const err of [taken, refused]) {
    assert.doesNotMatch(JSON.stringify(err.response), /1234|swordfish|\$2a\$|tokenKey|UNIQUE|constraint failed|SELECT|SQLITE/);
  }
});

test('batches give what single requests give', async () => {
  const batch = guest.createBatch();
  batch.collection('safes').update(safe.id, { name: 'blue', code: '0', pass: 'swordfish' });
  batch.collection('safes').upsert({ id: safe.id, data: 'x' });
  batch.collection('people').create({ email: 'b-hidden2@example.com', password: 'a-long-password', passwordConfirm: 'a-long-password' });
  const results = await batch.send();
  assert.deepEqual(pluck(results, 'status'), [200, 200, 200]);
  assert.doesNotMatch(JSON.stringify(results), secrets);
  assert.equal((await app.root.collection('safes').getOne(safe.id)).code, '1234');
});
