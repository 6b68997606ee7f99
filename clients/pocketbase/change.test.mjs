// The life of a schema by the SDK: fields that change what they hold, names that are
// followed, imports, scaffolds and plans.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everybody, fails, pluck, start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const guest = app.guest();
const plan = (body) => app.root.send('/api/collections/meta/plan', { method: 'POST', body });

/** Updates one field of a collection by name, as the console does: with the whole list. */
async function setField(collection, name, options, query) {
  const { fields } = await collections.getOne(collection);
  const next = fields.map((field) => (field.name === name ? { ...field, ...options } : field));
  return collections.update(collection, { fields: next }, { query });
}

test('one value and several, with the data', async () => {
  await app.open('tags', [{ name: 'title', type: 'text' }]);
  const tags = await collections.getOne('tags');
  const [red, blue] = await Promise.all(['red', 'blue'].map((title) => guest.collection('tags').create({ title })));
  await app.open('posts', [
    { name: 'kind', type: 'select', values: ['a', 'b', 'c'] },
    { name: 'tag', type: 'relation', collectionId: tags.id },
    { name: 'doc', type: 'file' },
  ]);
  const posts = guest.collection('posts');
  const doc = new File(['hello'], 'hello.txt', { type: 'text/plain' });
  const full = await posts.create({ kind: 'a', tag: red.id, doc });
  const empty = await posts.create({});
  for (const name of ['kind', 'tag', 'doc']) await setField('posts', name, { maxSelect: 3 });

  const { kind, tag, doc: docs } = await posts.getOne(full.id, { expand: 'tag' });
  assert.deepEqual([kind, tag, docs], [['a'], [red.id], [full.doc]]);
  const none = await posts.getOne(empty.id);
  assert.deepEqual([none.kind, none.tag, none.doc], [[], [], []]);
  await posts.update(full.id, { 'kind+': 'b', 'tag+': blue.id, 'doc+': new File(['again'], 'again.txt') });
  const several = await posts.getOne(full.id, { expand: 'tag' });
  assert.deepEqual([several.kind, pluck(several.expand.tag, 'title'), several.doc.length], [['a', 'b'], ['red', 'blue'], 2]);
  assert.equal((await posts.getList(1, 1, { filter: 'tag.title ?= "blue" && kind:length = 2' })).totalItems, 1);

  for (const name of ['kind', 'tag', 'doc']) await setField('posts', name, { maxSelect: 1 });
  const last = await posts.getOne(full.id, { expand: 'tag' });
  assert.deepEqual([last.kind, last.tag, last.doc, last.expand.tag.title], ['b', blue.id, several.doc[1], 'blue']);
  assert.equal((await posts.getOne(empty.id)).kind, '');
  assert.equal((await posts.getFirstListItem('tag.title = "blue"')).id, full.id);
});

test('another kind, when asked', async () => {
  await app.open('sizes', [{ name: 'size', type: 'text' }]);
  const sizes = guest.collection('sizes');
  for (const size of ['12', '1.50', 'large', '']) await sizes.create({ size });
  await fails(setField('sizes', 'size', { type: 'number' }), 400, { 'fields.1': 'validation_field_type_change' }, 'Failed to update collection.');

  const body = { fields: (await collections.getOne('sizes')).fields.map((f) => (f.name === 'size' ? { ...f, type: 'number' } : f)) };
  const would = await plan({ update: { collection: 'sizes', body, convert: true } });
  assert.deepEqual(
    would.losses.map(({ cause, field, count, examples }) => [cause, field, count, examples.map(({ from, to }) => [from, to])]),
    [['altered', 'size', 1, [['"1.50"', '1.5']]], ['emptied', 'size', 1, [['"large"', '0']]]],
  );
  assert.deepEqual(would.steps.map(({ action, rows }) => [action, rows]), [['convertColumn', 4], ['renameColumn', 0]]);
  assert.deepEqual(pluck(await sizes.getFullList(), 'size'), ['12', '1.50', 'large', '']);

  await setField('sizes', 'size', { type: 'number' }, { convert: true });
  assert.deepEqual(pluck(await sizes.getFullList(), 'size'), [12, 1.5, 0, 0]);
  assert.equal((await sizes.getFirstListItem('size > 10')).size, 12);
  await setField('sizes', 'size', { type: 'json' }, { convert: true });
  await sizes.create({ size: { w: 3 } });
  assert.deepEqual(pluck(await sizes.getFullList({ sort: '@rowid' }), 'size'), [12, 1.5, 0, 0, { w: 3 }]);
});

test('names are followed', async () => {
  const owners = await collections.create({ name: 'owners', type: 'auth', fields: [{ name: 'level', type: 'number' }], ...everybody });
  await app.open('cars', [{ name: 'plate', type: 'text' }, { name: 'owner', type: 'relation', collectionId: owners.id }], {
    listRule: 'owner.level > 1 || @request.auth.level > 5',
    indexes: ['create unique index i_plate on cars (lower(plate)) where plate != ""'],
  });
  await collections.update('owners', { viewRule: '@request.auth.cars_via_owner.plate ?= "X" // plate' });
  const ann = await app.account('owners', 'ann@example.com', { level: 2 });
  const bob = await app.account('owners', 'bob@example.com', { level: 0 });
  await guest.collection('cars').create({ plate: 'X', owner: ann.authStore.record.id });
  await guest.collection('cars').create({ plate: 'Y', owner: bob.authStore.record.id });

  await setField('owners', 'level', { name: 'rank' });
  await setField('cars', 'plate', { name: 'sign' });
  await collections.update('owners', { name: 'drivers' });
  await collections.update('cars', { name: 'vehicles' });
  const vehicles = await collections.getOne('vehicles');
  assert.equal(vehicles.listRule, 'owner.rank > 1 || @request.auth.rank > 5');
  assert.match(vehicles.indexes[0], /lower\(sign\)\) WHERE sign != ""/);
  assert.equal((await collections.getOne('drivers')).viewRule, '@request.auth.vehicles_via_owner.sign ?= "X" // plate');
  assert.deepEqual(pluck(await guest.collection('vehicles').getFullList(), 'sign'), ['X']);
  assert.equal((await ann.collection('drivers').getOne(bob.authStore.record.id)).id, bob.authStore.record.id);
  await fails(bob.collection('drivers').getOne(ann.authStore.record.id), 404);
});

test('scaffolds', async () => {
  const all = await collections.getScaffolds();
  assert.deepEqual(Object.keys(all).sort(), ['auth', 'base', 'view']);
  const { auth, base } = all;
  assert.deepEqual([base.id, base.name, base.type, pluck(base.fields, 'name'), base.indexes], ['', '', 'base', ['id'], []]);
  assert.match(auth.indexes[1], /^CREATE UNIQUE INDEX `idx_email_[a-z0-9]{10}` ON `` \(`email` COLLATE NOCASE\) WHERE `email` != ''$/);
  // What the console does with one: fills in the name and sends it.
  const made = await collections.create({ ...auth, name: 'scaffolded' });
  assert.match(made.indexes[0], /ON `scaffolded` \(`tokenKey`\)$/);
  await collections.delete('scaffolded');
});

test('an import', async () => {
  await app.open('notes', [{ name: 'text', type: 'text' }, { name: 'old', type: 'number' }]);
  await guest.collection('notes').create({ text: 'kept', old: 5 });
  assert.equal(await collections.import([
    { name: 'notes', fields: [{ name: 'text', type: 'text', max: 10 }, { name: 'topic', type: 'relation', collectionId: 'topics_id' }] },
    { name: 'topics', id: 'topics_id', ...everybody, fields: [{ name: 'first', type: 'relation', collectionId: (await collections.getOne('notes')).id }] },
  ]), true);
  const notes = await collections.getOne('notes');
  assert.deepEqual(pluck(notes.fields, 'name').sort(), ['id', 'old', 'text', 'topic']);
  assert.equal(notes.fields.find(({ name }) => name === 'text').max, 10);
  const [note] = await guest.collection('notes').getFullList();
  assert.deepEqual([note.text, note.old, note.topic], ['kept', 5, '']);

  await fails(collections.import([]), 400, { collections: 'validation_required' }, 'An error occurred while validating the submitted data.');
  const broken = [{ name: 'fresh' }, { name: 'notes', listRule: 'nope = 1' }];
  const err = await fails(collections.import(broken, true), 400, { collections: 'validation_collections_import_failure' }, 'Failed to import collections.');
  assert.match(err.response.data.collections.message, /^Data validations failed for collection "notes" \(pbc_\d+\):\n\{/);
  await fails(collections.getOne('fresh'), 404);
  assert.equal((await collections.getOne('topics')).id, 'topics_id');
  await fails(guest.collections.import([{ name: 'x' }]), 401);
});

test('an export is imported elsewhere', async () => {
  const exported = await collections.getFullList({ sort: 'name' });
  const other = await start();
  await other.root.collections.import(exported, true);
  const there = await other.root.collections.getFullList({ sort: 'name' });
  const plain = (list) => list.map(({ created, updated, ...rest }) => rest);
  assert.deepEqual(plain(there), plain(exported));
  await other.root.collections.import([], true).catch(() => {});
  await other.root.collections.import([{ name: 'users', type: 'auth' }], true);
  assert.deepEqual(pluck(await other.root.collections.getFullList({ filter: 'system = false' }), 'name'), ['users']);
});

test('plans', async () => {
  await app.open('planned', [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }], { listRule: 'a != "x"' });
  await guest.collection('planned').create({ a: '1' });
  await guest.collection('planned').create({ a: '2', b: 'only here' });
  const before = await collections.getFullList();
  const dropped = await plan({ update: { collection: 'planned', body: { fields: [{ name: 'a', type: 'text' }] } } });
  assert.deepEqual(dropped.losses, [{ cause: 'dropped', collection: 'planned', field: 'b', count: 1 }]);
  const gone = await plan({ import: { collections: [{ name: 'users', type: 'auth' }], deleteMissing: true } });
  assert.deepEqual(gone.losses.find(({ collection }) => collection === 'planned'), { cause: 'deleted', collection: 'planned', count: 2 });
  const { collections: made } = await plan({ create: { name: 'more' } });
  assert.deepEqual(pluck(made, 'action'), ['create']);
  await fails(plan({ create: { name: 'planned' } }), 400, { name: 'validation_collection_name_exists' }, 'Failed to create collection.');
  await fails(plan({ update: { collection: 'nope', body: {} } }), 404);
  await fails(guest.send('/api/collections/meta/plan', { method: 'POST', body: { delete: 'planned' } }), 401);
  assert.deepEqual(await collections.getFullList(), before);
  assert.equal((await guest.collection('planned').getList()).totalItems, 2);
});
