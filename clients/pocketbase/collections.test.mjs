// Collections by the SDK: definitions, changes with data in place, refusals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everybody, fails, pluck, start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const guest = app.guest();
const failedCreate = 'Failed to create collection.';
const failedUpdate = 'Failed to update collection.';
const text = (name, options) => ({ name, type: 'text', ...options });

test('what a new folder has', async () => {
  const all = await collections.getFullList({ sort: 'name' });
  assert.deepEqual(pluck(all, 'name').sort(), ['_authOrigins', '_externalAuths', '_mfas', '_otps', '_superusers', 'users']);
  const ids = Object.fromEntries(all.map(({ name, id }) => [name, id]));
  assert.deepEqual(ids, {
    _authOrigins: 'pbc_4275539003', _externalAuths: 'pbc_2281828961', _mfas: 'pbc_2279338944', _otps: 'pbc_1638494021',
    _superusers: 'pbc_3142635823', users: '_pb_users_auth_',
  });
  const users = await collections.getOne('users');
  assert.deepEqual(
    pluck(users.fields, 'name'),
    ['id', 'password', 'tokenKey', 'email', 'emailVisibility', 'verified', 'name', 'avatar', 'created', 'updated'],
  );
  assert.equal(users.listRule, 'id = @request.auth.id');
  assert.doesNotMatch(JSON.stringify(all), /"secret"|"clientSecret"/);
});

test('a base collection', async () => {
  const made = await collections.create({ name: 'posts', fields: [text('title'), { name: 'at', type: 'autodate', onCreate: true }] });
  assert.deepEqual(Object.keys(made), [
    'id', 'listRule', 'viewRule', 'createRule', 'updateRule', 'deleteRule', 'name', 'type', 'fields', 'indexes', 'created', 'updated', 'system',
  ]);
  assert.deepEqual([made.id, made.type, made.listRule, made.indexes, made.system], ['pbc_1125843985', 'base', null, [], false]);
  assert.deepEqual(pluck(made.fields, 'id'), ['text3208210256', 'text724990059', made.fields[2].id]);
  assert.deepEqual(made.fields[1], {
    autogeneratePattern: '', help: '', hidden: false, id: 'text724990059', max: 0, min: 0, name: 'title', pattern: '',
    presentable: false, primaryKey: false, required: false, system: false, type: 'text',
  });
  assert.deepEqual(await collections.getOne('posts'), made);
  assert.deepEqual(await collections.getOne(made.id), made);
});

test('an auth collection', async () => {
  const made = await collections.create({ name: 'staff', type: 'auth', otp: { length: 6 } });
  assert.deepEqual(pluck(made.fields, 'name'), ['id', 'password', 'tokenKey', 'email', 'emailVisibility', 'verified']);
  assert.deepEqual(made.passwordAuth, { enabled: true, identityFields: ['email'] });
  assert.deepEqual([made.otp.length, made.otp.duration, made.authRule, made.manageRule], [6, 180, '', null]);
  assert.deepEqual(made.authToken, { duration: 432000 });
  assert.equal(made.indexes.length, 2);
  assert.equal(made.indexes[0], `CREATE UNIQUE INDEX \`idx_tokenKey_${made.id}\` ON \`staff\` (\`tokenKey\`)`);
});

test('lists of collections', async () => {
  const page = await collections.getList(1, 2, { sort: '-name', filter: "type = 'auth' && system = false" });
  assert.deepEqual([page.totalItems, pluck(page.items, 'name')], [2, ['users', 'staff']]);
  assert.equal((await collections.getFirstListItem("name = 'posts'")).name, 'posts');
  assert.deepEqual(await collections.getOne('posts', { fields: 'name' }), { name: 'posts' });
  await fails(collections.getList(1, 1, { filter: 'fields = 1' }), 400, {});
  await fails(collections.getList(1, 1, { sort: 'options' }), 400, {});
  await fails(collections.getOne('nothing'), 404, {});
});

test('fields are added, renamed, swapped, changed and removed over data', async () => {
  const made = await app.open('changing', [text('a'), text('b'), { name: 'n', type: 'number' }]);
  const records = guest.collection('changing');
  const { id } = await records.create({ a: 'A', b: 'B', n: 7 });
  const [pk, a, b, n] = made.fields;
  const set = (...fields) => collections.update('changing', { fields });

  await set(pk, a, b, n, { name: 'list', type: 'select', values: ['x', 'y'], maxSelect: 2 }, { name: 'where', type: 'geoPoint' });
  assert.deepEqual((({ list, where }) => ({ list, where }))(await records.getOne(id)), { list: [], where: { lon: 0, lat: 0 } });
  await set(pk, { ...a, name: 'b' }, { ...b, name: 'a' }, { ...n, name: 'count' });
  const swapped = await records.getOne(id);
  assert.deepEqual([swapped.a, swapped.b, swapped.count, 'list' in swapped], ['B', 'A', 7, false]);
  await fails(set(pk, { ...a, type: 'number' }, b, n), 400, { 'fields.1': 'validation_field_type_change' }, failedUpdate);
  assert.equal((await records.getOne(id)).b, 'A');
  await set(pk, { ...a, name: 'only' });
  assert.deepEqual(Object.keys(await records.getOne(id)), ['collectionId', 'collectionName', 'id', 'only']);
});

test('renaming keeps data, relations and indexes', async () => {
  const made = await app.open('old', [text('t')], { indexes: ['CREATE INDEX idx_old_t ON old (t)'] });
  await app.open('refers', [{ name: 'r', type: 'relation', collectionId: made.id }]);
  const { id } = await guest.collection('old').create({ t: 'kept' });
  const { id: ref } = await guest.collection('refers').create({ r: id });
  const renamed = await collections.update('old', { name: 'fresh' });
  assert.match(renamed.indexes[0], /^CREATE INDEX `idx_old_t` ON `fresh` \(/);
  assert.equal((await guest.collection('fresh').getOne(id)).t, 'kept');
  await fails(guest.collection('old').getOne(id), 404, {});
  assert.equal((await guest.collection('refers').getOne(ref, { expand: 'r' })).expand.r.t, 'kept');
});

test('indexes', async () => {
  const index = (...indexes) => collections.update('posts', { indexes });
  const stored = await index('CREATE UNIQUE INDEX idx_title ON posts (title)', "create index if not exists idx_b on posts (`title`, at desc) where title != ''");
  assert.equal(stored.indexes.length, 2);
  await fails(index('nonsense'), 400, { 'indexes.0': 'validation_invalid_index_expression' }, failedUpdate);
  await fails(index('CREATE INDEX a ON posts (nope)'), 400, { 'indexes.0': 'validation_invalid_index_expression' });
  await fails(index('CREATE INDEX a ON posts (title)', 'CREATE INDEX A ON posts (at)'), 400, { 'indexes.1': 'validation_duplicated_index_name' });
  await fails(index(`CREATE INDEX idx_old_t ON posts (title)`), 400, { 'indexes.0': 'validation_existing_index_name' });
  assert.deepEqual((await collections.getOne('posts')).indexes, stored.indexes);
  const moved = await index('CREATE INDEX idx_moved ON somewhere_else (title)');
  assert.deepEqual(moved.indexes, ['CREATE INDEX `idx_moved` ON `posts` (`title`)']);
});

test('rules are checked when they are saved', async () => {
  const rule = (listRule) => collections.update('posts', { listRule });
  assert.equal((await rule("title != '' && @request.auth.id != ''")).listRule, "title != '' && @request.auth.id != ''");
  for (const wrong of ['nope = 1', 'title', "title = 'a", 'title = 1 &&', 'title.x.y = 1', "'a' = 1 ; drop table posts", '@collection.nothing.x = 1']) {
    await fails(rule(wrong), 400, { listRule: 'validation_invalid_rule' }, failedUpdate);
  }
  const [pk] = (await collections.getOne('posts')).fields;
  await fails(collections.update('posts', { fields: [pk] }), 400, { listRule: 'validation_invalid_rule' });
});

test('definitions that are refused', async () => {
  const create = (body, codes) => fails(collections.create(body), 400, codes, failedCreate);
  await create({}, { name: 'validation_required' });
  await create({ name: 'POSTS' }, { name: 'validation_collection_name_exists' });
  await create({ name: 'a b' }, { name: 'validation_match_invalid' });
  await create({ name: 'x_via_y' }, { name: 'validation_found_via' });
  await create({ name: '_params' }, { name: 'validation_collection_name_invalid' });
  await create({ name: 'pbc_1125843985' }, { name: 'validation_collection_name_id_duplicate' });
  await create({ name: 'x'.repeat(256) }, undefined);
  await create({ name: 'ok', id: 'a-b' }, { id: 'validation_match_invalid' });
  await create({ name: 'ok', type: 'nope' }, { type: 'validation_in_invalid' });
  const field = (fields, codes) => create({ name: 'ok', fields }, codes);
  await field([text('a'), text('A')], { 'fields.2.name': 'validation_duplicated_field_name' });
  await field([text('expand')], { 'fields.1.name': 'validation_not_in_invalid' });
  await field([text('a b')], { 'fields.1.name': 'validation_match_invalid' });
  await field([text('a', { min: 5, max: 4 })], { 'fields.1.max': 'validation_min_greater_equal_than_required' });
  await field([text('a', { pattern: '(' })], { 'fields.1.pattern': 'validation_invalid_regex' });
  await field([{ name: 'a', type: 'select' }], { 'fields.1.values': 'validation_required' });
  await field([{ name: 'a', type: 'relation' }], { 'fields.1.collectionId': 'validation_required' });
  await field([{ name: 'a', type: 'relation', collectionId: 'nothing' }], { 'fields.1.collectionId': 'validation_field_relation_missing_collection' });
  await field([{ name: 'a', type: 'file', thumbs: ['0x0'] }], { 'fields.1.thumbs.0': 'validation_not_in_invalid' });
  await field([{ name: 'a', type: 'password', cost: 99 }], { 'fields.1.cost': 'validation_max_less_equal_than_required' });
  const unreadable = 'Failed to load the submitted data due to invalid formatting.';
  await fails(collections.create({ name: 'ok', fields: [{ name: 'a', type: 'nope' }] }), 400, {}, unreadable);
  await fails(collections.create({ name: 'ok', fields: 'all' }), 400, {}, unreadable);
  await fails(collections.getOne('ok'), 404);
});

test('system collections stay as they are', async () => {
  const message = (name) => collections.update('_superusers', name);
  await fails(message({ name: 'bosses' }), 400, { name: 'validation_collection_system_name_change' });
  await fails(message({ listRule: '' }), 400, { listRule: 'validation_collection_system_rule_change' });
  await fails(message({ system: false }), 400, { system: 'validation_collection_system_flag_change' });
  await fails(collections.delete('_superusers'), 400, {});
  await fails(collections.update('posts', { type: 'auth' }), 400, { type: 'validation_collection_type_change' });
  await fails(collections.update('posts', { id: 'another' }), 400);
});

test('records are read and written while their collection changes', async () => {
  const { id, fields } = await app.open('moving', [text('a'), { name: 'n', type: 'number' }]);
  const records = guest.collection(id);
  const kept = await records.create({ a: 'kept' });
  let done = false;
  const forever = async (call) => {
    while (!done) await call();
  };
  const clients = [
    forever(() => records.create({ a: 'new' })),
    forever(() => records.update(kept.id, { 'n+': 1 })),
    forever(() => records.getOne(kept.id)),
    ...Array.from({ length: 4 }, () => forever(() => records.getList(1, 5, { filter: 'n >= 0', sort: '-n' }))),
  ];
  for (let round = 0; round < 5; round++) {
    await collections.update(id, { name: 'moved' });
    await collections.update(id, { fields: [...fields, text(`extra${round}`)], indexes: ['CREATE INDEX idx_moving_a ON moved (a)'] });
    await collections.update(id, { name: 'moving', fields, indexes: [] });
  }
  done = true;
  await Promise.all(clients);
  assert.deepEqual(pluck((await collections.getOne('moving')).fields, 'name'), ['id', 'a', 'n']);
});

test('truncate and delete', async () => {
  const parents = await app.open('parents', [text('t')]);
  const children = await app.open('children', [{ name: 'p', type: 'relation', collectionId: parents.id, required: true }]);
  const { id } = await guest.collection('parents').create({ t: 'x' });
  await guest.collection('children').create({ p: id });
  await fails(collections.truncate('parents'), 400, {}, 'Failed to truncate collection (most likely due to required cascade delete record references).');
  assert.equal((await guest.collection('parents').getList()).totalItems, 1);
  await fails(collections.delete('parents'), 400, {}, 'Failed to delete collection probably due to existing reference in children.');

  assert.equal(await collections.truncate('children'), true);
  assert.equal((await guest.collection('children').getList()).totalItems, 0);
  assert.equal(await collections.truncate('parents'), true);
  assert.equal(await collections.delete(children.id), true);
  assert.equal(await collections.delete('parents'), true);
  await fails(collections.getOne('parents'), 404);
  await fails(guest.collection('parents').getList(), 404, {});
  await fails(collections.delete('parents'), 404);
  await fails(collections.truncate('parents'), 404);
  await app.open('parents', [{ name: 'other', type: 'number' }]); // the name is free again, and the table new
  assert.deepEqual((await guest.collection('parents').getList()).items, []);
});

test('are for superusers', async () => {
  const user = await app.account('users', 'user@example.com');
  for (const [client, status] of [[guest, 401], [user, 403]]) {
    await fails(client.collections.getList(), status, {});
    await fails(client.collections.getOne('posts'), status, {});
    await fails(client.collections.create({ name: 'x', ...everybody }), status, {});
    await fails(client.collections.update('posts', everybody), status, {});
    await fails(client.collections.delete('posts'), status, {});
    await fails(client.collections.truncate('posts'), status, {});
  }
  assert.notEqual((await collections.getOne('posts')).listRule, '');
});
