// The schema depends on the collections only, and leaves out views that the database cannot read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { onPostgres } from '../loam.mjs';
import { email, eventually, password, start } from '../pocketbase/app.mjs';

/** An app with the collections authors and books, and a view of each: names and titles. */
async function library() {
  const app = await start();
  const authors = await app.open('authors', [{ name: 'name', type: 'text' }]);
  await app.open('books', [{ name: 'title', type: 'text' }, { name: 'author', type: 'relation', collectionId: authors.id }]);
  const view = (name, viewQuery) => app.root.collections.create({ name, type: 'view', viewQuery, listRule: '', viewRule: '' });
  await view('titles', 'SELECT id, title, author FROM books');
  await view('names', 'SELECT id, name FROM authors');
  const author = await app.root.collection('authors').create({ name: 'Ann' });
  await app.root.collection('books').create({ title: 'Go', author: author.id });
  return app;
}

async function ask(url, query, headers = {}) {
  const response = await fetch(`${url}/api/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ query }),
  });
  return response.json();
}

/** The schemas of a server for guests and for superusers, joined to one text. */
async function schemas(url, token) {
  const texts = [];
  for (const headers of [{}, { Authorization: token }]) {
    const { data, errors } = await ask(url, getIntrospectionQuery({ descriptions: true, specifiedByUrl: true, inputValueDeprecation: true }), headers);
    assert.equal(errors, undefined);
    texts.push(JSON.stringify(data), printSchema(buildClientSchema(data)));
  }
  return texts.join('\n');
}

test('the schema is the same bytes on every node and after a restart', async () => {
  const app = await library();
  const { token } = app.root.authStore;
  const before = await schemas(app.url, token);
  assert.match(before, /type Title /);
  if (onPostgres) {
    const node = await app.server.beside();
    try {
      assert.equal(await schemas(node.url, token), before, 'another node');
      await app.open('zoos', [{ name: 'animal', type: 'text' }]);
      const after = await schemas(app.url, token);
      await eventually(async () => assert.equal(await schemas(node.url, token), after, 'the other node has not followed'));
      await app.root.collections.delete('zoos');
    } finally {
      await node.end();
    }
  }
  const { url } = await app.server.restart();
  assert.equal(await schemas(url, token), before, 'after a restart');
});

const books = { data: { books: { items: [{ title: 'Go', author: { name: 'Ann' } }] }, names: { items: [{ name: 'Ann' }] } } };
const everythingElse = '{ books { items { title author { name } } } names { items { name } } }';

/** Checks that neither schema has titles, the rest works, and the console names the broken view. */
async function leavesOut(url, token) {
  for (const headers of [{}, { Authorization: token }]) {
    assert.deepEqual(await ask(url, everythingElse, headers), books);
    const { errors } = await ask(url, '{ titles { items { title } } }', headers);
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    const { data } = await ask(url, '{ __schema { types { name fields { name } } } }', headers);
    const names = data.__schema.types.flatMap((type) => [type.name, ...(type.fields ?? []).map((field) => field.name)]);
    assert.deepEqual(names.filter((name) => /^title(s|$)|^Title/.test(name) && name !== 'title'), []);
    assert.ok(names.includes('Name'));
  }
  const form = new URLSearchParams({ identity: email, password });
  const signedIn = await fetch(`${url}/_/sign-in`, { method: 'POST', body: form, redirect: 'manual', headers: { Origin: url } });
  const overview = await fetch(`${url}/_/`, { headers: { Cookie: signedIn.headers.get('set-cookie').split(';')[0] } });
  assert.match(await overview.text(), /The view titles cannot be read[^]*titles/);
}

test('a view whose source is gone is left out, and everything else stays', async () => {
  const app = await library();
  const { token } = app.root.authStore;
  const whole = await schemas(app.url, token);
  await app.server.sql('ALTER TABLE books RENAME TO kept; DROP VIEW titles;');
  await app.server.sql('ALTER TABLE kept RENAME TO books;');
  await ask(app.url, '{ titles { items { title } } }'); // the failing query has the server check its views
  await leavesOut(app.url, token);
  await app.server.restart();
  await leavesOut(app.server.url, token);
  await app.server.sql('CREATE VIEW titles AS SELECT id, title, author FROM books');
  await app.server.restart();
  assert.equal(await schemas(app.server.url, token), whole);
});
