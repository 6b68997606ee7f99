// A superuser writes a view and everybody reads it: whatever expression the secrets of
// accounts are put into, the view has none of them; and a view reads no table and calls
// no function that is not a collection's business.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';

const app = await start();
const ann = await app.account('users', 'ann@x.io');
const make = (name, viewQuery) => app.rawRoot('POST', '/api/collections', JSON.stringify({ name, type: 'view', listRule: '', viewQuery }));
let n = 0;

const shapes = [
  'password', 'tokenKey', 'password AS p', '(password) AS p', '+password AS p', "password || '' AS p", 'CAST(tokenKey AS TEXT) AS p', 'lower(tokenKey) AS p',
  "coalesce(password, '') AS p", "json_object('a', password) AS p", 'json_array(tokenKey) AS p', '(SELECT u.tokenKey) AS p', '(SELECT w.password FROM users w WHERE w.id = u.id) AS p',
  'substr(tokenKey, 1, 10) AS p', 'length(password) AS p', "replace(tokenKey, 'zzz', '') AS p", "CASE WHEN password LIKE '$2a$10%' THEN 1 ELSE 0 END AS p", 'hex(password) AS p',
  "(password > '$2a$10$a') AS p", "iif(password = '', 'x', password) AS p", 'nullif(tokenKey, email) AS p', "printf('%s', tokenKey) AS p", 'quote(tokenKey) AS p', 'unicode(tokenKey) AS p',
  // PostgreSQL: whole rows and casts
  'u AS p', 'u::text AS p', '(u).password AS p', '(u).tokenKey AS p', 'to_json(u) AS p', 'to_jsonb(u) AS p', 'row_to_json(u) AS p', 'row(u.*) AS p', "format('%s', u) AS p", 'u.* ', 'json_build_object(\'a\', password) AS p',
  'password::text AS p', 'md5(tokenKey) AS p', 'concat(tokenKey, password) AS p', 'array_agg(tokenKey) AS p', "string_agg(tokenKey, '') AS p", 'max(tokenKey) AS p', 'min(password) AS p',
  "group_concat(tokenKey) AS p", 'json_group_array(password) AS p', 'ascii(tokenKey) AS p', 'left(tokenKey, 5) AS p', "strpos(tokenKey, 'a') AS p",
];
const froms = ['users u', '(SELECT * FROM users) u', '(SELECT id, email, password, tokenKey FROM users) u'];
for (const shape of shapes) {
  test(`SELECT ${shape}`, async () => {
    for (const from of froms) {
      for (const head of ['', 'WITH s AS (SELECT * FROM users) ']) {
        const name = `v${++n}`;
        const grouped = /agg|max|min\(|concat\(|group_array/.test(shape) && !/^concat/.test(shape) ? ' GROUP BY u.id' : '';
        const made = await make(name, `${head}SELECT u.id AS id, ${shape} FROM ${head ? from.replace('FROM users', 'FROM s').replace('users u', 's u') : from}${grouped}`);
        if (made.status === 400) continue;
        const { text } = await app.raw('GET', `/api/collections/${name}/records`);
        const secret = /\$2[aby]\$|\b[A-Za-z0-9]{30,}\b|243261/;
        assert.doesNotMatch(text.replaceAll('d41d8cd98f00b204e9800998ecf8427e', 'md5 of nothing'), secret, `${shape} FROM ${from}`);
        // Lengths, hashes, comparisons and prefixes are of nothing, too.
        const [row] = JSON.parse(text).items ?? [];
        const value = row?.p;
        assert.ok(row === undefined || [undefined, null, '', 0, false, '0'].includes(value) || JSON.stringify(value).match(/^(\[.*\]|\{.*\}|".*"|1)$/), text);
        if (/length|hex|unicode|ascii|strpos|md5|substr|left/.test(shape)) {
          assert.ok([undefined, null, '', 0].includes(value) || value === 'd41d8cd98f00b204e9800998ecf8427e', `${shape}: ${text}`);
        }
        if (/CASE WHEN|password >/.test(shape)) assert.ok([undefined, null, 0, false].includes(value), `${shape}: ${text}`);
        await app.rawRoot('DELETE', `/api/collections/${name}`);
      }
    }
  });
}
test('and not in a WHERE, JOIN or ORDER BY', async () => {
  for (const rest of ["WHERE password LIKE '$2%'", "WHERE tokenKey > 'A'", "JOIN users w ON w.password LIKE '$2%'", "WHERE EXISTS (SELECT 1 FROM users w WHERE w.tokenKey > 'A')"]) {
    const made = await make(`w${++n}`, `SELECT u.id, u.name FROM users u ${rest}`);
    if (made.status === 400) continue;
    assert.equal((await app.raw('GET', `/api/collections/w${n}/records`)).body.totalItems, 0, rest);
  }
});
test('tables and functions that are not listed', async () => {
  for (const query of [
    "SELECT id, ('a', 1, 2, 3) IN _params AS x FROM users", 'SELECT id, id IN sqlite_master AS x FROM users', "SELECT id, 'a' IN _migrations AS x FROM users",
    'SELECT u.id, (u).pg_column_size AS x FROM users u', 'SELECT id, users.pg_typeof AS x FROM users', "SELECT id, 'pg_class'::regclass AS x FROM users", "SELECT id, 'x'::regproc::text AS x FROM users",
    'SELECT id, current_user AS x FROM users', 'SELECT id, session_user AS x FROM users', 'SELECT id, current_catalog AS x FROM users', 'SELECT id, current_schema AS x FROM users', 'SELECT id, user AS x FROM users',
    "SELECT id, CAST('pg_class' AS regclass) AS x FROM users",
  ]) {
    const made = await make(`t${++n}`, query);
    assert.equal(made.status, 400, query);
  }
});
await ann.collection('users').getOne(ann.authStore.record.id);
