// Messages say what to do about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';

const app = await start();
await app.open('rows', [{ name: 'n', type: 'number', required: true }, { name: 'b', type: 'bool' }]);
const create = async (collection, body) => (await app.rawRoot('POST', `/api/collections/${collection}/records`, JSON.stringify(body))).body;

test('a number that is 0 is not blank', async () => {
  const zero = await create('rows', { n: 0 });
  assert.equal(zero.data.n.code, 'validation_required');
  assert.equal(zero.data.n.message, 'Must not be 0.');
  const missing = await create('rows', {});
  assert.equal(missing.data.n.code, 'validation_required');
  await app.root.collections.update('rows', { fields: [{ name: 'n', type: 'number' }, { name: 'b', type: 'bool', required: true }] });
  const no = await create('rows', { b: false });
  assert.equal(no.data.b.code, 'validation_required');
  assert.doesNotMatch(no.data.b.message, /blank/);
});

test('a password that is too long is told in the unit that is counted', async () => {
  const account = (password) => create('users', { email: `a${password.length}@x.io`, password, passwordConfirm: password });
  const long = await account('д'.repeat(40));
  for (const password of ['x'.repeat(71), 'д'.repeat(35)]) assert.ok((await account(password)).id, password.length);
  assert.match(long.data.password.message, /no more than 71 character.* 72 bytes/);
  assert.equal((await account('y'.repeat(72))).data.password.message, 'Must be no more than 71 character(s).');
});

test('a signed-in user is told of the syntax of their own filter, or where to ask', async () => {
  await app.root.collections.update('rows', { listRule: '@request.auth.id != ""' });
  const user = await app.account('users', 'u@x.io');
  const headers = { Authorization: user.authStore.token };
  for (const query of ['filter=nope%3D1', 'sort=nope', 'filter=(n%3D1', 'fields=n:nope', 'expand=nope.nope.nope.nope.nope.nope.nope']) {
    const answer = await app.raw('GET', `/api/collections/rows/records?${query}`, undefined, headers);
    if (answer.status === 200) continue;
    assert.equal(answer.status, 400);
    const id = answer.headers.get('x-request-id');
    assert.match(id ?? '', /^\w+$/, query);
    assert.doesNotMatch(app.server.log.text, /token=ey/);
  }
});
