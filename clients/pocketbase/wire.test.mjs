// What clients of PocketBase 0.40 see on the wire: bodies end without a line break, text is
// not escaped for HTML, lists are never null, and the same key twice is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, refused, start } from './app.mjs';

const app = await start();
await app.open('notes', [
  { name: 't', type: 'text' },
  { name: 'j', type: 'json' },
  { name: 'p', type: 'geoPoint' },
]);
const records = '/api/collections/notes/records';

test('no body ends with a line break', async () => {
  await app.root.settings.update({ batch: { enabled: true } });
  const made = await app.raw('POST', records, '{"t":"x"}');
  const answers = [
    made,
    await app.raw('GET', '/api/health'),
    await app.raw('GET', `${records}/${made.body.id}`),
    await app.raw('GET', `${records}/${made.body.id}?fields=t`),
    await app.raw('GET', records),
    await app.raw('GET', `${records}?perPage=1&skipTotal=1&fields=id`),
    await app.raw('PATCH', `${records}/${made.body.id}`, '{"t":"y"}'),
    await app.raw('POST', '/api/batch', JSON.stringify({ requests: [{ method: 'POST', url: records, body: { t: 'z' } }] })),
    await app.raw('GET', '/api/nope'),
    await app.raw('GET', `${records}/nope`),
    await app.raw('GET', `${records}?filter=nope=1`),
    await app.raw('POST', records, '{'),
    await app.raw('GET', '/nope'),
    await app.rawRoot('GET', '/api/settings'),
    await app.rawRoot('GET', '/api/collections'),
    await app.rawRoot('GET', '/api/collections/notes'),
    await app.rawRoot('GET', '/api/collections/meta/scaffolds'),
    await app.raw('GET', '/api/collections/users/auth-methods'),
    await app.raw('POST', '/api/collections/users/auth-with-password', '{"identity":"a@x.io","password":"nope"}'),
  ];
  for (const { text, status } of answers) {
    assert.ok(text.length > 0);
    assert.equal(text, text.trimEnd(), `status ${status}: ${text.slice(0, 100)}`);
  }
});

test('text is not escaped for HTML', async () => {
  const odd = '<b>&amp;</b> \u2028 \u2029';
  const body = JSON.stringify({ t: odd, j: { [odd]: odd } });
  const made = await app.raw('POST', records, body);
  assert.equal(made.status, 200);
  const { id } = made.body;
  const batch = await app.raw('POST', '/api/batch', `{"requests":[{"method":"PATCH","url":"${records}/${id}","body":${body}}]}`);
  const collection = await app.rawRoot('PATCH', '/api/collections/notes', JSON.stringify({ listRule: `t != "<&>"` }));
  await app.rawRoot('PATCH', '/api/collections/notes', '{"listRule":""}');
  for (const answer of [
    made,
    await app.raw('GET', `${records}/${id}`),
    await app.raw('GET', `${records}/${id}?fields=t,j`),
    await app.raw('GET', `${records}?filter=${encodeURIComponent(`id="${id}"`)}`),
    batch,
  ]) {
    assert.ok(answer.text.includes(odd), answer.text);
    assert.doesNotMatch(answer.text, /\\u(003c|003e|0026|2028|2029)/i);
  }
  assert.match(collection.text, /<&>/);
});

test('lists and maps of collections are never null', async () => {
  const { text: scaffolds } = await app.rawRoot('GET', '/api/collections/meta/scaffolds');
  assert.doesNotMatch(scaffolds, /"(exceptDomains|onlyDomains|mimeTypes|thumbs|extra)":null/);
  const made = await app.root.collections.create({
    name: 'all',
    type: 'auth',
    fields: [
      { name: 'e', type: 'email' },
      { name: 'u', type: 'url', exceptDomains: null, onlyDomains: null },
      { name: 'f', type: 'file', mimeTypes: null },
    ],
  });
  const field = (name) => made.fields.find((f) => f.name === name);
  assert.deepEqual([field('e').exceptDomains, field('e').onlyDomains], [[], []]);
  assert.deepEqual([field('u').exceptDomains, field('u').onlyDomains], [[], []]);
  assert.deepEqual([field('f').mimeTypes, field('f').thumbs], [[], []]);
  assert.deepEqual([field('email').exceptDomains, field('email').onlyDomains], [[], []]);
  const { text } = await app.rawRoot('GET', '/api/collections/all');
  assert.doesNotMatch(text, /"(exceptDomains|onlyDomains|mimeTypes|thumbs|extra)":null/);
});

test('settings of logs have bounds', async () => {
  const settings = await app.root.settings.getAll();
  assert.equal(settings.logs.maxDataSize, 0);
  const set = (logs) => app.root.settings.update({ logs });
  assert.equal((await set({ maxDataSize: 2 ** 53 - 1 })).logs.maxDataSize, 2 ** 53 - 1);
  await set({ maxDataSize: 0 });
  const low = await fails(set({ maxDataSize: -1 }), 400, { 'logs.maxDataSize': 'validation_min_greater_equal_than_required' });
  assert.equal(low.response.data.logs.maxDataSize.params?.threshold, 0);
  for (const [key, value] of [['maxDataSize', 2 ** 53], ['maxDays', 2 ** 53], ['minLevel', 2 ** 53]]) {
    const high = await fails(set({ [key]: value }), 400, { [`logs.${key}`]: 'validation_max_less_equal_than_required' });
    assert.equal(high.response.data.logs[key].params?.threshold, 2 ** 53 - 1);
  }
});

test('every answer but those to OPTIONS keeps other windows out', async () => {
  for (const [method, path] of [['GET', '/api/health'], ['GET', '/api/nope'], ['GET', records], ['POST', records], ['GET', '/'], ['HEAD', records]]) {
    const answer = await app.raw(method, path, method === 'POST' ? '{}' : undefined);
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin', `${method} ${path}`);
  }
  assert.equal((await app.raw('OPTIONS', records)).headers.get('cross-origin-opener-policy'), null);
});

test('the same key twice in a body is refused', async () => {
  const message = 'Something went wrong while processing your request.';
  for (const [method, path, body] of [
    ['POST', records, '{"t":"a","t":"b"}'],
    ['POST', records, '{"j":{"a":1,"a":2}}'],
    ['POST', records, '{"t":"a","\\u0074":"b"}'],
    ['POST', '/api/collections/users/auth-with-password', '{"identity":"a@x.io","identity":"b@x.io","password":"x"}'],
    ['POST', '/api/batch', `{"requests":[],"requests":[{"method":"POST","url":"${records}","body":{}}]}`],
  ]) {
    const answer = await app.raw(method, path, body);
    refused(answer, 400, {});
    assert.ok([message, 'Failed to read the submitted data.', 'Failed to read the submitted batch data.', 'Failed to load the submitted data due to invalid formatting.', 'An error occurred while loading the submitted data.'].includes(answer.body.message), `${body}: ${answer.body.message}`);
  }
  for (const [method, path, body] of [
    ['POST', '/api/collections', '{"name":"twice","name":"twice2"}'],
    ['PATCH', '/api/settings', '{"meta":{"appName":"a"},"meta":{"appName":"b"}}'],
    ['PATCH', '/api/collections/notes', '{"listRule":"","listRule":null}'],
    ['PUT', '/api/collections/import', '{"collections":[],"collections":[]}'],
  ]) {
    assert.equal((await app.rawRoot(method, path, body)).status, 400, body);
  }
  assert.equal((await app.raw('GET', records)).status, 200);
});

test('json as a text with a key twice is no json', async () => {
  for (const text of ['{"a":1,"a":2}', '[{"a":{"b":1,"b":2}}]']) {
    const answer = await app.raw('POST', records, JSON.stringify({ j: text }));
    refused(answer, 400, { j: 'validation_invalid_json' });
    assert.equal(answer.body.data.j.message, 'Must be a valid json value.');
    const form = new FormData();
    form.set('j', text);
    const sent = await fetch(app.url + records, { method: 'POST', body: form });
    assert.equal(sent.status, 400, text);
  }
});

test('the distance between a point and itself is 0 everywhere', async () => {
  const made = [];
  for (let i = 0; i < 60; i++) {
    const p = { lon: ((i * 37.123456789) % 360) - 180, lat: ((i * 11.987654321) % 180) - 90 };
    made.push([(await app.guest().collection('notes').create({ p })).id, p]);
  }
  for (const [id, { lon, lat }] of made) {
    for (const filter of [`geoDistance(p.lon, p.lat, ${lon}, ${lat}) <= 0.01`, `geoDistance(${lon}, ${lat}, ${lon}, ${lat}) <= 0.01`]) {
      const { totalItems } = await app.guest().collection('notes').getList(1, 1, { filter: `id = "${id}" && ${filter}` });
      assert.equal(totalItems, 1, filter);
    }
    const antipode = `geoDistance(p.lon, p.lat, ${lon > 0 ? lon - 180 : lon + 180}, ${-lat}) > 19000`;
    const { totalItems } = await app.guest().collection('notes').getList(1, 1, { filter: `id = "${id}" && ${antipode}` });
    assert.equal(totalItems, 1, antipode);
  }
});

test('a body over the limit is 413', async () => {
  const answer = await app.raw('POST', records, `{"t":"${'x'.repeat(33 << 20)}"}`);
  assert.equal(answer.status, 413);
});
