// Batches: several writes, all or none.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const notAllowed = 'Batch requests are not allowed.';
const failed = 'Batch transaction failed.';

const tags = await app.open('tags', [{ name: 'name', type: 'text', required: true }]);
const notes = await app.open('notes', [
  { name: 'title', type: 'text', required: true },
  { name: 'n', type: 'number' },
  { name: 'tag', type: 'relation', collectionId: tags.id },
  { name: 'files', type: 'file', maxSelect: 5 },
  { name: 'pass', type: 'password', cost: 4 },
]);
await app.open('mine', [{ name: 'owner', type: 'text' }], {
  createRule: "@request.auth.id != '' && owner = @request.auth.id && @request.context = 'batch'",
  updateRule: 'owner = @request.auth.id',
  deleteRule: null,
});

const file = (text, name) => new File([text], name);
const total = async (collection = 'notes') => (await app.root.collection(collection).getList(1, 1)).totalItems;

test('is off until a superuser allows it', async () => {
  const batch = guest.createBatch();
  batch.collection('tags').create({ name: 'x' });
  await fails(batch.send(), 403, {}, notAllowed);
  await app.root.settings.update({ batch: { enabled: true, maxRequests: 20 } });
  assert.equal((await batch.send())[0].status, 200);
});

test('create, update, upsert and delete, in order', async () => {
  const batch = guest.createBatch();
  const id = 'batchrecord0001';
  batch.collection('tags').create({ id: 'batchtag0000001', name: 'fresh' });
  batch.collection('notes').create({ id, title: 'one', n: 1, tag: 'batchtag0000001' }, { expand: 'tag', fields: 'title,expand.tag.name' });
  batch.collection('notes').update(id, { 'n+': 5 });
  batch.collection('notes').upsert({ id, title: 'upserted' });
  batch.collection('notes').upsert({ id: 'batchrecord0002', title: 'new' });
  batch.collection('notes').upsert({ title: 'without id' });
  batch.collection('notes').delete('batchrecord0002');
  const results = await batch.send();
  assert.deepEqual(pluck(results, 'status'), [200, 200, 200, 200, 200, 200, 204]);
  assert.deepEqual(results[1].body, { expand: { tag: { name: 'fresh' } }, title: 'one' });
  assert.deepEqual([results[2].body.n, results[3].body.title, results[3].body.n], [6, 'upserted', 6]);
  assert.equal(results[6].body, null);
  assert.equal((await guest.collection('notes').getOne(id)).title, 'upserted');
  assert.equal(await total(), 2);
});

test('one failure undoes everything and is named', async () => {
  const before = await total();
  const folders = await readdir(join(app.server.dir, 'storage', notes.id)).catch(() => []);
  const batch = guest.createBatch();
  batch.collection('notes').create({ title: 'good', files: [file('x', 'x.txt')] });
  batch.collection('notes').update('batchrecord0001', { title: 'changed' });
  batch.collection('notes').create({ title: '' });
  batch.collection('notes').create({ title: 'never reached' });
  const err = await fails(batch.send(), 400, { 'requests.2': 'batch_request_failed' }, failed);
  assert.deepEqual(err.response.data.requests[2], {
    code: 'batch_request_failed',
    message: 'Batch request failed.',
    response: {
      data: { title: { code: 'validation_required', message: 'Cannot be blank.' } }, message: 'Failed to create record.', status: 400,
    },
  });
  assert.equal(await total(), before);
  assert.equal((await guest.collection('notes').getOne('batchrecord0001')).title, 'upserted');
  await eventually(async () => assert.deepEqual(await readdir(join(app.server.dir, 'storage', notes.id)).catch(() => []), folders));
});

test('the failure is that of the single request', async () => {
  const failure = async (fill) => {
    const batch = guest.createBatch();
    fill(batch);
    const err = await fails(batch.send(), 400, { 'requests.0': 'batch_request_failed' }, failed);
    const { status, message } = err.response.data.requests[0].response;
    return [status, message];
  };
  assert.deepEqual(await failure((b) => b.collection('notes').update('nobodynobody123', { n: 1 })), [404, "The requested resource wasn't found."]);
  assert.deepEqual(await failure((b) => b.collection('notes').delete('nobodynobody123')), [404, "The requested resource wasn't found."]);
  assert.deepEqual(await failure((b) => b.collection('mine').delete('nobodynobody123')), [403, 'Only superusers can perform this action.']);
  assert.deepEqual(await failure((b) => b.collection('mine').create({ owner: 'x' })), [400, 'Failed to create record.']);
  assert.equal((await failure((b) => b.collection('nothing').create({})))[0], 404);
});

test('rules see the caller and what came before', async () => {
  const user = await app.account('users', 'batch@example.com');
  const owner = user.authStore.record.id;
  const batch = user.createBatch();
  batch.collection('mine').create({ id: 'minemineminemin', owner });
  batch.collection('mine').update('minemineminemin', {});
  assert.deepEqual(pluck(await batch.send(), 'status'), [200, 200]);
  await fails(user.collection('mine').create({ owner }), 400, {}, 'Failed to create record.');
  const other = guest.createBatch();
  other.collection('mine').update('minemineminemin', {}, { headers: { Authorization: user.authStore.token } });
  await fails(other.send(), 400, { 'requests.0': 'batch_request_failed' }, failed);
});

test('files of several requests', async () => {
  const batch = guest.createBatch();
  batch.collection('notes').create({ id: 'batchfiles00001', title: 'a', files: [file('1', 'one.txt'), file('2', 'two.txt')] });
  batch.collection('notes').create({ title: 'b', files: file('3', 'three.txt') });
  batch.collection('notes').update('batchfiles00001', { 'files+': file('4', 'four.txt') });
  const [a, b, updated] = await batch.send();
  assert.deepEqual([a.body.files.length, b.body.files.length, updated.body.files.length], [2, 1, 3]);
  assert.match(updated.body.files[2], /^four_[a-z0-9]{10}\.txt$/);

  const more = guest.createBatch();
  more.collection('notes').update('batchfiles00001', { files: [updated.body.files[0], file('5', 'five.txt')] });
  more.collection('notes').update('batchfiles00001', { 'files-': updated.body.files[0] });
  const results = await more.send();
  assert.equal(results[1].body.files.includes(updated.body.files[0]), false);
});

test('passwords are not given back', async () => {
  const batch = guest.createBatch();
  batch.collection('notes').create({ title: 'secret', pass: 'a-secret-here' });
  const [{ body }] = await batch.send();
  assert.equal(body.pass, '');
});

test('what is no batch', async () => {
  const send = (body) => guest.send('/api/batch', { method: 'POST', body });
  const one = { method: 'POST', url: '/api/collections/tags/records', body: { name: 'x' } };
  const invalid = 'Invalid batch request data.';
  await fails(send({}), 400, { requests: 'validation_required' }, invalid);
  await fails(send({ requests: [] }), 400, { requests: 'validation_required' }, invalid);
  await fails(send({ requests: Array(21).fill(one) }), 400, { requests: 'validation_length_too_long' }, invalid);
  await fails(send({ requests: [one, { ...one, method: 'post' }] }), 400, { 'requests.1.method': 'validation_in_invalid' }, invalid);
  await fails(send({ requests: [{ ...one, url: '' }] }), 400, { 'requests.0.url': 'validation_required' }, invalid);
  await fails(send({ requests: [{ ...one, url: `/api/${'x'.repeat(2000)}` }] }), 400, undefined, invalid);
  for (const url of ['/api/health', '/api/collections', '/api/settings', '/api/batch', '/api/collections/tags/records/a/b', '/', 'x', '//', '/api/collections/../settings']) {
    await fails(send({ requests: [{ ...one, url }] }), 400, { 'requests.0': 'batch_request_failed' }, failed);
  }
  await fails(send({ requests: [{ ...one, method: 'GET' }] }), 400, { 'requests.0': 'batch_request_failed' }, failed);
  await fails(send({ requests: 'all' }), 400);
  await fails(send({ requests: [1, null] }), 400);
});

test('deletes cascade inside, and limits of the body hold', async () => {
  const before = await total('tags');
  const batch = guest.createBatch();
  batch.collection('tags').delete('batchtag0000001');
  batch.collection('notes').update('batchrecord0001', { title: 'after' });
  const results = await batch.send();
  assert.equal(results[1].body.tag, '');
  assert.equal(await total('tags'), before - 1);

  await app.root.settings.update({ batch: { maxBodySize: 2000 } });
  const large = guest.createBatch();
  large.collection('notes').create({ title: 'x'.repeat(3000) });
  await fails(large.send(), 413, {}, 'Request entity too large.');
  await app.root.settings.update({ batch: { maxBodySize: 0 } });
});
