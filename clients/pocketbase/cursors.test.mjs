// A walk by cursor gives every row once, whatever it sorts by, or is refused with a reason.
// An empty cursor means the end; it must never stand for "this sort has none".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';

const app = await start();
const other = await app.open('others', [{ name: 'title', type: 'text' }, { name: 'rank', type: 'number' }, { name: 'j', type: 'json' }]);
await app.open('rows', [
  { name: 'n', type: 'number' },
  { name: 't', type: 'text' },
  { name: 'b', type: 'bool' },
  { name: 'at', type: 'date' },
  { name: 'j', type: 'json' },
  { name: 'p', type: 'geoPoint' },
  { name: 's', type: 'select', values: ['a', 'b'], maxSelect: 2 },
  { name: 'rel', type: 'relation', collectionId: other.id },
  { name: 'rels', type: 'relation', collectionId: other.id, maxSelect: 5 },
  { name: 'e', type: 'email' },
  { name: 'f', type: 'file' },
  { name: 'made', type: 'autodate', onCreate: true },
]);
const others = [];
for (const [title, rank] of [['x', 1], ['y', 2], ['x', 3]]) others.push((await app.root.collection('others').create({ title, rank, j: { k: rank } })).id);
const jsons = [null, { k: 1 }, { k: 2 }, { k: '2' }, { k: null }, [1, 2], 'text', 12, 1e5, true, '', {}, { k: 1 }, { k: [1] }, { k: { l: 1 } }];
for (let i = 0; i < jsons.length; i++) {
  await app.root.collection('rows').create({
    n: i % 4, t: ['', 'a', 'A', 'ä', 'b'][i % 5], b: i % 2 === 0, at: i % 3 ? `2024-01-0${(i % 3) + 1} 00:00:00.000Z` : '', j: jsons[i],
    p: { lon: i % 3, lat: i % 2 }, s: [[], ['a'], ['a', 'b'], ['b']][i % 4], rel: i % 3 ? others[i % 3] : '', rels: i % 2 ? [others[0], others[2]] : [],
    e: i % 2 ? `u${i % 3}@x.io` : '',
  });
}
await app.root.collections.create({
  name: 'seen', type: 'view', listRule: '',
  viewQuery: `SELECT id, n, t, j, n + 1 AS up, COALESCE(t, '') AS text, (n > 1) AS more FROM rows`,
});
const all = new Set((await app.root.collection('rows').getFullList({ fields: 'id' })).map((r) => r.id));
assert.equal(all.size, jsons.length);

/** Walks to the end and returns the ids, or the refusal. between runs after each page. */
async function walk(ask, collection, sort, perPage, between) {
  const ids = [];
  let cursor = '';
  for (let page = 0; page < 100; page++) {
    const query = new URLSearchParams({ perPage, sort, cursor, fields: 'id' });
    const answer = await ask('GET', `/api/collections/${collection}/records?${query}`);
    if (answer.status !== 200) return { answer };
    ids.push(...answer.body.items.map((item) => item.id));
    assert.equal(typeof answer.body.cursor, 'string', `no cursor in ${answer.text.slice(0, 200)}`);
    if (answer.body.cursor === '') return { ids };
    cursor = answer.body.cursor;
    await between?.(answer.body.items);
  }
  assert.fail(`${sort} does not end`);
}

const sorts = [
  '', 'id', '-id', 'n', '-n', 't', '-t', 'b', 'at', '-at', 'e', 'made', '-made', '@rowid', '-@rowid', 's', '-s', 'f',
  'j', '-j', 'j.k', '-j.k', 'j.k.l', 'j.nope', 'j.0', 'p', '-p', 'p.lon', '-p.lat', '@random', 'n,@random', '@random,n', 'n,j.k', 'j.k,-n', 'j,-made',
  'rel', 'rels', 'rel.title', '-rel.title', 'rel.rank', 'rel.j.k', 'rel.title,-n', 'n,rel.rank', 'rels.title', 'b,-at,t,n', 'j:length', 't:lower', 'rels:length',
];
for (const sort of sorts) {
  test(`by ${sort || 'nothing'}`, async () => {
    for (const perPage of [1, 2, 5]) {
      for (const ask of [app.raw.bind(app), app.rawRoot.bind(app)]) {
        const { ids, answer } = await walk(ask, 'rows', sort, perPage);
        if (answer) {
          assert.equal(answer.status, 400, answer.text);
          const plain = await app.rawRoot('GET', `/api/collections/rows/records?${new URLSearchParams({ sort })}`);
          if (plain.status === 200) { // the sort is fine, so the cursor is what is refused
            const told = await app.rawRoot('GET', `/api/collections/rows/records?${new URLSearchParams({ sort, cursor: '' })}`);
            assert.match(told.text, /cursor/i, 'the refusal does not say that it is the cursor');
          }
          continue;
        }
        assert.equal(ids.length, all.size, `perPage ${perPage}: ${ids.length} rows`);
        assert.deepEqual(new Set(ids), all);
        if (!sort.includes('@random')) {
          const whole = await ask('GET', `/api/collections/rows/records?${new URLSearchParams({ sort, perPage: 100, fields: 'id' })}`);
          assert.deepEqual(ids, whole.body.items.map((r) => r.id), 'another order than that of one page');
        }
      }
    }
  });
}

for (const sort of ['', 'id', 'n', '-up', 'text', '-text', 'more', 'j', 'j.k', 't,up', '@random']) {
  test(`view by ${sort || 'nothing'}`, async () => {
    for (const perPage of [1, 4]) {
      const { ids, answer } = await walk(app.raw.bind(app), 'seen', sort, perPage);
      if (answer) assert.equal(answer.status, 400, answer.text);
      else assert.deepEqual(ids.toSorted(), [...all].toSorted());
    }
  });
}

for (const sort of ['n', '-t', 'made', 'rel.title', '-id', '@rowid', 'j.k', 'p']) {
  test(`rows that go and change meanwhile, by ${sort}`, async () => {
    const made = [];
    for (let i = 0; i < 9; i++) made.push((await app.root.collection('others').create({ title: 't', rank: i })).id);
    const { collections } = app.root;
    const name = `gone${Math.random().toString(36).slice(2, 8)}`;
    await app.open(name, [
      { name: 'n', type: 'number' }, { name: 't', type: 'text' }, { name: 'j', type: 'json' }, { name: 'p', type: 'geoPoint' },
      { name: 'rel', type: 'relation', collectionId: other.id }, { name: 'made', type: 'autodate', onCreate: true },
    ]);
    const rows = [];
    for (let i = 0; i < 9; i++) rows.push((await app.root.collection(name).create({ n: i >> 1, t: 'ab'[i & 1], j: { k: i >> 1 }, p: { lon: i, lat: 0 }, rel: made[i] })).id);
    // The row on which the cursor stands is deleted, or its relation is: what follows must still come.
    const { ids, answer } = await walk(app.raw.bind(app), name, sort, 2, async (items) => {
      const last = items.at(-1)?.id;
      if (last && sort === 'rel.title') await app.root.collection('others').delete(made[rows.indexOf(last)]);
      else if (last) await app.root.collection(name).delete(last);
    });
    if (answer) assert.equal(answer.status, 400, answer.text);
    else if (sort === 'rel.title') assert.deepEqual(new Set(ids), new Set(rows)); // a row that moves may come again
    else assert.deepEqual(ids.toSorted(), rows.toSorted());
    await collections.delete(name);
  });
}

test('a cursor of one sort is not one of another', async () => {
  const first = await app.raw('GET', '/api/collections/rows/records?sort=n&perPage=2&cursor=');
  for (const sort of ['-n', 't', 'n,t', 'j.k', '@random']) {
    const answer = await app.raw('GET', `/api/collections/rows/records?${new URLSearchParams({ sort, perPage: 2, cursor: first.body.cursor })}`);
    assert.equal(answer.status, 400, `${sort}: ${answer.text.slice(0, 200)}`);
  }
});
