// A column of a view has the kind of what it computes, on both engines: a text stays the
// text that it is, whatever it looks like, and only json functions give json.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluck, start } from './app.mjs';

const app = await start();
const odd = ['12345', '1e5', '007', 'true', '', 'null', '"q"', '[1]', '{"a":1}', ' 5 ', 'a'];
await app.open('rows', [{ name: 'zip', type: 'text' }, { name: 'i', type: 'number' }, { name: 'n', type: 'number' }, { name: 'j', type: 'json' }, { name: 'mail', type: 'email' }, { name: 'sel', type: 'select', values: ['1', '2'], maxSelect: 1 }]);
for (const [i, zip] of odd.entries()) await app.root.collection('rows').create({ zip, i, n: i / 2, j: { k: zip }, mail: i % 2 ? 'a@x.io' : '', sel: i % 2 ? '1' : '' });

let made = 0;
async function column(expression, from = 'rows', rest = '', head = '') {
  const name = `v${++made}`;
  const collection = await app.root.collections.create({ name, type: 'view', listRule: '', viewQuery: `${head}SELECT id, ${expression} AS z FROM ${from} ${rest}` });
  const records = await app.guest().collection(name).getFullList();
  const order = new Map((await app.root.collection('rows').getFullList({ fields: 'id,i' })).map((r) => [r.id, r.i]));
  records.sort((a, b) => order.get(a.id) - order.get(b.id));
  return { name, field: collection.fields.find((f) => f.name === 'z'), values: pluck(records, 'z') };
}

const upper = odd.map((s) => s.toUpperCase());
const texts = [
  ["COALESCE(zip, '')", odd],
  ["COALESCE(NULLIF(zip, ''), '')", odd],
  ['lower(zip)', odd],
  ['upper(zip)', upper],
  ['trim(zip)', odd.map((s) => s.trim())],
  ['substr(zip, 1, 9)', odd],
  ["replace(zip, 'zzz', '')", odd],
  ["(CASE WHEN zip = 'a' THEN zip ELSE zip END)", odd],
  ["CASE WHEN n >= 0 THEN zip ELSE 'x' END", odd],
  ["zip || ''", odd],
  ["'' || zip", odd],
  ['(SELECT r.zip FROM rows r WHERE r.id = rows.id)', odd],
  ["'123'", odd.map(() => '123')],
  ["''", odd.map(() => '')],
  ['(zip)', odd],
  ['COALESCE(zip, mail)', odd],
  ["COALESCE(sel, '')", odd.map((_, i) => (i % 2 ? '1' : ''))],
  ["COALESCE(mail, '')", odd.map((_, i) => (i % 2 ? 'a@x.io' : ''))],
  ["CASE WHEN zip = '' THEN '0' ELSE '1' END", odd.map((s) => (s === '' ? '0' : '1'))],
];
for (const [expression, want] of texts) {
  test(`${expression} is a text`, async () => {
    const { name, field, values } = await column(expression);
    assert.deepEqual(values, want);
    assert.equal(field.type, 'text');
    if (want === odd) {
      const find = async (filter) => (await app.guest().collection(name).getList(1, 1, { filter })).totalItems;
      assert.equal(await find('z = "12345"'), 1);
      assert.equal(await find('z = ""'), 1);
      assert.equal(await find('z ~ "234"'), 1);
    }
  });
}
test('a text that may be missing is a text or empty', async () => {
  const { values } = await column("NULLIF(zip, '12345')");
  assert.deepEqual(values.slice(1), odd.slice(1));
  assert.ok(['', null].includes(values[0]));
});
test('functions of one engine', async () => {
  for (const expression of ['iif(n >= 0, zip, zip)', "min(zip, '~~~')", "max(zip, '')"]) {
    const name = `one${++made}`;
    const answer = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name, type: 'view', listRule: '', viewQuery: `SELECT id, ${expression} AS z FROM rows` }));
    if (answer.status === 400) continue; // the engine does not have it
    const values = pluck(await app.guest().collection(name).getFullList(), 'z');
    assert.deepEqual(values.toSorted(), [...odd].toSorted(), expression);
  }
});
test('aggregates of texts', async () => {
  for (const [expression, want] of [['max(zip)', odd.toSorted().at(-1)], ['min(zip)', '']]) {
    const name = `agg${++made}`;
    await app.root.collections.create({ name, type: 'view', listRule: '', viewQuery: `SELECT min(id) AS id, ${expression} AS z FROM rows` });
    const [row] = await app.guest().collection(name).getFullList();
    assert.equal(typeof row.z, 'string', expression);
    if (expression === 'min(zip)') assert.equal(row.z, want);
  }
  const name = `agg${++made}`;
  const answer = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name, type: 'view', listRule: '', viewQuery: "SELECT max(id) AS id, group_concat(zip, '') AS z FROM rows WHERE zip = '12345' OR zip = '007' GROUP BY zip" }));
  if (answer.status === 200) assert.deepEqual(pluck(await app.guest().collection(name).getFullList(), 'z').toSorted(), ['007', '12345']);
});
test('a column of a WITH, of a query inside, and of another view', async () => {
  assert.deepEqual((await column('w.z', 'w', '', "WITH w AS (SELECT id, COALESCE(zip, '') AS z FROM rows) ")).values, odd);
  assert.deepEqual((await column('q.z', "(SELECT id, upper(zip) AS z FROM rows) q")).values, upper);
  const { name } = await column("zip || ''");
  assert.deepEqual((await column('z', name)).values, odd);
  assert.deepEqual((await column("COALESCE(z, '')", name)).values, odd);
});
test('json functions give json, and json stays json', async () => {
  assert.deepEqual((await column('j')).values, odd.map((k) => ({ k })));
  let worked = 0;
  for (const expression of ["json_object('a', zip)", 'json_array(zip)', "json_build_object('a', zip)", 'json_build_array(zip)', "jsonb_build_object('a', zip)"]) {
    const viewQuery = `SELECT id, ${expression} AS z FROM rows`;
    const dry = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name: `dry${++made}`, type: 'view', viewQuery }));
    if (dry.status === 400) continue; // a function of the other engine
    worked++;
    const { values, field } = await column(expression);
    assert.equal(field.type, 'json');
    assert.deepEqual(values, odd.map((s) => (expression.includes('object') ? { a: s } : [s])), expression);
  }
  assert.ok(worked > 0);
});
test('numbers stay numbers', async () => {
  assert.deepEqual((await column('n + 1')).values, odd.map((_, i) => i / 2 + 1));
  assert.deepEqual((await column('CAST(i AS INTEGER)')).values, odd.map((_, i) => i));
  assert.deepEqual((await column('length(zip)')).values, odd.map((s) => s.length));
  assert.deepEqual((await column('COALESCE(n, 0)')).values, odd.map((_, i) => i / 2));
});
test('booleans are the same on both engines', async () => {
  for (const expression of ['(n > 1)', 'n > 1', "(zip = '' OR n > 1)", 'NOT (n <= 1)']) {
    const { name, values } = await column(expression);
    const want = odd.map((s, i) => (expression.includes('OR') ? s === '' || i / 2 > 1 : i / 2 > 1));
    assert.deepEqual(values.map(Boolean), want, expression);
    assert.deepEqual([...new Set(values.map((v) => typeof v))], ['number'], `${expression}: ${JSON.stringify(values)}`); // as PocketBase has it
    assert.equal((await app.guest().collection(name).getList(1, 1, { filter: 'z = true' })).totalItems, want.filter(Boolean).length);
    assert.equal((await app.guest().collection(name).getList(1, 1, { filter: 'z = 1' })).totalItems, want.filter(Boolean).length);
  }
});
