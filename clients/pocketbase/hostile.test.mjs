// Input that no honest client sends: a clear refusal, nothing half stored, and
// the server goes on.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fails, pluck, refused, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const records = '/api/collections/things/records';

await app.open('things', [
  { name: 'title', type: 'text', max: 100 },
  { name: 'n', type: 'number' },
  { name: 'data', type: 'json', maxSize: 100_000 },
  { name: 'tags', type: 'select', values: ['a', 'b'], maxSelect: 2 },
  { name: 'doc', type: 'file', maxSelect: 2, maxSize: 1000 },
]);
const kept = await guest.collection('things').create({ title: 'kept', n: 7 });

// Whatever a test did: the server runs, and the one good record is alone and whole.
afterEach(async () => {
  await app.server.check();
  const all = await app.root.collection('things').getFullList();
  for (const { id } of all) if (id !== kept.id) await app.root.collection('things').delete(id);
  assert.deepEqual(all, [kept]);
});

/** Sends a body in every way that takes one; each must refuse it. */
async function everywhere(body, headers, status = 400) {
  const routes = [
    ['POST', records], ['PATCH', `${records}/${kept.id}`], ['POST', '/api/collections/users/auth-with-password'],
    ['POST', '/api/collections'], ['PATCH', '/api/collections/things'], ['PATCH', '/api/settings'], ['POST', '/api/batch'],
  ];
  await app.root.settings.update({ batch: { enabled: true } });
  for (const [method, path] of routes) refused(await app.rawRoot(method, path, body, headers), status);
}

test('malformed JSON', async () => {
  for (const body of ['{', '{"title":', '{"title":"x"', "{'title':'x'}", '{title:1}', '{"title":"x",}', 'nonsense', '"', '[', '\u0000', '{"a":1e}', '{"a":01}', '{"a":NaN}', '{"a":\t"\n"}', '{"\ud800']) {
    await everywhere(body);
  }
});

test('values that are no object', async () => {
  for (const body of ['[]', '"text"', '1', 'true', '[{"title":"x"}]']) {
    refused(await app.raw('POST', records, body), 400, {});
    refused(await app.raw('PATCH', `${records}/${kept.id}`, body), 400, {});
  }
});

test('a malformed body is refused where none is needed', async () => {
  refused(await app.raw('DELETE', `${records}/${kept.id}`, '{'), 400, {});
});

test('media types that are not known', async () => {
  for (const type of ['text/plain', 'application/octet-stream', 'image/png', 'x', ';;;', 'multipart/form-data', 'multipart/form-data; boundary=']) {
    refused(await app.raw('POST', records, '{"title":"x"}', { 'Content-Type': type }), 400, {});
  }
  refused(await app.raw('POST', records, '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nx', { 'Content-Type': 'multipart/form-data; boundary=b' }), 400, {});
  refused(await app.raw('POST', records, 'title=%zz', { 'Content-Type': 'application/x-www-form-urlencoded' }), 400, {});
});

test('wrong types', async () => {
  const made = await guest.collection('things').create({ id: { $ne: null }, title: { a: 1 }, n: [1], tags: { a: 1 }, data: [[]] });
  assert.match(made.id, /^[a-z0-9]{15}$/);
  assert.deepEqual([made.title, made.n, made.tags, made.data], ['', 0, [], [[]]]);
  await guest.collection('things').delete(made.id);
  await fails(guest.collection('things').create({ id: 7 }), 400);
  for (const body of [{ name: 5 }, { name: 'x', listRule: 5 }, { name: 'x', fields: {} }, { name: 'x', fields: [5] }, { name: 'x', indexes: [5] }, { name: 'x', fields: [{ name: 'a', type: 'text', max: 'big' }] }]) {
    await fails(app.root.collections.create(body), 400);
  }
  for (const identity of [5, null, [], {}]) {
    const body = JSON.stringify({ identity, password: identity });
    refused(await app.raw('POST', '/api/collections/users/auth-with-password', body), 400);
  }
});

test('huge bodies', async () => {
  const huge = Buffer.alloc(33 * 1024 * 1024 + 6_000_000, 0x20);
  huge[0] = 0x7b;
  huge[huge.length - 1] = 0x7d;
  refused(await app.raw('POST', records, huge), 413, {});
  refused(await app.rawRoot('PATCH', '/api/settings', huge), 413, {});
  refused(await app.raw('POST', '/api/collections/users/auth-with-password', huge), 413, {});
  const form = new FormData();
  form.append('title', 'too much');
  form.append('doc', new Blob([huge]), 'huge.txt');
  await fails(guest.collection('things').create(form), 413, {});
  // The same without a length that would tell.
  let sent = 0;
  const stream = new ReadableStream({
    pull(controller) {
      if ((sent += 1 << 20) > huge.length) controller.close();
      else controller.enqueue(new Uint8Array(1 << 20).fill(0x20));
    },
  });
  const answer = await app.raw('POST', records, stream).catch((err) => err);
  // The server may hang up before all is sent; then there is nobody to tell.
  if (!(answer instanceof Error)) refused(answer, 413, {});
});

test('deep nesting', async () => {
  for (const depth of [1_000, 100_000, 5_000_000]) {
    for (const [open, close] of [['[', ']'], ['{"a":', '}']]) {
      const value = open.repeat(depth) + '1' + close.repeat(depth);
      const answer = await app.raw('POST', records, `{"data":${value},"title":"deep"}`);
      if (answer.status === 200) await guest.collection('things').delete(answer.body.id);
      else refused(answer, 400);
    }
  }
  refused(await app.rawRoot('POST', '/api/collections', `{"name":"x","fields":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), 400);
  refused(await app.rawRoot('PATCH', '/api/settings', `{"meta":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}}`), 400);
});

test('U+0000', async () => {
  const nul = 'validation_invalid_value';
  await fails(guest.collection('things').create({ title: 'a\u0000b' }), 400, { title: nul });
  await fails(guest.collection('things').create({ data: 'a\u0000b' }), 400, { data: nul });
  await fails(guest.collection('things').create({ data: { k: ['a\u0000b'] } }), 400, { data: nul });
  await fails(guest.collection('things').create({ data: '{"k":"\\u0000"}' }), 400, { data: nul });
  await fails(guest.collection('things').update(kept.id, { title: '\u0000' }), 400, { title: nul });
  await fails(guest.collection('things').getList(1, 1, { filter: "title = 'a\u0000b'" }), 400, {});
  await fails(guest.collection('things').getList(1, 1, { sort: 'title\u0000' }), 400, {});
  await fails(app.root.collections.create({ name: 'a\u0000b' }), 400, { name: 'validation_match_invalid' });
  for (const path of [`${records}/%00`, '/api/collections/%00/records', '/api/%00']) refused(await app.raw('GET', path), 404, {});
  refused(await app.raw('POST', '/api/collections/users/auth-with-password', '{"identity":"a\\u0000","password":"b\\u0000"}'), 400);
});

test('halves of characters', async () => {
  const things = guest.collection('things');
  const made = [];
  for (const data of ['"\\ud800"', '{"k\\udc00":["\\ud83d\\ude00 \\ud83d"]}']) made.push(await things.create({ title: 'half', data }));
  assert.deepEqual(pluck(made, 'data'), ['\ufffd', { 'k\ufffd': ['\u{1f600} \ufffd'] }]);
  // A document that the database cannot read would break every filter on the field.
  for (const filter of ["data = 'x'", "data.k != null", "data.k.0 ~ 'x'"]) await things.getList(1, 1, { filter });
  await things.getList(1, 1, { sort: 'data.k' });
  for (const { id } of made) await things.delete(id);
});

test('invalid UTF-8', async () => {
  for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80]]) {
    const body = Buffer.concat([Buffer.from('{"title":"'), Buffer.from(bytes), Buffer.from('"}')]);
    const answer = await app.raw('POST', records, body);
    // Either refused, or stored as text that is valid.
    if (answer.status !== 200) refused(answer, 400);
    else {
      assert.match(answer.body.title, /^\ufffd/);
      await guest.collection('things').delete(answer.body.id);
    }
  }
  for (const path of ['?filter=title%3D%27%ff%27', '?sort=%ff', '?fields=%ff', '?expand=%ff', '/%ff']) {
    const answer = await app.raw('GET', records + path);
    assert.ok([200, 400, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.ok(answer.body, path);
  }
});

test('duplicate ids', async () => {
  const tries = [kept.id, kept.id.toUpperCase(), `${kept.id} `];
  for (const id of tries) await fails(guest.collection('things').create({ id, title: 'twin' }), 400);
  const batch = guest.createBatch();
  batch.collection('things').create({ id: 'twintwintwin001', title: 'a' });
  batch.collection('things').create({ id: 'twintwintwin001', title: 'b' });
  await fails(batch.send(), 400, { 'requests.1': 'batch_request_failed' });
  const racing = Array.from({ length: 20 }, () => guest.collection('things').create({ id: 'racingracing001' }).catch((err) => err));
  const winners = (await Promise.all(racing)).filter((result) => !(result instanceof Error));
  assert.equal(winners.length, 1);
  await guest.collection('things').delete('racingracing001');
});

test('large and deep filters', async (t) => {
  const list = (filter) => guest.collection('things').getList(1, 1, { filter });
  const sizes = {
    '10,000 characters of text': `title = '${'x'.repeat(10_000)}'`,
    '10,000 characters of name': `${'x'.repeat(10_000)} = 1`,
    '10,000 opening parentheses': '('.repeat(10_000),
    '10,000 comments': '//\n'.repeat(3_400),
    '201 comparisons': Array(201).fill('n=1').join('||'),
    'a long relation path': `${'a.'.repeat(1_000)}b = 1`,
  };
  for (const [name, filter] of Object.entries(sizes)) {
    await t.test(name, async () => {
      await fails(list(filter), 400, {});
    });
  }
  await t.test('200 levels of parentheses', async () => {
    assert.equal((await list(`${'('.repeat(200)}n = 7${')'.repeat(200)}`)).totalItems, 1);
  });
  await t.test('200 levels of groups', async () => {
    let filter = 'n=7';
    for (let i = 0; i < 190; i++) filter = `(n=${i}${i % 2 ? '&&' : '||'}${filter})`;
    await list(filter);
  });
  await t.test('200 comparisons', async () => {
    assert.equal((await list(Array(200).fill('n=7').join('||'))).totalItems, 1);
  });
  await t.test('a rule of 100,000 characters', async () => {
    const answer = await app.root.collections.update('things', { listRule: `title != '${'x'.repeat(100_000)}'` }).catch((err) => err);
    if (!(answer instanceof Error)) await app.root.collections.update('things', { listRule: '' });
  });
});

test('query parameters without end', async () => {
  const long = 'x'.repeat(50_000);
  for (const name of ['filter', 'sort', 'fields', 'expand', 'page', 'perPage', 'skipTotal', 'cursor']) {
    const answer = await app.raw('GET', `${records}?${name}=${long}`);
    if (answer.status !== 200) refused(answer, 400);
  }
  const paths = Array.from({ length: 5_000 }, (_, i) => `a${i}`).join(',');
  for (const name of ['fields', 'expand']) {
    const answer = await app.raw('GET', `${records}?${name}=${paths}`);
    if (answer.status !== 200) refused(answer, 400);
  }
});

test('relations to nothing, and to the wrong collection', async () => {
  const { id: collectionId } = await app.root.collections.getOne('things');
  await app.open('refs', [{ name: 'one', type: 'relation', collectionId }, { name: 'many', type: 'relation', collectionId, maxSelect: 5 }]);
  const refs = guest.collection('refs');
  const missing = 'validation_missing_rel_records';
  const { id: user } = (await app.account('users', 'u@example.com')).authStore.record;
  await fails(refs.create({ one: 'nobodynobody123', many: [kept.id, user] }), 400, { one: missing, many: missing });
  await fails(refs.create({ many: Array.from({ length: 6 }, (_, i) => `nobody${i}`) }), 400, { many: 'validation_too_many_values' });
  assert.equal((await refs.getList()).totalItems, 0);
});

test('cycles', async () => {
  const loop = await app.open('loop', [{ name: 'name', type: 'text' }]);
  await app.root.collections.update('loop', {
    fields: [...loop.fields, { name: 'next', type: 'relation', collectionId: loop.id, cascadeDelete: true }],
  });
  const ids = Array.from({ length: 50 }, (_, i) => `looploop${String(i).padStart(7, '0')}`);
  for (const id of ids) await guest.collection('loop').create({ id });
  for (const [i, id] of ids.entries()) await guest.collection('loop').update(id, { next: ids[(i + 1) % ids.length] });
  const deep = await guest.collection('loop').getOne(ids[0], { expand: Array(50).fill('next').join('.') });
  let depth = 0;
  for (let record = deep; record?.expand; record = record.expand.next) depth++;
  assert.equal(depth, 6);
  await guest.collection('loop').delete(ids[7]);
  assert.equal((await guest.collection('loop').getList()).totalItems, 0);
  const self = await guest.collection('loop').create({ id: ids[0] });
  await guest.collection('loop').update(self.id, { next: self.id });
  assert.equal(await guest.collection('loop').delete(self.id), true);
});

test('paths that lead elsewhere', async () => {
  for (const path of ['/../../etc/passwd', '/api/../../../etc/passwd', '//etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/api/collections/..%2f..%2fx/records', '/\\..\\x']) {
    const answer = await app.raw('GET', path);
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(answer.text, /root:/);
  }
});
