// Backups: made, listed, brought and taken, deleted, restored under a running server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, refused, start } from './app.mjs';

const app = await start();
const { backups, files, health } = app.root;
// Before the first test: what is awaited between two may come after the runner takes all for done.
await app.open('docs', [{ name: 'title', type: 'text' }, { name: 'file', type: 'file' }]);

test('a bucket is tried out', async () => {
  const { settings } = app.root;
  await fails(settings.testS3('nowhere'), 400, { filesystem: 'validation_in_invalid' });
  const err = await fails(settings.testS3('backups'), 400, {});
  assert.match(err.response.message, /^Failed to test the S3 filesystem. Raw error: /);
  await fails(app.guest().settings.testS3(), 401, {});
});

const docs = app.root.collection('docs');
const add = (title) => docs.create({ title, file: new File([title], `${title}.txt`) });
const titles = async () => pluck(await docs.getFullList({ sort: 'title' }), 'title');

test('made, listed, downloaded, uploaded, deleted', async () => {
  await add('first');
  assert.equal(await backups.create('one.zip'), true);
  assert.equal(await backups.create(), true);
  const [one, named] = await backups.getFullList();
  assert.deepEqual(Object.keys(one), ['modified', 'key', 'size']);
  assert.equal(one.key, 'one.zip');
  assert.match(one.modified, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(named.key, /^pb_backup_acme_\d{14}\.zip$/);

  const response = await fetch(backups.getDownloadURL(await files.getToken(), 'one.zip'));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/zip');
  assert.equal(response.headers.get('content-disposition'), 'attachment; filename="one.zip"');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const bytes = await response.arrayBuffer();
  assert.equal(bytes.byteLength, one.size);
  const part = await fetch(backups.getDownloadURL(await files.getToken(), 'one.zip'), { headers: { Range: 'bytes=0-3' } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), 'PK\u0003\u0004');

  const odd = '@odd näme.zip';
  assert.equal(await backups.upload({ file: new File([bytes], odd) }), true);
  assert.ok(pluck(await backups.getFullList(), 'key').includes(odd));
  const again = await fetch(backups.getDownloadURL(await files.getToken(), odd));
  assert.equal((await again.arrayBuffer()).byteLength, one.size);
  for (const key of [odd, named.key]) assert.equal(await backups.delete(key), true);
  assert.deepEqual(pluck(await backups.getFullList(), 'key'), ['one.zip']);
});

test('restored while others read and write', async () => {
  await add('second');
  assert.deepEqual(await titles(), ['first', 'second']);
  let stop = false;
  const reader = (async () => {
    for (; !stop; ) await titles();
  })();
  assert.equal(await backups.restore('one.zip'), true);
  stop = true;
  await reader;
  assert.deepEqual(await titles(), ['first']);
  await add('third');
  assert.deepEqual(await titles(), ['first', 'third']);
});

test('one at a time, with how far it is', async () => {
  const results = await Promise.allSettled([backups.create('a.zip'), backups.create('b.zip'), backups.create('c.zip')]);
  const failed = results.filter((r) => r.status === 'rejected').map((r) => r.reason);
  assert.ok(failed.length < 3);
  for (const err of failed) {
    assert.equal(err.status, 400);
    assert.match(err.response.message, /^Try again later/);
  }
  const { data } = await health.check();
  assert.equal(data.canBackup, true);
  assert.ok(!('backup' in data));
});

test('what is wrong is said', async () => {
  await fails(backups.create('../x.zip'), 400, { name: 'validation_match_invalid' });
  await fails(backups.create('one.zip'), 400, { name: 'validation_backup_name_exists' });
  await fails(backups.upload({ file: new File(['no zip'], 'two.zip') }), 400, { file: 'validation_invalid_mime_type' });
  await fails(backups.upload({ file: new File(['PK\u0003\u0004'], 'one.zip') }), 400, { file: 'validation_backup_name_exists' });
  const empty = new FormData();
  empty.append('other', new File(['x'], 'x.zip'));
  await fails(backups.upload(empty), 400, { file: 'validation_required' });
  await fails(backups.upload({ file: new File(['PK\u0003\u0004 and no more'], 'two.zip') }).then(() => backups.restore('two.zip')), 400, {});
  await fails(backups.delete('none.zip'), 400, {});
  await fails(backups.restore('none.zip'), 400, {});
  refused(await app.rawRoot('POST', '/api/backups/upload', '{}'), 400, {});
  refused(await app.rawRoot('DELETE', '/api/backups/..%2fdata.db'), 404, {});
  const token = await files.getToken();
  for (const [key, given, status] of [['none.zip', token, 404], ['..%2fdata.db', token, 404], ['one.zip', 'nonsense', 403], ['one.zip', app.root.authStore.token, 403], ['one.zip', '', 403]]) {
    refused(await app.rawRoot('GET', `/api/backups/${key}?token=${given}`), status, {});
  }
});

test('are for superusers', async () => {
  const user = await app.account('users', 'user@example.com');
  for (const [client, status] of [[app.guest(), 401], [user, 403]]) {
    await fails(client.backups.getFullList(), status, {});
    await fails(client.backups.create(), status, {});
    await fails(client.backups.upload({ file: new File(['PK'], 'x.zip') }), status, {});
    await fails(client.backups.delete('one.zip'), status, {});
    await fails(client.backups.restore('one.zip'), status, {});
  }
  refused(await app.raw('GET', `/api/backups/one.zip?token=${await user.files.getToken()}`), 403, {});
  await fails(app.guest().files.getToken(), 401, {}, 'The request requires valid record authorization token.');
});
