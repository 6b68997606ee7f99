// Relations: expand, back relations, fields below expand, cascades.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, pluck, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const make = (collection, body) => app.root.collection(collection).create(body);

const countries = await app.open('countries', [{ name: 'name', type: 'text' }]);
const users = await app.open('people', [
  { name: 'name', type: 'text' },
  { name: 'country', type: 'relation', collectionId: countries.id },
  { name: 'secret', type: 'text', hidden: true },
]);
const vaults = await app.open('vaults', [{ name: 'name', type: 'text' }], { viewRule: null, listRule: null });
const drafts = await app.open('drafts', [{ name: 'name', type: 'text' }, { name: 'public', type: 'bool' }], { viewRule: 'public = true' });
const books = await app.open('books', [
  { name: 'title', type: 'text' },
  { name: 'author', type: 'relation', collectionId: users.id, required: true },
  { name: 'editors', type: 'relation', collectionId: users.id, maxSelect: 9 },
  { name: 'vault', type: 'relation', collectionId: vaults.id },
  { name: 'drafts', type: 'relation', collectionId: drafts.id, maxSelect: 9 },
]);
const covers = await app.open(
  'covers',
  [{ name: 'name', type: 'text' }, { name: 'book', type: 'relation', collectionId: books.id, cascadeDelete: true }],
  { indexes: ['CREATE UNIQUE INDEX idx_cover_book ON covers (book)'] },
);

const peru = await make('countries', { name: 'Peru' });
const ann = await make('people', { name: 'Ann', country: peru.id, secret: 's' });
const bob = await make('people', { name: 'Bob' });
const vault = await make('vaults', { name: 'V' });
const shown = await make('drafts', { name: 'shown', public: true });
const kept = await make('drafts', { name: 'kept' });
const book = await make('books', {
  title: 'B', author: ann.id, editors: [bob.id, ann.id], vault: vault.id, drafts: [kept.id, shown.id],
});
const second = await make('books', { title: 'C', author: ann.id, vault: vault.id });
const cover = await make('covers', { name: 'red', book: book.id });

test('single, multiple and nested relations', async () => {
  const { expand } = await guest.collection('books').getOne(book.id, { expand: 'author.country, editors' });
  assert.equal(expand.author.name, 'Ann');
  assert.equal(expand.author.expand.country.name, 'Peru');
  assert.deepEqual(pluck(expand.editors, 'name'), ['Bob', 'Ann']);
  assert.equal('secret' in expand.author, false);
  assert.equal(expand.author.collectionName, 'people');
});

test('back relations', async () => {
  const { expand } = await guest.collection('people').getOne(ann.id, { expand: 'books_via_author.covers_via_book,books_via_editors' });
  assert.deepEqual(pluck(expand.books_via_author, 'title'), ['B', 'C']);
  assert.deepEqual(pluck(expand.books_via_editors, 'title'), ['B']);
  // A unique index makes it one.
  assert.equal(expand.books_via_author[0].expand.covers_via_book.name, 'red');
  const old = await guest.collection('people').getOne(ann.id, { expand: 'books(author)' });
  assert.equal(old.expand['books(author)'].length, 2);
});

test('in lists and in the answers to writes', async () => {
  const { items } = await guest.collection('books').getList(1, 10, { expand: 'author', sort: 'title' });
  assert.deepEqual(items.map((item) => item.expand.author.name), ['Ann', 'Ann']);
  const made = await guest.collection('books').create({ title: 'D', author: bob.id }, { expand: 'author' });
  assert.equal(made.expand.author.name, 'Bob');
  const changed = await guest.collection('books').update(made.id, { author: ann.id }, { expand: 'author.country' });
  assert.equal(changed.expand.author.expand.country.name, 'Peru');
  await guest.collection('books').delete(made.id);
});

test('what may not be seen is left out', async () => {
  const full = await app.root.collection('books').getOne(book.id, { expand: 'vault,drafts,author' });
  assert.deepEqual([full.expand.vault.name, pluck(full.expand.drafts, 'name')], ['V', ['kept', 'shown']]);
  assert.equal(full.expand.author.secret, 's');
  const seen = await guest.collection('books').getOne(book.id, { expand: 'vault,drafts' });
  assert.deepEqual([Object.keys(seen.expand), pluck(seen.expand.drafts, 'name')], [['drafts'], ['shown']]);
  const none = await guest.collection('books').getOne(book.id, { expand: 'vault' });
  assert.equal('expand' in none, false);
  const empty = await guest.collection('books').getOne(second.id, { expand: 'drafts' });
  assert.deepEqual(empty.expand, {});
});

test('what cannot be followed is no error', async () => {
  for (const expand of ['nope', 'title', 'author.nope', 'nope_via_author', 'author..country', ',', '.', "author'--", 'people_via_country', 'a.b.c.d.e.f.g.h']) {
    const got = await guest.collection('books').getOne(book.id, { expand });
    assert.equal(got.id, book.id, expand);
  }
});

test('fields below expand', async () => {
  const got = await guest.collection('books').getOne(book.id, {
    expand: 'author.country,editors', fields: 'title,expand.author.name,expand.editors.name,expand.author.expand.country.*',
  });
  assert.deepEqual(got, {
    expand: {
      author: { expand: { country: { collectionId: countries.id, collectionName: 'countries', id: peru.id, name: 'Peru' } }, name: 'Ann' },
      editors: [{ name: 'Bob' }, { name: 'Ann' }],
    },
    title: 'B',
  });
});

test('filters and sorts through relations', async () => {
  const titles = async (filter, sort = 'title') => pluck(await guest.collection('books').getFullList({ filter, sort }), 'title');
  assert.deepEqual(await titles("author.country.name = 'Peru'"), ['B', 'C']);
  assert.deepEqual(await titles("editors.name ?= 'Bob'"), ['B']);
  assert.deepEqual(await titles("editors.name = 'Bob'"), []);
  assert.deepEqual(await titles("covers_via_book.name = 'red'"), ['B']);
  assert.deepEqual(await titles("covers_via_book.name = ''"), ['C']);
  assert.deepEqual(await titles('', '-covers_via_book.name,title'), ['B', 'C']);
  await fails(guest.collection('books').getList(1, 1, { filter: "vault.name = 'V'" }), 400, {});
  await fails(guest.collection('books').getList(1, 1, { sort: 'vault.name' }), 400, {});
});

test('deleting what others refer to', async (t) => {
  await t.test('a required relation forbids it', async () => {
    await fails(
      guest.collection('people').delete(ann.id), 400, {},
      'Failed to delete record. Make sure that the record is not part of a required relation reference.',
    );
    assert.equal((await guest.collection('people').getOne(ann.id)).name, 'Ann');
  });
  await t.test('an optional one is shortened', async () => {
    await guest.collection('drafts').getOne(shown.id);
    await app.root.collection('drafts').delete(kept.id);
    assert.deepEqual((await guest.collection('books').getOne(book.id)).drafts, [shown.id]);
  });
  await t.test('a cascading one goes with it', async () => {
    await guest.collection('books').delete(book.id);
    await fails(guest.collection('covers').getOne(cover.id), 404, {});
    assert.ok(covers.id);
  });
});
