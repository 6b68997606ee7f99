// pb.filter and the filters that apps write with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();

await app.open('things', [
  { name: 'title', type: 'text' },
  { name: 'size', type: 'number' },
  { name: 'done', type: 'bool' },
  { name: 'at', type: 'date' },
  { name: 'data', type: 'json' },
  { name: 'tags', type: 'select', values: ['a', 'b', 'c'], maxSelect: 3 },
]);
const things = guest.collection('things');

const find = async (expression, params) =>
  pluck(await things.getFullList({ filter: guest.filter(expression, params), sort: 'size' }), 'size');

test('text of every kind is found again', async (t) => {
  const texts = [
    "it's",
    'say "hi"',
    'back\\slash',
    '\\',
    '\\"',
    "'",
    'line\nbreak\ttab\rreturn',
    'b\bf\f',
    '/slashes\\/',
    '\u0001\u001f',
    '\u2028\u2029',
    'Zoë 日本 😀',
    '100%_',
    '{:title}',
    "' || 1=1 //",
    '" || 1=1 //',
    '<script>&amp;</script>',
    'null',
    '-- ; drop table things',
  ];
  for (const [i, title] of texts.entries()) await things.create({ title, size: 1000 + i });
  for (const [i, title] of texts.entries()) {
    await t.test(JSON.stringify(title), async () => {
      assert.deepEqual(await find('title = {:title} && size >= 1000', { title }), [1000 + i]);
    });
  }
});

test('parameters of every kind', async () => {
  const at = new Date('2024-02-29T12:34:56.789Z');
  await things.create({ title: 'one', size: 1.5, done: true, at, data: { k: ['v', 1] }, tags: ['a', 'b'] });
  await things.create({ title: 'two', size: -2, done: false, at: '2020-01-01', data: 'text', tags: ['c'] });

  assert.deepEqual(await find('size = {:n}', { n: 1.5 }), [1.5]);
  assert.deepEqual(await find('size = {:n}', { n: -2 }), [-2]);
  assert.deepEqual(await find('done = {:b} && size < 1000', { b: true }), [1.5]);
  assert.deepEqual(await find('done = {:b} && size < 1000', { b: false }), [-2]);
  assert.deepEqual(await find('at = {:d}', { d: at }), [1.5]);
  assert.deepEqual(await find('at > {:d}', { d: new Date('2021-01-01') }), [1.5]);
  assert.deepEqual(await find('at = {:nothing} && size < 1000', { nothing: null }), []);
  assert.deepEqual(await find('at != {:nothing}', { nothing: undefined }), [-2, 1.5]);
  assert.deepEqual(await find('data.k = {:list}', { list: ['v', 1] }), [1.5]);
  assert.deepEqual(await find('data = {:object}', { object: { k: ['v', 1] } }), [1.5]);
  assert.deepEqual(await find('tags:each ?= {:tag} && tags:length = {:n}', { tag: 'b', n: 2 }), [1.5]);
});

test('a first item by filter', async () => {
  const one = await things.getFirstListItem(guest.filter('title = {:t}', { t: 'one' }));
  assert.equal(one.size, 1.5);
  await fails404(things.getFirstListItem("title = 'not there'"));
  await fails(things.getFirstListItem('title ='), 400, {});
});

// The SDK makes the 404 of an empty list itself.
async function fails404(call) {
  const err = await call.catch((e) => e);
  assert.equal(err.status, 404);
}

test('what is not a filter is a 400 without a reason for who is no superuser', async () => {
  for (const filter of [
    'nope = 1', 'title', 'title = ', "title == 'a'", "title = 'a", "title = 'a' and size = 1", '()', '(title = 1', 'title = 1)',
    'title.x = 1', '@random = 1', 'unknown(1) = 1', 'geoDistance(1,2,3) = 1', 'title:nope = 1', '= 1', '&&',
    "title = 'a' &&", '@', '#', 'title = $1', 'title = ?', 'title; = 1', 'title = 1 --', 'title = `x`', 'title = [1]',
  ]) {
    const err = await fails(things.getList(1, 1, { filter }), 400, {}, 'Something went wrong while processing your request.');
    assert.equal(err.response.reason, undefined);
    const told = await fails(app.root.collection('things').getList(1, 1, { filter }), 400, {});
    assert.ok(told.response.reason, `a superuser is not told what is wrong with ${filter}`);
  }
  for (const filter of ["@collection.things.title ?= 'x'", "@request.auth.id = ''", '@request.nope = 1', "title = '@request.'"]) {
    await fails(things.getList(1, 1, { filter }), 403, {});
  }
});
