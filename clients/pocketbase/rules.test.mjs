// Who may do what: each rule, for guests, users, owners and superusers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const user = await app.account('users', 'user@example.com', { name: 'User' });
const owner = await app.account('users', 'owner@example.com', { name: 'Owner' });
const callers = { guest, user, owner, root: app.root };
const fields = [{ name: 'title', type: 'text', max: 30 }, { name: 'owner', type: 'relation', collectionId: '_pb_users_auth_' }];
const forbidden = 'Only superusers can perform this action.';
const rules = ['listRule', 'viewRule', 'createRule', 'updateRule', 'deleteRule'];
let count = 0;

/** A collection whose five rules are this one, with a record of the owner's and one of nobody's. */
async function ruled(rule) {
  const name = `ruled${++count}`;
  await app.root.collections.create({ name, fields, ...Object.fromEntries(rules.map((r) => [r, rule])) });
  const create = (body) => app.root.collection(name).create(body);
  const mine = await create({ title: 'mine', owner: owner.authStore.record.id });
  const other = await create({ title: 'other' });
  return { name, mine, other, on: (caller) => callers[caller].collection(name) };
}

test('null is for superusers', async () => {
  const { on, mine } = await ruled(null);
  for (const caller of ['guest', 'user', 'owner']) {
    const records = on(caller);
    await fails(records.getList(), 403, {}, forbidden);
    await fails(records.getOne(mine.id), 403, {}, forbidden);
    await fails(records.getOne('nobodynobody123'), 403, {}, forbidden);
    await fails(records.create({ title: 'x' }), 403, {}, forbidden);
    await fails(records.create({ title: 'x'.repeat(31) }), 403, {}, forbidden);
    await fails(records.update(mine.id, {}), 403, {}, forbidden);
    await fails(records.delete(mine.id), 403, {}, forbidden);
  }
  assert.equal((await on('root').getList()).totalItems, 2);
  await on('root').update(mine.id, { title: 'changed' });
  await on('root').delete(mine.id);
});

test('empty is for everybody', async () => {
  for (const caller of Object.keys(callers)) {
    const { on, mine } = await ruled('');
    assert.equal((await on(caller).getList()).totalItems, 2);
    assert.equal((await on(caller).getOne(mine.id)).title, 'mine');
    assert.equal((await on(caller).create({ title: 'x' })).title, 'x');
    assert.equal((await on(caller).update(mine.id, { title: 'y' })).title, 'y');
    assert.equal(await on(caller).delete(mine.id), true);
  }
});

test('an expression is for those for whom it holds', async () => {
  const { on, mine, other } = await ruled("@request.auth.id != '' && owner = @request.auth.id");
  for (const caller of ['guest', 'user']) {
    assert.deepEqual((await on(caller).getList()).items, []);
    await fails(on(caller).getOne(mine.id), 404, {});
    await fails(on(caller).update(mine.id, { title: 'stolen' }), 404, {});
    await fails(on(caller).delete(mine.id), 404, {});
    await fails(on(caller).create({ title: 'x', owner: owner.authStore.record.id }), 400, {}, 'Failed to create record.');
    // The rule comes first: what is wrong with the fields is not told.
    await fails(on(caller).create({ title: 'x'.repeat(31) }), 400, {}, 'Failed to create record.');
  }
  const list = await on('owner').getList();
  assert.deepEqual([list.totalItems, pluck(list.items, 'title')], [1, ['mine']]);
  assert.equal((await on('owner').getOne(mine.id)).title, 'mine');
  await fails(on('owner').getOne(other.id), 404, {});
  await on('owner').create({ title: 'x', owner: owner.authStore.record.id });
  assert.equal((await on('owner').update(mine.id, { title: 'still mine' })).title, 'still mine');
  await fails(on('owner').update(mine.id, { title: 'x'.repeat(31) }), 400, { title: 'validation_max_text_constraint' });
  assert.equal(await on('owner').delete(mine.id), true);
  assert.equal((await on('root').getList()).totalItems, 2);
});

test('missing and forbidden are one answer', async () => {
  const { on, other } = await ruled('owner = @request.auth.id');
  for (const act of [(r, id) => r.getOne(id), (r, id) => r.update(id, {}), (r, id) => r.delete(id)]) {
    const hidden = await fails(act(on('user'), other.id), 404, {});
    const missing = await fails(act(on('user'), 'nobodynobody123'), 404, {});
    assert.deepEqual(hidden.response, missing.response);
  }
});

test('the update rule judges what is stored, the body is beside it', async () => {
  await app.root.collections.create({
    name: 'locks', fields: [{ name: 'state', type: 'text' }, { name: 'n', type: 'number' }],
    createRule: '', viewRule: '', updateRule: "state = 'open' && @request.body.n:isset = true && @request.body.state:changed = false",
  });
  const locks = guest.collection('locks');
  const { id } = await locks.create({ state: 'open', n: 1 });
  assert.equal((await locks.update(id, { 'n+': 1, state: 'open' })).n, 2);
  await fails(locks.update(id, { state: 'open' }), 404, {});
  await fails(locks.update(id, { n: 3, state: 'closed' }), 404, {});
  await app.root.collection('locks').update(id, { state: 'closed' });
  await fails(locks.update(id, { n: 3 }), 404, {});
});

test('the create rule judges what would be stored', async () => {
  await app.root.collections.create({
    name: 'entries', viewRule: '',
    fields: [{ name: 'kind', type: 'select', values: ['a', 'b'] }, { name: 'n', type: 'number' }, { name: 'by', type: 'relation', collectionId: '_pb_users_auth_' }],
    createRule: "kind = 'a' && n > 1 && by.name = 'Owner' && n = '5'",
  });
  const by = owner.authStore.record.id;
  const entries = guest.collection('entries');
  await entries.create({ kind: 'a', n: 5, by });
  await entries.create({ kind: 'a', n: '5', by });
  for (const body of [{ kind: 'b', n: 5, by }, { kind: 'a', n: 6, by }, { kind: 'a', n: 5 }, { kind: 'a', n: 5, by: user.authStore.record.id }]) {
    await fails(entries.create(body), 400, {}, 'Failed to create record.');
  }
});

test('rules through other collections', async () => {
  const groups = await app.root.collections.create({ name: 'groups', fields: [{ name: 'members', type: 'relation', collectionId: '_pb_users_auth_', maxSelect: 99 }] });
  await app.root.collections.create({
    name: 'papers', fields: [{ name: 'title', type: 'text' }, { name: 'group', type: 'relation', collectionId: groups.id }],
    listRule: 'group.members.id ?= @request.auth.id', viewRule: '@collection.groups.members.id ?= @request.auth.id && @collection.groups.id ?= group',
  });
  const group = await app.root.collection('groups').create({ members: [owner.authStore.record.id] });
  const paper = await app.root.collection('papers').create({ title: 'p', group: group.id });
  assert.equal((await owner.collection('papers').getList()).totalItems, 1);
  assert.equal((await user.collection('papers').getList()).totalItems, 0);
  assert.equal((await owner.collection('papers').getOne(paper.id)).title, 'p');
  await fails(user.collection('papers').getOne(paper.id), 404, {});
});

test('a rule that changes holds from its answer on', async () => {
  const { on, name } = await ruled('');
  for (let i = 0; i < 20; i++) {
    await app.root.collections.update(name, { listRule: i % 2 ? '' : null });
    if (i % 2) assert.equal((await on('guest').getList()).totalItems, 2);
    else await fails(on('guest').getList(), 403, {});
  }
});

test('system collections', async () => {
  for (const name of ['_mfas', '_otps', '_externalAuths', '_authOrigins']) {
    for (const client of [guest, user]) {
      const own = client === user ? user.authStore.record.id : undefined; // a sign-in leaves its origin
      for (const item of (await client.collection(name).getList()).items) assert.equal(item.recordRef, own);
      await fails(client.collection(name).getOne('nobodynobody123'), 404, {});
      await fails(client.collection(name).create({}), 403, {});
      await fails(client.collection(name).update('nobodynobody123', {}), 403, {});
    }
  }
  const mfa = await app.root.collection('_mfas').create({ collectionRef: '_pb_users_auth_', recordRef: owner.authStore.record.id, method: 'password' });
  assert.equal((await owner.collection('_mfas').getOne(mfa.id)).method, 'password');
  await fails(user.collection('_mfas').getOne(mfa.id), 404, {});
  await fails(app.root.collection('_mfas').create({ collectionRef: 'nope', recordRef: 'x', method: 'm' }), 400, undefined);
  for (const client of [guest, user]) {
    await fails(client.collection('_superusers').getList(), 403, {}, forbidden);
    await fails(client.collection('_superusers').create({}), 403, {}, forbidden);
    await fails(client.collection('_superusers').delete('x'), 403, {}, forbidden);
  }
});
