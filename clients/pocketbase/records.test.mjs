// Records by the SDK: lists, pages, single records, writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();

await app.open('posts', [
  { name: 'title', type: 'text', required: true, max: 50 },
  { name: 'views', type: 'number' },
  { name: 'tags', type: 'select', values: ['x', 'y', 'z'], maxSelect: 3 },
  { name: 'body', type: 'editor' },
  { name: 'created', type: 'autodate', onCreate: true },
  { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
]);
const posts = guest.collection('posts');

const date = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/;
const failedCreate = 'Failed to create record.';
const failedUpdate = 'Failed to update record.';

test('create, read, update, delete', async () => {
  const created = await posts.create({ title: 'first', views: 7, tags: ['y', 'x'], unknown: 'ignored' });
  assert.match(created.id, /^[a-z0-9]{15}$/);
  assert.match(created.created, date);
  assert.deepEqual(Object.keys(created), [
    'body', 'collectionId', 'collectionName', 'created', 'id', 'tags', 'title', 'updated', 'views',
  ]);
  assert.deepEqual([created.title, created.views, created.tags, created.body], ['first', 7, ['y', 'x'], '']);
  assert.equal(created.collectionName, 'posts');
  assert.deepEqual(await posts.getOne(created.id), created);

  const updated = await posts.update(created.id, { views: 8 });
  assert.deepEqual({ ...updated, updated: created.updated }, { ...created, views: 8 });
  assert.ok(updated.updated >= created.updated);

  assert.equal(await posts.delete(created.id), true);
  await fails(posts.getOne(created.id), 404, {});
  await fails(posts.update(created.id, { views: 1 }), 404, {});
  await fails(posts.delete(created.id), 404, {});
});

test('a client may choose the id', async () => {
  const id = 'abcdefghij12345';
  assert.equal((await posts.create({ id, title: 'chosen' })).id, id);
  await fails(posts.create({ id, title: 'again' }), 400, { id: 'validation_not_unique' }, failedCreate);
  await fails(posts.create({ id: 'short', title: 'x' }), 400, { id: 'validation_min_text_constraint' });
  await fails(posts.create({ id: 'abcdefghij123456', title: 'x' }), 400, { id: 'validation_max_text_constraint' });
  await fails(posts.create({ id: 'ABCDEFGHIJ12345', title: 'x' }), 400, { id: 'validation_invalid_format' });
  await fails(posts.update(id, { id: 'zzzzzzzzzzzzzzz' }), 400, { id: 'validation_pk_change' }, failedUpdate);
  await posts.delete(id);
});

test('all fields that fail are named together', async () => {
  const codes = { title: 'validation_required', tags: 'validation_too_many_values' };
  const tags = ['x', 'y', 'z', 'w'];
  const err = await fails(posts.create({ tags }), 400, codes, failedCreate);
  assert.deepEqual(err.response.data.title, { code: 'validation_required', message: 'Cannot be blank.' });
  assert.deepEqual(err.response.data.tags.params, { maxSelect: 3 });
  assert.equal(err.message, failedCreate);
  assert.equal(err.data, err.response);
  const { id } = await posts.create({ title: 'good' });
  await fails(posts.update(id, { title: '', tags }), 400, codes, failedUpdate);
  await fails(posts.update(id, { title: 'x'.repeat(51) }), 400, { title: 'validation_max_text_constraint' });
  assert.equal((await posts.getOne(id)).title, 'good');
  await posts.delete(id);
});

test('modifiers', async () => {
  const { id } = await posts.create({ title: 'modified', views: 10, tags: ['x'] });
  const change = async (body) => {
    const { views, tags } = await posts.update(id, body);
    return [views, tags];
  };
  assert.deepEqual(await change({ 'views+': 5 }), [15, ['x']]);
  assert.deepEqual(await change({ 'views-': 3, 'tags+': ['z'] }), [12, ['x', 'z']]);
  assert.deepEqual(await change({ '+tags': 'y' }), [12, ['y', 'x', 'z']]);
  assert.deepEqual(await change({ 'tags-': ['x', 'y'] }), [12, ['z']]);
  assert.deepEqual(await change({ views: 1, 'views+': 1 }), [2, ['z']]);
  await Promise.all(Array.from({ length: 40 }, () => posts.update(id, { 'views+': 1 })));
  assert.equal((await posts.getOne(id)).views, 42);
  await posts.delete(id);
});

test('lists', async (t) => {
  for (let views = 0; views < 65; views++) {
    await posts.create({ title: `post ${views % 5}`, views, tags: views % 2 ? ['x'] : [], body: '<p>Hello <b>world</b></p>' });
  }
  const envelope = (page) => [page.page, page.perPage, page.totalItems, page.totalPages, page.items.length];

  await t.test('pages', async () => {
    assert.deepEqual(envelope(await posts.getList()), [1, 30, 65, 3, 30]);
    assert.deepEqual(envelope(await posts.getList(3)), [3, 30, 65, 3, 5]);
    assert.deepEqual(envelope(await posts.getList(9, 10)), [9, 10, 65, 7, 0]);
    assert.deepEqual(envelope(await posts.getList(0, 0)), [1, 30, 65, 3, 30]);
    assert.deepEqual(envelope(await posts.getList(-1, 5000)), [1, 1000, 65, 1, 65]);
    for (const query of [{ page: 'x' }, { perPage: '1.5' }, { skipTotal: 'maybe' }]) {
      await fails(guest.send('/api/collections/posts/records', { query }), 400, {});
    }
  });
  await t.test('pages do not overlap', async () => {
    const seen = [];
    for (let page = 1; page <= 7; page++) seen.push(...(await posts.getList(page, 10, { sort: 'title' })).items);
    assert.equal(new Set(pluck(seen, 'id')).size, 65);
  });
  await t.test('filters', async () => {
    const { totalItems, items } = await posts.getList(1, 5, { filter: "title = 'post 3' && views < 20" });
    assert.deepEqual([totalItems, pluck(items, 'views')], [4, [3, 8, 13, 18]]);
    assert.equal((await posts.getList(1, 1, { filter: 'tags:length = 1' })).totalItems, 32);
    assert.equal((await posts.getList(1, 1, { filter: "created > '2000-01-01' && created <= @now" })).totalItems, 65);
  });
  await t.test('sorts', async () => {
    const sorted = async (sort) => pluck((await posts.getList(1, 3, { sort })).items, 'views');
    assert.deepEqual(await sorted('-views'), [64, 63, 62]);
    assert.deepEqual(await sorted('title,-views'), [60, 55, 50]);
    assert.deepEqual(await sorted('-title, +views'), [4, 9, 14]);
    assert.deepEqual(await sorted('-@rowid'), [64, 63, 62]);
    assert.equal((await sorted('@random')).length, 3);
    for (const sort of ['nope', '-', 'title desc', 'views;', '@now', 'a,b,c,d,e,f,g,h,i', 'title,title,title,title,title,title,title,title,title', 'x'.repeat(256)]) {
      await fails(posts.getList(1, 1, { sort }), 400, {});
    }
  });
  await t.test('a cursor leads to what follows', async () => {
    const seen = [];
    let cursor = '';
    do {
      const page = await posts.getList(1, 20, { sort: '-views', cursor });
      seen.push(...pluck(page.items, 'views'));
      cursor = page.cursor ?? '';
    } while (cursor);
    assert.deepEqual(seen, Array.from({ length: 65 }, (_, i) => 64 - i));
    await fails(posts.getList(1, 20, { sort: '-views', cursor: 'nonsense' }), 400, {});
  });
  await t.test('fields', async () => {
    const { items } = await posts.getList(1, 1, { fields: 'views,title', filter: 'views = 6' });
    assert.deepEqual(items, [{ title: 'post 1', views: 6 }]);
    const [one] = (await posts.getList(1, 1, { fields: '*,body:excerpt(7,true)' })).items;
    assert.equal(one.body, 'Hello w...');
    assert.match(one.created, date);
    assert.deepEqual((await posts.getList(1, 1, { fields: 'nope' })).items, [{}]);
    for (const fields of ['body:excerpt', 'body:excerpt()', 'body:excerpt(0)', 'body:nope(1)', 'body:excerpt(1']) {
      await fails(posts.getList(1, 1, { fields }), 400, {});
    }
  });
  await t.test('a first item', async () => {
    assert.equal((await posts.getFirstListItem('views > 9', { sort: 'views' })).views, 10);
    const err = await posts.getFirstListItem('views > 1000').catch((e) => e);
    assert.equal(err.status, 404);
  });
  await t.test('an empty id is refused by the client', async () => {
    const err = await posts.getOne('').catch((e) => e);
    assert.equal(err.status, 404);
  });
});

test('full lists go on as long as pages are full', async () => {
  await app.root.settings.update({ batch: { enabled: true, maxRequests: 1000, timeout: 30 } });
  await app.open('many', [{ name: 'n', type: 'number' }]);
  for (let start = 0; start < 2000; start += 1000) {
    const requests = Array.from({ length: 1000 }, (_, i) => ({
      method: 'POST',
      url: '/api/collections/many/records',
      body: { n: start + i },
    }));
    await guest.send('/api/batch', { method: 'POST', body: { requests } });
  }
  const many = guest.collection('many');
  const all = await many.getFullList();
  assert.deepEqual(pluck(all, 'n'), Array.from({ length: 2000 }, (_, i) => i));
  assert.equal((await many.getFullList({ filter: 'n < 1500' })).length, 1500);
  assert.equal((await many.getFullList({ batch: 999 })).length, 2000);
  assert.equal((await many.getFullList(200)).length, 2000);
});

test('the record of who is signed in is kept current', async () => {
  const other = await guest.collection('users').create({ email: 'friend@example.com', password: 'a-long-password', passwordConfirm: 'a-long-password', name: 'Friend' });
  const fields = (await app.root.collections.getOne('users')).fields;
  await app.root.collections.update('users', {
    fields: [...fields, { name: 'friend', type: 'relation', collectionId: '_pb_users_auth_' }], viewRule: '',
  });
  const client = await app.account('users', 'owner@example.com');
  const users = client.collection('users');
  const { token, record } = client.authStore;
  await users.update(record.id, { friend: other.id, name: 'Owner' }, { expand: 'friend' });
  assert.equal(client.authStore.token, token);
  assert.deepEqual([client.authStore.record.name, client.authStore.record.expand.friend.name], ['Owner', 'Friend']);
  assert.equal(client.authStore.record.email, 'owner@example.com');
  await fails(users.update(other.id, { name: 'x' }), 404, {});
  assert.equal(await users.delete(record.id), true);
  assert.deepEqual([client.authStore.token, client.authStore.record], ['', null]);
});

test('collections are found by name in any case, and by id', async () => {
  const { id } = await app.root.collections.getOne('posts');
  assert.equal((await guest.collection('POSTS').getList(1, 1)).totalItems, (await guest.collection(id).getList(1, 1)).totalItems);
  await fails(guest.collection(id.toUpperCase()).getList(1, 1), 404, {}, 'Missing collection context.');
  await fails(guest.collection('nothing').getList(1, 1), 404, {}, 'Missing collection context.');
  await fails(guest.collection('nothing').getOne('x'), 404, {}, 'Missing collection context.');
  await fails(guest.collection('nothing').delete('x'), 404, {}, 'Missing collection context.');
  await fails(guest.collection('nothing').create({}), 404, {}, 'Missing or invalid collection context.');
  await fails(guest.collection('nothing').update('x', {}), 404, {}, 'Missing or invalid collection context.');
});
