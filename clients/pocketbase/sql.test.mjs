// The SQL console by the SDK: what a superuser reads and writes, what is refused, and what
// everybody else sees of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onPostgres } from '../loam.mjs';
import { fails, pluck, refused, start } from './app.mjs';

const app = await start();
const { sql } = app.root;
const guest = app.guest();

await app.open('posts', [{ name: 'title', type: 'text' }, { name: 'n', type: 'number' }]);
for (const n of [1, 2, 3]) await app.root.collection('posts').create({ title: `post ${n}`, n });

/** Fails unless the query is refused with a reason like this. */
async function refuses(query, reason) {
  const err = await fails(sql.run(query), 400, {});
  assert.match(err.response.message, /^Failed to execute query\. Raw error:\n/);
  assert.match(err.response.message, reason, query);
  assert.deepEqual(err.response.data, {});
}

test('a query', async () => {
  const result = await sql.run('SELECT title, n, NULL AS x FROM posts ORDER BY n');
  assert.deepEqual(Object.keys(result).filter((key) => key !== 'warning'), ['execTime', 'affectedRows', 'columns', 'rows']);
  assert.equal(typeof result.execTime, 'number');
  assert.equal(result.affectedRows, 0);
  assert.deepEqual(result.rows, [['post 1', '1', null], ['post 2', '2', null], ['post 3', '3', null]]);
  assert.deepEqual(pluck(result.columns, 'name'), ['title', 'n', 'x']);
  assert.deepEqual(pluck(result.columns, 'nullable'), [false, false, true]);
  for (const { type } of result.columns) assert.equal(typeof type, 'string');
  assert.match(result.columns[0].type, /^text$/i);
});

test('several statements, of which the last counts', async () => {
  assert.deepEqual((await sql.run("SELECT 1 AS a; -- a comment;\nSELECT 'b;b' AS b;")).rows, [['b;b']]);
  const result = await sql.run("UPDATE posts SET n = n + 10 WHERE n < 3; DELETE FROM posts WHERE title = 'post 3'");
  assert.deepEqual([result.affectedRows, result.columns, result.rows], [1, [], []]);
  assert.deepEqual(pluck(await guest.collection('posts').getFullList({ sort: 'n' }), 'n'), [11, 12]);
});

test('a write is known by what it does, not by its first word', async () => {
  const total = async () => (await guest.collection('posts').getList(1, 1)).totalItems;
  const before = await total();
  await sql.run("-- SELECT\nINSERT INTO posts (id, title) VALUES ('aaaaaaaaaaaaaaa', 'a')");
  await sql.run("/* SELECT */ WITH x AS (SELECT 'bbbbbbbbbbbbbbb' AS id) INSERT INTO posts (id) SELECT id FROM x");
  assert.equal(await total(), before + 2);
  await sql.run("EXPLAIN DELETE FROM posts");
  assert.equal(await total(), before + 2);
  await sql.run("SELECT 1; DELETE FROM posts WHERE length(id) = 15 AND id IN ('aaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbb')");
  assert.equal(await total(), before);
});

test('all or nothing', async () => {
  await refuses("DELETE FROM posts; INSERT INTO nope VALUES (1)", /nope/);
  await refuses("DELETE FROM posts; DELETE FROM", /./);
  assert.equal((await guest.collection('posts').getList(1, 1)).totalItems, 2);
});

test('long results', async () => {
  const count = (n) => `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${n}) SELECT n FROM c`;
  const whole = await sql.run(count(1000));
  assert.deepEqual([whole.rows.length, 'truncated' in whole], [1000, false]);
  const cut = await sql.run(count(1001));
  assert.deepEqual([cut.rows.length, cut.truncated, cut.rows[999]], [1000, true, ['1000']]);
  await refuses(onPostgres ? "SELECT repeat('x', 20000000)" : "SELECT hex(zeroblob(9000000))", /larger than the whole result/);
});

test('who may, and with what', async () => {
  const user = await app.account('users', 'user@example.com');
  await fails(guest.send('/api/sql', { method: 'POST', body: { query: 'SELECT 1' } }), 401, {});
  await fails(user.send('/api/sql', { method: 'POST', body: { query: 'SELECT 1' } }), 403, {});
  await fails(sql.run(''), 400, { query: 'validation_required' });
  await fails(sql.run(`SELECT '${'x'.repeat(5000)}'`), 400, { query: 'validation_length_too_long' });
  refused(await app.rawRoot('POST', '/api/sql', '{"query":'), 400, {});
  refused(await app.rawRoot('GET', '/api/sql'), 404);
});

test('what reaches past the database is refused', async () => {
  await refuses('SELECT nope', /nope/);
  for (const query of onPostgres
    ? ["COPY posts TO PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", 'DO $$ BEGIN END $$', 'SET ROLE postgres', "ALTER SYSTEM SET archive_command = 'id'"]
    : ["ATTACH 'x.db' AS x", 'DETACH main', "VACUUM INTO 'x.db'", 'VACUUM', 'PRAGMA writable_schema = 1', 'PRAGMA journal_mode = OFF', 'CREATE TEMP TABLE posts (id)']) {
    await refuses(query, /not allowed here/);
  }
  await refuses('DELETE FROM posts; COMMIT', /all statements together are one/);
  if (!onPostgres) await refuses("SELECT load_extension('x')", /not authorized/);
  await app.server.check();
});

test('what the server could not work with is refused', async () => {
  await refuses('DROP TABLE posts', /the collection posts would not match its table/);
  await refuses("DELETE FROM _collections", /system collection/);
  await refuses('DELETE FROM _changes', /the server's own/);
  assert.equal((await guest.collection('posts').getList()).totalItems, 2);
});

test('definitions and accounts', async () => {
  await sql.run("UPDATE _collections SET \"listRule\" = NULL WHERE name = 'posts'");
  await fails(guest.collection('posts').getList(), 403);
  assert.equal((await app.root.collections.getOne('posts')).listRule, null);

  const user = await app.account('users', 'other@example.com');
  await user.collection('users').authRefresh();
  await sql.run("UPDATE users SET \"tokenKey\" = 'the key of another token, 50 characters long, aaaaa' WHERE email = 'other@example.com'");
  await fails(user.collection('users').authRefresh(), 401);
});

test('the end of the connection ends the statement', async () => {
  const client = await app.signIn('_superusers', 'root@example.com', 'correct-horse');
  // The script writes first, so it delays the writes of other clients for as long as it runs.
  const endless = "UPDATE posts SET n = 99; WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT count(*) FROM c";
  const create = (title) => app.root.collection('posts').create({ title });
  const took = [];
  for (let i = 0; i < 3; i++) {
    const controller = new AbortController();
    const running = client.sql.run(endless, { signal: controller.signal }).catch((err) => err);
    // While the script runs, a read succeeds and a write waits.
    let waits;
    do {
      waits = create('beside');
    } while (await Promise.race([waits, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))]) !== 'waits');
    await app.root.collection('posts').getList();
    const began = performance.now();
    controller.abort();
    await waits;
    took.push(performance.now() - began);
    assert.ok((await running).isAbort, 'the statement was not aborted');
  }
  // The shortest of the three times counts, because the machine may be busy with other work.
  assert.ok(Math.min(...took) < 1000, `a write had to wait for ${took} ms after the end of the connection`);
  assert.equal((await sql.run('SELECT count(*) FROM posts WHERE n = 99')).rows[0][0], '0');
});
