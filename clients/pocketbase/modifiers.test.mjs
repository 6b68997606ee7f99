// A modifier that does not apply to a field is refused, with a reason, in filters, rules and
// sorts. Fields may be called 2fa.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluck, start } from './app.mjs';

const app = await start();
const other = await app.open('others', [{ name: 'title', type: 'text' }]);
const c = await app.open('rows', [
  { name: 't', type: 'text' }, { name: 'n', type: 'number' }, { name: 'b', type: 'bool' }, { name: 'at', type: 'date' },
  { name: 'j', type: 'json' }, { name: 'p', type: 'geoPoint' }, { name: 's1', type: 'select', values: ['a', 'b'], maxSelect: 1 },
  { name: 's', type: 'select', values: ['a', 'b', 'c'], maxSelect: 3 }, { name: 'r1', type: 'relation', collectionId: other.id },
  { name: 'r', type: 'relation', collectionId: other.id, maxSelect: 5 }, { name: 'f', type: 'file', maxSelect: 3 }, { name: 'f1', type: 'file' },
  { name: 'e', type: 'email' }, { name: 'u', type: 'url' }, { name: 'ed', type: 'editor' },
]);
const [x, y] = [await app.root.collection('others').create({ title: 'x' }), await app.root.collection('others').create({ title: 'y' })];
await app.root.collection('rows').create({ t: 'ab', j: [1, 2], s: ['a', 'b'], r: [x.id, y.id], n: 1 });
await app.root.collection('rows').create({ t: 'abc', j: ['x'], s: ['c'], r: [x.id], n: 2 });
await app.root.collection('rows').create({ t: '', j: { a: 1 }, n: 3 });

const refusals = [
  ...['t', 'n', 'b', 'at', 'p', 'e', 'u', 'ed'].map((f) => `${f}:length > 1`),
  ...['t', 'n', 'b', 'at', 'p', 'e', 'u', 'ed'].map((f) => `${f}:each = "a"`),
  ...['n', 'b', 'p', 'at', 'r', 'r1', 'j'].map((f) => `${f}:lower = "a"`).filter((s) => !s.startsWith('at') && !s.startsWith('j')),
  't:isset = true', 't:changed = true', 'n:isset = true', 's:changed = true', 'id:isset = true', 'r.title:isset = true', 'r.title:changed = true',
  'r.title:length > 1', 't:nonsense = 1',
];
for (const expression of refusals) {
  test(`${expression} is refused`, async () => {
    const filtered = await app.rawRoot('GET', `/api/collections/rows/records?${new URLSearchParams({ filter: expression })}`);
    assert.equal(filtered.status, 400, `as a filter: ${filtered.text.slice(0, 200)}`);
    assert.ok(filtered.body.reason?.length > 0, 'without a reason');
    for (const rule of ['listRule', 'updateRule']) {
      const saved = await app.rawRoot('PATCH', '/api/collections/rows', JSON.stringify({ [rule]: expression }));
      assert.equal(saved.status, 400, `as ${rule}: saved`);
      assert.ok(saved.body.data[rule], saved.text);
    }
  });
}
test('sorts too', async () => {
  for (const sort of ['t:length', 'n:lower', 't:isset', 't:changed']) {
    const answer = await app.rawRoot('GET', `/api/collections/rows/records?${new URLSearchParams({ sort })}`);
    assert.equal(answer.status, 400, `${sort}: ${answer.text.slice(0, 120)}`);
  }
});

const find = async (filter) => pluck((await app.root.collection('rows').getFullList({ filter, sort: 'n' })), 'n');
test('what applies still does', async () => {
  assert.deepEqual(await find('s:length = 2'), [1]);
  assert.deepEqual(await find('s:each ?= "c"'), [2]);
  assert.deepEqual(await find('s:each != "z" && s:length > 0'), [1, 2]);
  assert.deepEqual(await find('r:length = 1'), [2]);
  assert.deepEqual(await find('r:each ?= "x" || t:lower = "ab"'), [1]);
  assert.deepEqual(await find('f:length = 0'), [1, 2, 3]);
  assert.deepEqual(await find('s1:length = 0 && r1:length = 0 && f1:length = 0'), [1, 2, 3]);
  assert.deepEqual(await find('r1:each = ""'), [1, 2, 3]);
});
test('lengths of json lists', async () => {
  assert.deepEqual(await find('j:length = 2'), [1]);
  assert.deepEqual(await find('j:length = 1'), [2]);
  assert.deepEqual(await find('j:length = 0'), [3]); // no list
});
test('elements of json lists', async () => {
  assert.deepEqual(await find('j:each ?= 2'), [1]);
  assert.deepEqual(await find('j:each = 2'), []);
  assert.deepEqual(await find('j:each > 0'), [1, 2]); // texts are above numbers
  assert.deepEqual(await find('j:each > 0 && j:each < 9'), [1]);
  assert.deepEqual(await find('j:each ?= "x"'), [2]);
  assert.deepEqual(await find('j:each ~ "X"'), [2]);
  assert.deepEqual(await find('j:each = null'), [3]); // no list has no elements
  await app.root.collection('rows').create({ t: 'deep', j: { list: ['p', 'q', 7], o: { k: 1 } }, n: 4 });
  assert.deepEqual(await find('j.list:each ?= "q" && j.list:length = 3'), [4]);
  assert.deepEqual(await find('j.list:each ?= 7'), [4]);
  assert.deepEqual(await find('j.o:each != null || j.o:length > 0'), []);
  await app.root.collection('rows').delete((await app.root.collection('rows').getFirstListItem('n = 4')).id);
});
test('elements of json lists in rules', async () => {
  const rule = '@request.body.j:each ?= "ok" && @request.body.j:length < 3 && j:each != "no"';
  const made = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name: 'lists', listRule: 'j:each ?= 1', createRule: rule, fields: [{ name: 'j', type: 'json' }] }));
  assert.equal(made.status, 200, made.text);
  const create = async (j) => (await app.raw('POST', '/api/collections/lists/records', JSON.stringify({ j }))).status;
  for (const [j, status] of [[['ok', 1], 200], [['ok', 'no'], 400], [['ok', 1, 2], 400], [['no'], 400], [[], 400], [{ a: 'ok' }, 400], ['ok', 400], [null, 400]]) {
    assert.equal(await create(j), status, JSON.stringify(j));
  }
  assert.equal(await create(['ok']), 200);
  const seen = await app.raw('GET', '/api/collections/lists/records');
  assert.deepEqual(pluck(seen.body.items, 'j'), [['ok', 1]]);
});

test('fields that begin with a digit or are a line can be sorted and filtered by', async () => {
  const names = ['2fa', '3d', '_', '1', '0x1', '1e5', '_a'];
  const made = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name: 'digits', listRule: '', createRule: '', fields: names.map((name) => ({ name, type: 'text' })) }));
  if (made.status === 400) return; // or cannot be made
  await app.raw('POST', '/api/collections/digits/records', JSON.stringify(Object.fromEntries(names.map((n) => [n, 'b']))));
  await app.raw('POST', '/api/collections/digits/records', JSON.stringify(Object.fromEntries(names.map((n) => [n, 'a']))));
  for (const name of ['2fa', '3d', '_', '_a']) {
    const sorted = await app.raw('GET', `/api/collections/digits/records?${new URLSearchParams({ sort: name })}`);
    assert.deepEqual(sorted.status === 200 && pluck(sorted.body.items, name), ['a', 'b'], `sort=${name}: ${sorted.text.slice(0, 200)}`);
    const found = await app.raw('GET', `/api/collections/digits/records?${new URLSearchParams({ filter: `${name} = "a"` })}`);
    assert.equal(found.body.totalItems, 1, `${name} = "a": ${found.text.slice(0, 200)}`);
    const rule = await app.rawRoot('PATCH', '/api/collections/digits', JSON.stringify({ listRule: `${name} != ""` }));
    assert.equal(rule.status, 200, rule.text);
    assert.equal((await app.raw('GET', '/api/collections/digits/records')).body.totalItems, 2);
    const back = await app.raw('GET', `/api/collections/digits/records?${new URLSearchParams({ fields: name })}`);
    assert.deepEqual(Object.keys(back.body.items[0]), [name]);
  }
  // Numbers stay numbers.
  for (const [filter, total] of [['1 = 1', 2], ['2 > 1', 2], ['1 > 2', 0], ['1e5 > 1', 2]]) {
    assert.equal((await app.rawRoot('GET', `/api/collections/digits/records?${new URLSearchParams({ filter })}`)).body.totalItems, total, filter);
  }
});
const warned = [
  ['r ?= @request.auth.id', /\.id|:each/], ['@request.auth.id ?= r', /\.id|:each/], ['r = @request.auth.id', /\.id|:each/],
  ['s ?= "a"', /:each/], ['s = "a"', /:each/], ['s ?!= "a"', /:each/], ['f ?= "x.png"', /:each/],
  ['@collection.rows.r ?= @request.auth.id', /\.id|:each/],
];
for (const [rule, hint] of warned) {
  test(`${rule} is saved with a warning`, async () => {
    const saved = await app.rawRoot('PATCH', '/api/collections/rows', JSON.stringify({ viewRule: rule }));
    assert.equal(saved.status, 200, saved.text);
    assert.equal(saved.body.viewRule, rule);
    assert.ok(saved.body.warnings?.some((w) => hint.test(JSON.stringify(w)) && JSON.stringify(w).includes('viewRule')), JSON.stringify(saved.body.warnings));
  });
}
test('what is right is saved without', async () => {
  for (const rule of ['r.id ?= @request.auth.id', 's:each ?= "a"', 's ~ "a"', 'r:length > 1', 's1 = "a"', 'r1 = @request.auth.id', 't ?= "a"', '', 's = ""', 's != ""', 'r = "[]"']) {
    const saved = await app.rawRoot('PATCH', '/api/collections/rows', JSON.stringify({ viewRule: rule }));
    assert.equal(saved.status, 200, saved.text);
    assert.deepEqual(saved.body.warnings ?? [], [], rule);
  }
});
