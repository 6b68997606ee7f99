// Files of records in a bucket: the settings switch to it and back while the server runs.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, fails, start } from './app.mjs';
import { hasBucket, startBucket } from './bucket.mjs';

const options = { skip: hasBucket ? false : 'versitygw is not installed' };
const bucket = hasBucket && (await startBucket());
const app = await start();
const { root } = app;
const docs = root.collection('docs');
const collection = await app.open('docs', [{ name: 'files', type: 'file', maxSelect: 9, maxSize: 50_000_000, thumbs: ['2x1'] }]);

/** A PNG of 4 × 4 pixels. */
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==', 'base64');
const large = randomBytes(20_000_000); // of two parts
const inBucket = (...path) => join(bucket.folder, collection.id, ...path);
const get = (record, name, query = {}, headers = {}) => fetch(root.files.getURL(record, name, query), { headers });
const bytes = async (response) => Buffer.from(await response.arrayBuffer());

test('switched to while files are stored', options, async () => {
  const before = await docs.create({ files: [new File(['on the disk'], 'disk.txt')] });
  await root.settings.update({ s3: bucket.settings });
  await root.settings.testS3('storage');
  assert.equal((await get(before, before.files[0])).status, 404);

  const record = await docs.create({ files: [new File([png], 'dot.png'), new File([large], '大.bin'), new File(['some text'], 'words.txt')] });
  const [dot, big, words] = record.files;
  assert.deepEqual((await readdir(inBucket(record.id))).sort(), [...record.files].sort());
  assert.equal(await (await get(record, words)).text(), 'some text');
  const answer = await get(record, big, { original: 1 });
  assert.deepEqual(await bytes(answer), large);
  assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${big}"; filename*=UTF-8''%E5%A4%A7.bin`);
  const part = await get(record, big, {}, { Range: 'bytes=16777000-16777999' });
  assert.deepEqual([part.status, Buffer.compare(await bytes(part), large.subarray(16777000, 16778000))], [206, 0]);
  const etag = answer.headers.get('etag');
  assert.equal((await get(record, big, {}, { 'If-None-Match': etag })).status, 304);

  assert.equal((await get(record, dot, { thumb: '2x1' })).headers.get('content-type'), 'image/png');
  await access(inBucket(record.id, `thumbs_${dot}`, `2x1_${dot}`));

  await docs.update(record.id, { 'files-': [dot, big] });
  await eventually(async () => assert.deepEqual(await readdir(inBucket(record.id)), [words]));
  await docs.delete(record.id);
  await eventually(() => assert.rejects(access(inBucket(record.id, words)), { code: 'ENOENT' }));

  await root.settings.update({ s3: { enabled: false } });
  assert.equal(await (await get(before, before.files[0])).text(), 'on the disk');
});

test('a bucket that is away', options, async () => {
  await root.settings.update({ s3: bucket.settings });
  const record = await docs.create({ files: [new File(['first'], 'first.txt')] });
  await bucket.stop();
  const failed = 'The store of files does not answer.';
  await fails(docs.create({ files: [new File(['second'], 'second.txt')] }), 503, {}, failed);
  await fails(docs.update(record.id, { 'files+': new File(['third'], 'third.txt') }), 503, {}, failed);
  const answer = await get(record, record.files[0]);
  assert.deepEqual([answer.status, (await answer.json()).message], [503, failed]);
  assert.deepEqual((await docs.getOne(record.id)).files, record.files);
  await docs.delete(record.id); // its files go later

  await bucket.start();
  const again = await docs.create({ files: [new File(['again'], 'again.txt')] });
  assert.equal(await (await get(again, again.files[0])).text(), 'again');
  assert.equal((await docs.getFullList()).filter((r) => r.files[0]?.startsWith('second')).length, 0);
  const { log } = app.server; // an operator has to know of it
  log.text = log.text.replaceAll(/.*level=ERROR msg="request failed".*The store of files does not answer.*\n/g, '');
});
