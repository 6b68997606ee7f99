// The data folder, looked into with the sqlite3 command line while it is served.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { onPostgres } from '../loam.mjs';
import { start } from './app.mjs';

if (onPostgres) {
  console.log('skipped: the data is not in the folder');
  process.exit(0);
}

const app = await start();
const run = promisify(execFile);

async function sqlite(sql) {
  const { stdout } = await run('sqlite3', ['-readonly', '-json', join(app.server.dir, 'data.db'), sql]);
  return stdout ? JSON.parse(stdout) : [];
}

await app.open('books', [
  { name: 'title', type: 'text' },
  { name: 'pages', type: 'number' },
  { name: 'good', type: 'bool' },
  { name: 'tags', type: 'select', values: ['a', 'b'], maxSelect: 2 },
  { name: 'place', type: 'geoPoint' },
  { name: 'more', type: 'json' },
  { name: 'at', type: 'date' },
  { name: 'file', type: 'file' },
], { indexes: ['CREATE INDEX idx_books_title ON books (title)'] });
const books = app.guest().collection('books');

test('a table for each collection, named as it is', async () => {
  const tables = (await sqlite("SELECT name FROM sqlite_schema WHERE type = 'table'")).map(({ name }) => name);
  for (const { name } of await app.root.collections.getFullList()) assert.ok(tables.includes(name), name);
  for (const name of ['_params', '_collections', '_migrations']) assert.ok(tables.includes(name), name);
  const [{ sql }] = await sqlite("SELECT sql FROM sqlite_schema WHERE name = 'idx_books_title'");
  assert.match(sql, /CREATE INDEX/);
});

test('a record is a row as soon as it is acknowledged', async () => {
  for (let i = 0; i < 5; i++) {
    const { id } = await books.create({ title: `Book ${i}`, pages: i + 0.5, good: true, tags: ['b', 'a'], place: { lon: 1.5, lat: 2 }, more: { k: [1] }, at: '2024-01-02' });
    const [row] = await sqlite(`SELECT * FROM books WHERE id = '${id}'`);
    assert.deepEqual(row, {
      id, title: `Book ${i}`, pages: i + 0.5, good: 1, tags: '["b","a"]', place: '{"lon":1.5,"lat":2}', more: '{"k":[1]}', at: '2024-01-02 00:00:00.000Z', file: '',
    });
  }
  assert.deepEqual(await sqlite('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
  assert.deepEqual(await sqlite('PRAGMA journal_mode'), [{ journal_mode: 'wal' }]);
});

test('definitions are rows of _collections', async () => {
  const [row] = await sqlite("SELECT id, type, listRule, json_array_length(fields) AS fields, options FROM _collections WHERE name = 'books'");
  const { id } = await app.root.collections.getOne('books');
  assert.deepEqual(row, { id, type: 'base', listRule: '', fields: 9, options: '{"graphql":{"typeName":"Book"}}' });
});

test('files lie below storage', async () => {
  const { id, collectionId, file } = await books.create({ file: new File(['x'], 'hello.txt') });
  assert.ok(existsSync(join(app.server.dir, 'storage', collectionId, id, file)));
  assert.ok(existsSync(join(app.server.dir, 'backups')));
});

test('reading does not hold up writing', async () => {
  const reader = run('sqlite3', ['-readonly', join(app.server.dir, 'data.db'), 'BEGIN; SELECT count(*) FROM books; SELECT count(*) FROM books, books, books, books, books, books; COMMIT;'], { timeout: 20_000 });
  const made = await Promise.all(Array.from({ length: 50 }, (_, i) => books.create({ title: `while reading ${i}` })));
  assert.equal(new Set(made.map(({ id }) => id)).size, 50);
  await reader;
});

test('a second server on the folder is refused', async () => {
  await assert.rejects(app.server.command('serve', '--http', '127.0.0.1:0'), (err) => {
    assert.equal(err.code, 1);
    assert.match(err.stderr, /^loam: .*cannot open/m);
    return true;
  });
  await app.server.check();
});
