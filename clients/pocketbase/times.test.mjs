// A whole time in any form that a date field takes means the same beside a date field, in
// filters, rules and parameters; toISOString() is what every JavaScript program sends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const c = await app.open('rows', [
  { name: 'at', type: 'date' }, { name: 't', type: 'text' }, { name: 'n', type: 'number' }, { name: 'made', type: 'autodate', onCreate: true },
  { name: 'j', type: 'json' },
]);
await app.open('subs', [{ name: 'row', type: 'relation', collectionId: c.id }]);
const times = ['2023-01-28 23:59:59.999Z', '2023-01-29 00:00:00.000Z', '2023-01-29 12:00:00.000Z', '2023-01-30 00:00:00.000Z', ''];
for (const [n, at] of times.entries()) {
  const row = await app.root.collection('rows').create({ at, n, t: '2023-01-29T00:00:00Z', j: { at: '2023-01-29T00:00:00Z' } });
  await app.root.collection('subs').create({ row: row.id });
}
const find = async (filter, collection = 'rows') => pluck((await guest.collection(collection).getFullList({ filter, sort: 'n', requestKey: null })), 'n');

const midnight = [
  '2023-01-29 00:00:00.000Z', '2023-01-29T00:00:00.000Z', '2023-01-29T00:00:00Z', '2023-01-29 00:00:00Z', '2023-01-29T01:00:00+01:00',
  '2023-01-28T19:00:00-05:00', '2023-01-29T01:00:00.000+01:00', '2023-01-29T00:00:00.000000Z', '2023-01-29T00:00:00', '2023-01-29 00:00:00', '2023-01-29 00:00:00.0Z',
];
for (const time of midnight) {
  test(`${time} beside a date`, async () => {
    for (const quote of ['"', "'"]) {
      const q = quote + time + quote;
      assert.deepEqual(await find(`at >= ${q}`), [1, 2, 3]);
      assert.deepEqual(await find(`at > ${q}`), [2, 3]);
      assert.deepEqual(await find(`at < ${q} && at != ""`), [0]);
      assert.deepEqual(await find(`at <= ${q} && at != ""`), [0, 1]);
      assert.deepEqual(await find(`at = ${q}`), [1]);
      assert.deepEqual(await find(`at != ${q}`), [0, 2, 3, 4]);
      assert.deepEqual(await find(`${q} = at`), [1]);
      assert.deepEqual(await find(`${q} < at`), [2, 3]);
      assert.deepEqual(await find(`at ?= ${q}`), [1]);
    }
    const subs = await guest.collection('subs').getList(1, 1, { filter: `row.at >= "${time}"` });
    assert.equal(subs.totalItems, 3);
    const back = await guest.collection('rows').getList(1, 1, { filter: `subs_via_row.row.at ?= "${time}"` });
    assert.equal(back.totalItems, 1);
  });
  test(`${time} in a rule`, async (t) => {
    t.after(() => app.root.collections.update('rows', { listRule: '', createRule: '' }));
    await app.root.collections.update('rows', { listRule: `at >= "${time}"` });
    assert.deepEqual(await find(''), [1, 2, 3]);
    await app.root.collections.update('rows', { listRule: '@request.query.since = "" || at >= @request.query.since' });
    const { body } = await app.raw('GET', `/api/collections/rows/records?${new URLSearchParams({ since: time, sort: 'n' })}`);
    assert.deepEqual(pluck(body.items, 'n'), [1, 2, 3]);
    await app.root.collections.update('rows', { listRule: '', createRule: `@request.body.at >= "${time}"` });
    const send = (at) => app.raw('POST', '/api/collections/rows/records', JSON.stringify({ at, n: 99 }));
    const early = await send('2023-01-28T23:00:00Z');
    assert.equal(early.status, 400, 'a time before it');
    const made = await send('2023-01-29T06:00:00Z');
    assert.equal(made.status, 200, 'a time after it');
    await app.root.collection('rows').delete(made.body.id);
    await app.root.collections.update('rows', { createRule: '' });
  });
}

test('a Date as a parameter, and as a text', async () => {
  const since = new Date('2023-01-29T00:00:00Z');
  assert.deepEqual(await find(guest.filter('at >= {:since}', { since })), [1, 2, 3]);
  assert.deepEqual(await find(guest.filter('at >= {:since}', { since: since.toISOString() })), [1, 2, 3]);
  assert.deepEqual(await find(guest.filter('made > {:since}', { since: since.toISOString() })), [0, 1, 2, 3, 4]);
  assert.deepEqual(await find(guest.filter('made < {:until}', { until: new Date(Date.now() + 60_000).toISOString() })), [0, 1, 2, 3, 4]);
  assert.deepEqual(await find(guest.filter('made > {:since}', { since: new Date(Date.now() + 60_000).toISOString() })), []);
});

test('a part of a time is a prefix as ever, and texts are texts', async () => {
  assert.deepEqual(await find('at >= "2023-01-29"'), [1, 2, 3]);
  assert.deepEqual(await find('at ~ "2023-01-29"'), [1, 2]);
  assert.deepEqual(await find('at >= "2023-01" && at < "2023-02"'), [0, 1, 2, 3]);
  assert.deepEqual(await find('at > "2024"'), []);
  assert.deepEqual(await find('at = ""'), [4]);
  assert.deepEqual(await find('t = "2023-01-29T00:00:00Z"'), [0, 1, 2, 3, 4]);
  assert.deepEqual(await find('t = "2023-01-29 00:00:00.000Z"'), []);
  assert.deepEqual(await find('j.at = "2023-01-29T00:00:00Z"'), [0, 1, 2, 3, 4]);
  assert.deepEqual(await find('at ~ "T"'), []);
});

test('a rule is kept as it was written', async () => {
  const rule = 'at >= "2023-01-29T00:00:00Z"';
  assert.equal((await app.root.collections.update('rows', { viewRule: rule })).viewRule, rule);
});

test('times without seconds, and blanks around numbers, are read', async () => {
  const make = async (body) => (await guest.collection('rows').create(body));
  for (const at of ['2024-01-01T10:00', '2024-01-01 10:00', '2024-01-01T10:00Z', '2024-01-01 10:00Z', '2024-01-01T11:00+01:00', ' 2024-01-01 10:00:00Z ']) {
    assert.equal((await make({ at })).at, '2024-01-01 10:00:00.000Z', at);
  }
  for (const n of [' 5 ', '5 ', '\t5', ' 5.0\n']) assert.equal((await make({ n })).n, 5, JSON.stringify(n));
  const form = new FormData();
  form.set('n', ' 7 ');
  form.set('at', '2024-01-01T10:00');
  const sent = await (await fetch(`${app.url}/api/collections/rows/records`, { method: 'POST', body: form })).json();
  assert.deepEqual([sent.n, sent.at], [7, '2024-01-01 10:00:00.000Z']);
  // The rest stays as PocketBase has it.
  for (const at of ['31.12.2024', 'tomorrow', '2024-13-01 10:00', '10:00', '2024-01-01T25:00']) assert.equal((await make({ at })).at, '', at);
  for (const n of ['5,5', 'x', '5 5']) assert.equal((await make({ n })).n, 0, n);
});
