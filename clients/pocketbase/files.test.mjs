// Files: uploads by FormData and by objects with Blobs, changes, limits.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const collection = await app.open('docs', [
  { name: 'title', type: 'text', max: 20 },
  { name: 'size', type: 'number' },
  { name: 'meta', type: 'json' },
  { name: 'one', type: 'file', maxSize: 1000 },
  { name: 'many', type: 'file', maxSelect: 3, maxSize: 1000 },
  { name: 'picture', type: 'file', mimeTypes: ['image/png'] },
]);
const docs = guest.collection('docs');

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const file = (text, name) => new File([text], name);
const folder = (id) => join(app.server.dir, 'storage', collection.id, id);
const content = (record, name) => readFile(join(folder(record.id), name), 'utf8');

/** The files of a record on disk, without their attributes. */
async function stored(record) {
  if (!existsSync(folder(record.id))) return [];
  return (await readdir(folder(record.id))).filter((name) => !name.endsWith('.attrs')).sort();
}

/** Waits until the files of a record are these: removal comes after the answer. */
const settles = (record, names) => eventually(async () => assert.deepEqual(await stored(record), [...names].sort()));

test('upload by FormData', async () => {
  const form = new FormData();
  form.append('title', 'form');
  form.append('size', '12');
  form.append('@jsonPayload', JSON.stringify({ meta: { a: [1] } }));
  form.append('one', file('hello', 'Héllo Wörld.TXT'));
  form.append('many', file('1', 'a.tar.gz'));
  form.append('many', file('2', 'b'));
  const record = await docs.create(form);
  assert.deepEqual([record.title, record.size, record.meta], ['form', 12, { a: [1] }]);
  assert.match(record.one, /^h_llo_w_rld_[a-z0-9]{10}\.TXT$/);
  assert.match(record.many[0], /^a[a-z0-9]{10}_[a-z0-9]{10}\.tar\.gz$/);
  assert.match(record.many[1], /^b[a-z0-9]{10}_[a-z0-9]{10}\.txt$/);
  assert.equal(await content(record, record.one), 'hello');
  assert.equal(await content(record, record.many[1]), '2');
  assert.deepEqual(await docs.getOne(record.id), record);
});

test('upload by an object with Files and Blobs', async () => {
  const record = await docs.create({ title: 'object', meta: { b: 2 }, size: 3, one: new Blob(['blob']), many: [file('x', 'x.txt'), file('y', 'y.txt')] });
  assert.deepEqual([record.title, record.meta, record.size], ['object', { b: 2 }, 3]);
  assert.equal(await content(record, record.one), 'blob');
  assert.equal(record.many.length, 2);
  assert.equal(guest.files.getURL(record, record.one), `${app.url}/api/files/${collection.id}/${record.id}/${record.one}`);
});

test('append, prepend, remove, replace, reorder', async () => {
  const record = await docs.create({ many: [file('a', 'aaa.txt'), file('b', 'bbb.txt')] });
  const [a, b] = record.many;
  const appended = (await docs.update(record.id, { 'many+': file('c', 'ccc.txt') })).many;
  assert.deepEqual(appended.slice(0, 2), [a, b]);
  const c = appended[2];
  await fails(docs.update(record.id, { 'many+': file('d', 'ddd.txt') }), 400, { many: 'validation_too_many_files' }, 'Failed to update record.');
  await settles(record, [a, b, c]);

  assert.deepEqual((await docs.update(record.id, { 'many-': b })).many, [a, c]);
  await settles(record, [a, c]);
  const prepended = (await docs.update(record.id, { '+many': file('p', 'ppp.txt') })).many;
  assert.deepEqual(prepended.slice(1), [a, c]);
  assert.deepEqual((await docs.update(record.id, { many: [c, a] })).many, [c, a]);
  await settles(record, [a, c]);
  assert.deepEqual((await docs.update(record.id, { 'many-': [a], title: 'less' })).many, [c]);

  const replaced = (await docs.update(record.id, { many: [file('n', 'new.txt')] })).many;
  assert.equal(replaced.length, 1);
  await settles(record, replaced);
  assert.deepEqual((await docs.update(record.id, { many: [] })).many, []);
  await settles(record, []);
});

test('stored names and uploads in one request', async () => {
  const { id, many: [a, b] } = await docs.create({ many: [file('a', 'aaa.txt'), file('b', 'bbb.txt')] });
  const form = (parts) => {
    const body = new FormData();
    for (const [key, value] of parts) body.append(key, value);
    return docs.update(id, body);
  };
  const kept = (await form([['many', file('c', 'ccc.txt')], ['many', b], ['many', a]])).many;
  assert.deepEqual([kept.length, kept.slice(0, 2)], [3, [b, a]]);
  const replaced = (await form([['@jsonPayload', JSON.stringify({ many: [a] })], ['many', file('d', 'ddd.txt')]])).many;
  assert.deepEqual([replaced.length, replaced[0]], [2, a]);
  const d = replaced[1];
  const exchanged = (await form([['many-', a], ['+many', file('e', 'eee.txt')], ['many+', file('f', 'fff.txt')]])).many;
  assert.match(exchanged.join(), new RegExp(`^eee_[a-z0-9]{10}\\.txt,${d},fff_[a-z0-9]{10}\\.txt$`));
  await settles({ id }, exchanged);
  assert.deepEqual((await docs.update(id, { 'many-': exchanged.slice(1) })).many, exchanged.slice(0, 1));
  assert.deepEqual((await docs.update(id, { many: '' })).many, []);

  // A field for one file keeps the last upload.
  const { one } = await form([['one', file('1', 'first.txt')], ['one', file('2', 'second.txt')]]);
  assert.match(one, /^second_/);
  await settles({ id }, [one]);
  assert.equal((await docs.update(id, { one: '' })).one, '');
  await settles({ id }, []);
});

test('the names of stored files', async () => {
  const random = '[a-z0-9]{10}';
  for (const [name, pattern, content = 'text'] of [
    ['Héllo Wörld.tar.gz', `h_llo_w_rld_${random}\\.tar\\.gz`],
    ['UPPER Case.TXT', `upper_case_${random}\\.TXT`],
    ['camelCaseName.md', `camel_case_name_${random}\\.md`],
    ['a.txt', `a${random}_${random}\\.txt`],
    ['..', `${random}_${random}\\.txt`],
    ['noext', `noext_${random}\\.txt`],
    ['noext', `noext_${random}\\.png`, png],
    ['noext', `noext_${random}`, new Uint8Array([0, 1, 2, 3])],
    [`${'long'.repeat(100)}.txt`, `(long){25}_${random}\\.txt`],
    [`long.${'x'.repeat(30)}`, `long_${random}\\.x{19,20}`],
  ]) {
    const { one } = await docs.create({ one: new File([content], name) });
    assert.match(one, new RegExp(`^${pattern}$`), name);
  }
});

test('a single file is replaced and removed', async () => {
  const record = await docs.create({ one: file('1', 'one.txt') });
  const next = await docs.update(record.id, { one: file('2', 'two.txt') });
  assert.notEqual(next.one, record.one);
  await settles(record, [next.one]);
  assert.equal((await docs.update(record.id, { title: 'kept' })).one, next.one);
  assert.equal((await docs.update(record.id, { one: null })).one, '');
  await settles(record, []);
});

test('what is refused leaves nothing behind', async () => {
  await fails(docs.create({ one: file('x'.repeat(1001), 'big.txt') }), 400, { one: 'validation_file_size_limit' }, 'Failed to create record.');
  await fails(docs.create({ picture: file('not a picture', 'a.png') }), 400, { picture: 'validation_invalid_mime_type' });
  await fails(docs.create({ one: 'never_uploaded.txt' }), 400, { one: 'validation_invalid_file' });
  await fails(docs.create({ one: '../../data.db' }), 400, { one: 'validation_invalid_file' });
  await fails(docs.create({ title: 'x'.repeat(21), one: file('good', 'good.txt') }), 400, { title: 'validation_max_text_constraint' });
  await fails(docs.create({ many: ['1', '2', '3', '4'].map((n) => file(n, `${n}.txt`)) }), 400, { many: 'validation_too_many_files' });
  const withFiles = (await docs.getFullList()).filter((record) => record.one || record.picture || record.many.length > 0);
  await eventually(async () => assert.deepEqual(await readdir(join(app.server.dir, 'storage', collection.id)), pluck(withFiles, 'id').sort()));
  assert.equal((await docs.getList(1, 1, { filter: "title ~ 'xxx' || one = 'never_uploaded.txt'" })).totalItems, 0);
});

test('the media type is that of the content', async () => {
  const record = await docs.create({ picture: new File([png], 'lies.txt', { type: 'text/plain' }) });
  assert.match(record.picture, /^lies_[a-z0-9]{10}\.txt$/);
  assert.deepEqual(await readFile(join(folder(record.id), record.picture)), png);
});

test('names of uploads stay in the folder of the record', async () => {
  for (const name of ['../../../evil.txt', '..\\..\\evil.txt', '/etc/passwd', '.hidden', '..', 'x'.repeat(400) + '.txt', "'; drop table docs;--.txt"]) {
    const form = new FormData();
    form.append('one', file('content', name));
    const record = await docs.create(form);
    assert.match(record.one, /^[a-z0-9_]+(\.[A-Za-z0-9_.*+=#-]+)?$/, JSON.stringify(name));
    assert.equal(record.one.endsWith('.attrs'), false);
    assert.equal(await content(record, record.one), 'content');
  }
  // The names of the attributes beside each file, and what no header can hold.
  await fails(docs.create({ one: file('content', 'x.attrs') }), 400, {});
  await fails(docs.create({ one: file('content', 'a\u0000b.txt') }), 400, {});
});

test('parts with wrong headers', async () => {
  const send = (head, ending = '--b--\r\n', boundary = 'b') =>
    app.raw('POST', '/api/collections/docs/records', `--b\r\n${head}\r\n\r\ncontent\r\n${ending}`, { 'Content-Type': `multipart/form-data; boundary=${boundary}` });
  const named = 'Content-Disposition: form-data; name="one"; filename="a.txt"';
  const taken = ['\r\nContent-Type: image/png', '\r\nContent-Type: ;;;', '\r\nContent-Transfer-Encoding: base64', '\r\nContent-Length: 1', '\r\nContent-Type: text/html\r\nContent-Type: image/png'];
  for (const headers of taken) {
    const answer = await send(named + headers);
    assert.equal(answer.status, 200, `${headers}: ${answer.text}`);
    assert.equal(await content(answer.body, answer.body.one), 'content', headers);
  }
  const before = await docs.getFullList();
  const refusals = [
    [`${named}\r\nno header`], [named, ''], [named, undefined, 'other'], [named, undefined, '""'],
    [`${named}\r\nX-Long: ${'x'.repeat(20_000_000)}`], [Array(20_000).fill('X-Many: 1').concat(named).join('\r\n')],
  ];
  for (const [i, request] of refusals.entries()) {
    const answer = await send(...request);
    assert.ok([400, 413].includes(answer.status), `${i}: ${answer.status} ${answer.text}`);
  }
  for (const head of ['Content-Disposition: form-data; filename="a.txt"', 'Content-Disposition: attachment; name="one"; filename="a.txt"', 'X-Nothing: 1']) {
    const answer = await send(head); // of no field: as if it were not there
    assert.deepEqual([answer.status, answer.body.one], [200, ''], `${head}: ${answer.text}`);
    await docs.delete(answer.body.id).catch(() => root.collection('docs').delete(answer.body.id));
  }
  assert.equal((await docs.getFullList()).length, before.length);
});

test('an empty file', async () => {
  const record = await docs.create({ one: file('', 'empty.txt') });
  assert.equal(await content(record, record.one), '');
});

test('the files of a deleted record are deleted', async () => {
  const record = await docs.create({ one: file('1', 'one.txt'), many: [file('2', 'two.txt')] });
  assert.equal((await stored(record)).length, 2);
  await docs.delete(record.id);
  await settles(record, []);
});

test('form values are inferred, the query is not part of the form', async () => {
  const form = new FormData();
  form.append('title', '007');
  form.append('size', '-3.5');
  form.append('meta', 'true');
  const record = await docs.create(form, { query: { title: 'from the query' } });
  assert.deepEqual([record.title, record.size, record.meta], ['007', -3.5, true]);
  const urlencoded = await app.raw('POST', '/api/collections/docs/records', 'title=a+b&size=4&title=c', {
    'Content-Type': 'application/x-www-form-urlencoded',
  });
  assert.equal(urlencoded.status, 200, urlencoded.text);
  assert.deepEqual([urlencoded.body.size, urlencoded.body.title], [4, '']);
});
