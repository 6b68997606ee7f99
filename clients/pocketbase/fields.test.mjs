// Every kind of field: what goes in, what comes out, what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';

const app = await start();
const guest = app.guest();
let count = 0;

/** A collection with one field "f" of these options. */
async function field(options, extra) {
  const name = `kind${++count}`;
  await app.open(name, [{ name: 'f', ...options }], extra);
  return guest.collection(name);
}

/** For each [in, out]: what is stored of a value is out, at once and later. */
async function keeps(options, cases) {
  const records = await field(options);
  for (const [given, want] of cases) {
    const created = await records.create({ f: given });
    assert.deepEqual(created.f, want, `create with ${JSON.stringify(given)}`);
    assert.deepEqual((await records.getOne(created.id)).f, want, `read back ${JSON.stringify(given)}`);
  }
  return records;
}

/** For each [value, code]: the value is refused with that code. */
async function refuses(options, cases) {
  const records = await field(options);
  for (const [given, code] of cases) await fails(records.create({ f: given }), 400, { f: code }, 'Failed to create record.');
  assert.equal((await records.getList()).totalItems, 0);
}

test('text', async () => {
  const long = 'x'.repeat(5000);
  await keeps({ type: 'text' }, [
    ['', ''], ['a b ', 'a b '], [5, '5'], [1e21, '1000000000000000000000'], [true, 'true'], [null, ''], [{}, ''], [['a'], ''], [long, long], ['😀', '😀'],
  ]);
  await refuses({ type: 'text', required: true, min: 2, max: 3, pattern: '^[a-z😀]+$' }, [
    ['', 'validation_required'], ['a', 'validation_min_text_constraint'], ['abcd', 'validation_max_text_constraint'], ['AB', 'validation_invalid_format'],
  ]);
  await refuses({ type: 'text' }, [[`${long}x`, 'validation_max_text_constraint']]);
  const generated = await field({ type: 'text', autogeneratePattern: '[a-z]{6}-[0-9]{2}' });
  assert.match((await generated.create({})).f, /^[a-z]{6}-\d\d$/);
  assert.match((await generated.create({ 'f:autogenerate': 'pre_' })).f, /^pre_[a-z]{6}-\d\d$/);
});

test('number', async () => {
  await keeps({ type: 'number' }, [
    [0, 0], [-1.5, -1.5], ['12', 12], ['1e3', 1000], [' 1', 1], ['x', 0], [true, 1], [null, 0], [[1], 0], [123456789012, 123456789012], [0.1, 0.1], [1e300, 1e300],
  ]);
  await refuses({ type: 'number', required: true, onlyInt: true, min: -5, max: 5 }, [
    [0, 'validation_required'], [1.5, 'validation_only_int_constraint'], [-6, 'validation_min_number_constraint'], [6, 'validation_max_number_constraint'],
  ]);
  await refuses({ type: 'number' }, [['NaN', 'validation_not_a_number'], ['Inf', 'validation_not_a_number']]);
});

test('bool', async () => {
  await keeps({ type: 'bool' }, [
    [true, true], [false, false], [1, true], [0, false], ['true', true], ['t', true], ['yes', false], [null, false], [{}, false],
  ]);
  await refuses({ type: 'bool', required: true }, [[false, 'validation_required']]);
});

test('email', async () => {
  await keeps({ type: 'email' }, [['a@b.co', 'a@b.co'], ['', '']]);
  await refuses({ type: 'email' }, [['a', 'validation_is_email'], ['a@localhost', 'validation_is_email'], ['a@b.co,c@d.co', 'validation_is_email']]);
  await refuses({ type: 'email', onlyDomains: ['b.co'] }, [['a@c.co', 'validation_email_domain_not_allowed']]);
  await refuses({ type: 'email', exceptDomains: ['b.co'] }, [['a@b.co', 'validation_email_domain_not_allowed']]);
});

test('url', async () => {
  await keeps({ type: 'url' }, [
    ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'], ['example.com', 'example.com'], ['ftp://a.co:21/', 'ftp://a.co:21/'], ['', ''],
  ]);
  await refuses({ type: 'url' }, [['//x.com', 'validation_invalid_url'], ['javascript:alert(1)', 'validation_invalid_url'], ['http://', 'validation_invalid_url']]);
  await refuses({ type: 'url', onlyDomains: ['a.co'] }, [['https://b.co', 'validation_url_domain_not_allowed']]);
});

test('date', async () => {
  await keeps({ type: 'date' }, [
    ['2024-02-29', '2024-02-29 00:00:00.000Z'],
    ['2024-02-29 10:11:12', '2024-02-29 10:11:12.000Z'],
    ['2024-02-29T10:11:12.3456Z', '2024-02-29 10:11:12.345Z'],
    ['2024-02-29T10:11:12+02:00', '2024-02-29 08:11:12.000Z'],
    ['2023-02-29', ''], ['20240229', ''], ['2024-02-29 10:11', '2024-02-29 10:11:00.000Z'], [1700000000, ''], ['soon', ''], [null, ''],
  ]);
  assert.equal((await (await field({ type: 'date' })).create({ f: new Date(0) })).f, '1970-01-01 00:00:00.000Z');
  await refuses({ type: 'date', required: true, min: '2020-01-01', max: '2021-01-01' }, [
    ['', 'validation_required'], ['never', 'validation_required'],
    ['2019-12-31', 'validation_min_greater_equal_than_required'], ['2021-01-02', 'validation_max_less_equal_than_required'],
  ]);
});

test('autodate', async () => {
  const records = await field({ type: 'autodate', onCreate: true });
  const created = await records.create({ f: '2000-01-01' });
  assert.ok(created.f > '2024');
  assert.equal((await records.update(created.id, { f: '2000-01-01' })).f, created.f);
});

test('select', async () => {
  const values = ['a', 'b', 'c'];
  await keeps({ type: 'select', values }, [['a', 'a'], [['a', 'b'], 'b'], ['', ''], [null, '']]);
  await keeps({ type: 'select', values, maxSelect: 2 }, [
    ['a', ['a']], [['b', 'a', 'b'], ['b', 'a']], ['["c"]', ['c']], ['', []], [[], []], [['', 'a'], ['a']],
  ]);
  await refuses({ type: 'select', values, maxSelect: 2, required: true }, [
    [[], 'validation_required'], [['a', 'b', 'c'], 'validation_too_many_values'], [['a', 'A'], 'validation_invalid_value'],
  ]);
});

test('json', async () => {
  const object = { a: [1, 2.5, { c: 'v' }], z: null, t: true };
  await keeps({ type: 'json' }, [
    [object, object], [[1, 'a'], [1, 'a']], [5, 5], [false, false], [null, null], ['', ''], ['text', 'text'], ['{"k":1}', { k: 1 }], ['12', 12], ['true', true], ['{broken', '{broken'], [' 1', ' 1'],
  ]);
  const records = await field({ type: 'json' });
  const exact = await app.raw('POST', `/api/collections/kind${count}/records`, '{"f":{"big":9007199254740993,"b":1.0}}');
  assert.match(exact.text, /"f":\{"b":1,"big":9007199254740993\}/);
  assert.equal((await records.getList()).totalItems, 1);
  await refuses({ type: 'json', required: true, maxSize: 10 }, [
    [null, 'validation_required'], ['', 'validation_required'], [{}, 'validation_required'], [[], 'validation_required'], ['x'.repeat(20), 'validation_json_size_limit'],
  ]);
});

test('editor', async () => {
  await keeps({ type: 'editor' }, [['<p>a<script>b</script></p>', '<p>a<script>b</script></p>'], [7, '7']]);
  await refuses({ type: 'editor', required: true, maxSize: 5 }, [['', 'validation_required'], ['éééé', 'validation_content_size_limit']]);
});

test('geoPoint', async () => {
  const zero = { lon: 0, lat: 0 };
  await keeps({ type: 'geoPoint' }, [
    [{ lon: 2.35, lat: 48.85 }, { lon: 2.35, lat: 48.85 }], ['{"lon":1,"lat":2}', { lon: 1, lat: 2 }], [{ lon: 5, extra: 1 }, { lon: 5, lat: 0 }], ['x', zero], [null, zero],
  ]);
  await refuses({ type: 'geoPoint', required: true }, [
    [zero, 'validation_required'], [{ lon: 0, lat: 90.1 }, 'validation_invalid_latitude'], [{ lon: -181, lat: 0 }, 'validation_invalid_longitude'],
  ]);
});

test('password', async () => {
  const records = await field({ type: 'password', min: 5, cost: 4 });
  const { id, f } = await records.create({ f: 'secret' });
  assert.equal(f, '');
  assert.equal((await records.getOne(id)).f, '');
  await fails(records.update(id, { f: 'abc' }), 400, { f: 'validation_min_text_constraint' });
  await fails(records.update(id, { f: 'x'.repeat(72) }), 400, { f: 'validation_max_text_constraint' });
  await fails(records.update(id, { f: 'é'.repeat(50) }), 400, { f: 'validation_max_text_constraint' });
});

test('relation', async () => {
  const targets = await field({ type: 'text' });
  const { collectionId, id: a } = await targets.create({ f: 'a' });
  const { id: b } = await targets.create({ f: 'b' });
  const nobody = 'nobodynobody123';
  await keeps({ type: 'relation', collectionId }, [[a, a], [[a, b], b], ['', '']]);
  await keeps({ type: 'relation', collectionId, maxSelect: 2 }, [[a, [a]], [[b, a, b], [b, a]], ['', []]]);
  await refuses({ type: 'relation', collectionId, maxSelect: 2, minSelect: 2, required: true }, [
    [[], 'validation_required'], [[a], 'validation_not_enough_values'], [[a, nobody], 'validation_missing_rel_records'],
    [[a, b, nobody], 'validation_too_many_values'],
  ]);
  await refuses({ type: 'relation', collectionId }, [[nobody, 'validation_missing_rel_records'], ["' OR 1=1 --", 'validation_missing_rel_records']]);
});

test('unique indexes', async () => {
  const name = `kind${count + 1}`;
  const records = await field({ type: 'text' }, { indexes: [`CREATE UNIQUE INDEX idx_unique_f ON ${name} (f) WHERE f != ''`] });
  const { id } = await records.create({ f: 'a' });
  await records.create({});
  const other = await records.create({});
  await fails(records.create({ f: 'a' }), 400, { f: 'validation_not_unique' });
  await fails(records.update(other.id, { f: 'a' }), 400, { f: 'validation_not_unique' }, 'Failed to update record.');
  await records.update(id, { f: 'a' });
});
