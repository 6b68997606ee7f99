// View collections by the SDK: queries, their records, and what becomes of both.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const guest = app.guest();
const view = (name, viewQuery, rest) => collections.create({ name, type: 'view', viewQuery, listRule: '', viewRule: '', ...rest });

await app.open('shops', [{ name: 'name', type: 'text' }, { name: 'logo', type: 'file', maxSelect: 1 }]);
const { id: shopsId } = await collections.getOne('shops');
await app.open('orders', [
  { name: 'shop', type: 'relation', collectionId: shopsId },
  { name: 'amount', type: 'number' },
  { name: 'note', type: 'text', hidden: true },
  { name: 'paidAt', type: 'date' },
  { name: 'where', type: 'geoPoint' },
]);
const shops = [];
for (const name of ['Baker', 'Grocer', 'Closed']) {
  shops.push(await app.root.collection('shops').create({ name, logo: new File([name], `${name}.txt`) }));
}
const amounts = [[0, 10], [0, 2.5], [1, 7]];
for (const [shop, amount] of amounts) {
  await app.root.collection('orders').create({ shop: shops[shop].id, amount, note: 'n', paidAt: '2024-01-02 10:00:00.000Z', where: { lon: 1, lat: 2 } });
}
const sales = `SELECT s.id, s.name, s.logo, COUNT(o.id) AS orders, SUM(o.amount) AS total, CAST(MAX(o.amount) AS REAL) AS best
  FROM shops s LEFT JOIN orders o ON o.shop = s.id GROUP BY s.id`;

test('fields follow from the query', async () => {
  const made = await view('sales', sales);
  assert.deepEqual(Object.keys(made).slice(-3), ['updated', 'system', 'viewQuery']);
  assert.deepEqual(made.fields.map(({ name, type }) => `${name}:${type}`), ['id:text', 'name:text', 'logo:file', 'orders:number', 'total:json', 'best:number']);
  assert.match(made.fields[1].id, /^_clone_[a-z0-9]{4}$/);
  assert.equal(made.fields[3].onlyInt, true);
  assert.deepEqual(await collections.getOne('sales'), made);
  assert.deepEqual((await collections.update('sales', { viewRule: 'orders > 0' })).fields, made.fields);
});

test('records', async () => {
  const all = await guest.collection('sales').getFullList({ sort: '-total' });
  assert.deepEqual(all.map(({ name, orders, total, best }) => [name, orders, total, best]), [['Baker', 2, 12.5, 10], ['Grocer', 1, 7, 7], ['Closed', 0, null, 0]]);
  assert.equal(all[0].id, shops[0].id);
  assert.equal(all[0].logo, shops[0].logo);
  assert.equal(all[0].collectionName, 'sales');
  const page = await guest.collection('sales').getList(2, 1, { filter: 'orders > 0', sort: 'name' });
  assert.deepEqual([page.totalItems, page.totalPages, pluck(page.items, 'name')], [2, 2, ['Grocer']]);
  assert.equal((await guest.collection('sales').getFirstListItem("name ~ 'bak'")).total, 12.5);
  await fails(guest.collection('sales').getOne(shops[2].id), 404);
  await fails(app.root.collection('sales').create({ name: 'x' }), 400, {}, 'Unsupported collection type.');
  await fails(app.root.collection('sales').update(shops[0].id, { name: 'x' }), 400, {}, 'Unsupported collection type.');
  await fails(app.root.collection('sales').delete(shops[0].id), 400, {}, 'Unsupported collection type.');
  await fails(collections.truncate('sales'), 400, {});
});

test('relations, hidden fields and views of views', async () => {
  await view('paid', 'SELECT id, shop, shop AS seller, amount, note, paidAt, `where` FROM orders');
  await view('big', 'SELECT id, seller, amount AS sum FROM paid WHERE amount > 5');
  const [first] = await guest.collection('paid').getFullList({ sort: '-amount', expand: 'seller' });
  assert.deepEqual([first.amount, first.expand.seller.name, 'note' in first, first.paidAt, first.where], [10, 'Baker', false, '2024-01-02 10:00:00.000Z', { lon: 1, lat: 2 }]);
  await fails(guest.collection('paid').getFullList({ filter: "note = 'n'" }), 400);
  assert.equal((await app.root.collection('paid').getFullList({ filter: "note = 'n'" })).length, 3);
  const big = await guest.collection('big').getFullList({ filter: "seller.name = 'Grocer'", expand: 'seller' });
  assert.deepEqual(big.map(({ sum, expand }) => [sum, expand.seller.name]), [[7, 'Grocer']]);
  const baker = await guest.collection('shops').getOne(shops[0].id, { expand: 'big_via_seller' });
  assert.deepEqual(pluck(baker.expand.big_via_seller, 'sum'), [10]);
  assert.deepEqual(pluck(await guest.collection('shops').getFullList({ filter: 'big_via_seller.sum ?> 8' }), 'name'), ['Baker']);
});

test('numbers as ids', async () => {
  await view('ranks', 'SELECT ROW_NUMBER() OVER (ORDER BY amount DESC) AS id, amount FROM orders');
  assert.deepEqual((await guest.collection('ranks').getFullList()).map(({ id, amount }) => [id, amount]), [['1', 10], ['2', 7], ['3', 2.5]]);
  assert.equal((await guest.collection('ranks').getOne('2')).amount, 7);
});

test('new names', async () => {
  const orders = await collections.getOne('orders');
  const fields = orders.fields.map((field) => (field.name === 'amount' ? { ...field, name: 'grossAmount' } : field));
  await collections.update('orders', { name: 'Purchases', fields });
  assert.equal((await collections.getOne('paid')).viewQuery, 'SELECT id, shop, shop AS seller, grossAmount AS amount, note, paidAt, `where` FROM Purchases');
  assert.match((await collections.getOne('sales')).viewQuery, /SUM\(o\.grossAmount\) AS total.*LEFT JOIN Purchases o/s);
  assert.deepEqual(pluck(await guest.collection('big').getFullList({ sort: 'sum' }), 'sum'), [7, 10]);
  assert.equal((await guest.collection('sales').getOne(shops[0].id)).total, 12.5);
  await app.root.collection('Purchases').create({ shop: shops[2].id, grossAmount: 1 });
  assert.equal((await guest.collection('sales').getOne(shops[2].id)).total, 1);
});

test('what is in use stays', async () => {
  const { fields } = await collections.getOne('Purchases');
  const err = await fails(collections.update('Purchases', { fields: fields.filter(({ name }) => name !== 'shop') }), 400, {});
  assert.match(err.response.message, /^Failed to update collection\. Raw error: \nview \w+: no such column: Purchases\.shop/);
  await fails(collections.delete('Purchases'), 400, {}, 'Failed to delete collection probably due to existing reference in paid, ranks, sales.');
  await fails(collections.delete('paid'), 400, {}, 'Failed to delete collection probably due to existing reference in big.');
  await collections.delete('big');
  await collections.delete('paid');
  await fails(guest.collection('paid').getFullList(), 404);
});

test('dry runs', async () => {
  const run = await collections.dryRunViewQuery('select id, name as n from shops order by name;');
  assert.deepEqual(pluck(run.fields, 'name'), ['id', 'n']);
  assert.deepEqual(pluck(run.sample, 'n'), ['Baker', 'Closed', 'Grocer']);
  assert.match(run.sample[0].collectionName, /^temp_view_\w{5}$/);
  for (const [query, reason] of [
    ['select * from shops', /wildcard columns/], ['select name from shops', /missing required id column/],
    ['select id from shops; drop table shops', /multiple statements/], ['drop table shops', /single SELECT/],
    ["select 'x' as id from shops", /must be unique/], ['select id, nope from shops', /nope/], ['select id from _params', /no such table/],
    ['select id, pg_sleep(60) as x from shops', /not supported/], ["select load_extension('x') as id", /not supported/],
    ["select readfile('/etc/passwd') as id", /not supported/], ["select pg_read_file('/etc/passwd') as id", /not supported/],
    ['with x as (delete from shops returning id) select id from x', /SELECT expected/], ['select id from shops for update', /the end of the query/],
  ]) {
    const err = await fails(collections.dryRunViewQuery(query), 400, {});
    assert.match(err.response.message, /^Invalid view query\. Raw error: \n/);
    assert.match(err.response.message, reason, query);
  }
  await fails(collections.dryRunViewQuery(''), 400, { query: 'validation_required' });
  await fails(guest.collections.dryRunViewQuery('select id from shops'), 401);
  assert.equal((await guest.collection('shops').getFullList()).length, 3);
});

test('no secrets', async () => {
  await app.account('users', 'ann@example.com');
  await view('accounts', 'SELECT id, tokenKey AS k, password AS p, email FROM users');
  await view('deep', 'SELECT id, k FROM (SELECT id, tokenKey AS k FROM users) q');
  const [seen] = await app.root.collection('accounts').getFullList();
  assert.deepEqual([seen.k, seen.p, seen.email], ['', '', 'ann@example.com']);
  assert.equal((await app.root.collection('accounts').getFullList({ filter: "k != ''" })).length, 0);
  assert.deepEqual(Object.keys((await guest.collection('deep').getFullList())[0]).sort(), ['collectionId', 'collectionName', 'id']);
  assert.ok(!(await app.root.collection('deep').getFullList())[0].k);
});

test('refused definitions', async () => {
  const broken = { fields: 'validation_required', viewQuery: 'validation_invalid_view_query' };
  await fails(view('x', 'select id, nope from shops'), 400, broken, 'Failed to create collection.');
  await fails(view('x', ''), 400, { fields: 'validation_required', viewQuery: 'validation_required' });
  await fails(view('x', 'select name from shops'), 400, { fields: 'validation_missing_primary_key', viewQuery: 'validation_invalid_view_query' });
  await fails(view('x', 'select id from shops', { createRule: '' }), 400, { createRule: 'validation_nil' });
  await fails(view('x', 'select id from shops', { indexes: ['create index i on x (id)'] }), 400, { indexes: 'validation_indexes_not_supported' });
  await fails(collections.update('ranks', { viewQuery: 'select id from ranks' }), 400, broken, 'Failed to update collection.');
  await fails(collections.getOne('x'), 404);
});
