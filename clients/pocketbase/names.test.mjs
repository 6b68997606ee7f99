// A collection is never called like something that the engine or the server uses itself: a
// table json_each would break every list of the server. The refusal says why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const total = async (name, filter) => (await app.guest().collection(name).getList(1, 1, { filter })).totalItems;
await app.open('rows', [{ name: 't', type: 'text' }, { name: 's', type: 'select', values: ['a', 'b'], maxSelect: 2 }]);
await app.root.collection('rows').create({ t: 'x', s: ['a'] });

test('names of the engine’s functions are refused, by import too', async () => {
  for (const name of ['json_each', 'json_tree', 'JSON_EACH', 'pragma_table_info', 'generate_series', 'fts5', 'fts3', 'dbstat', 'sqlite_stat1', 'jsonb_each', 'jsonb_tree', 'bytecode', 'jsonb_array_elements', 'unnest']) {
    const made = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name }));
    if (made.status === 200) {
      const list = await app.rawRoot('GET', `/api/collections/rows/records?${new URLSearchParams({ filter: 's:each ?= "a"' })}`);
      await app.root.collections.delete(name);
      assert.equal(list.status, 200, `${name}: ${list.text}`);
      if (/^(json_|pragma_|generate_|fts|dbstat)/i.test(name)) assert.fail(`${name} is taken`);
      continue;
    }
    assert.equal(made.status, 400);
    assert.ok(made.body.data.name, made.text);
    const imported = await app.rawRoot('PUT', '/api/collections/import', JSON.stringify({ collections: [{ name, type: 'base', fields: [] }] }));
    assert.equal(imported.status, 400, name);
    const renamed = await app.rawRoot('PATCH', '/api/collections/rows', JSON.stringify({ name }));
    assert.equal(renamed.status, 400, name);
  }
});

test('names of the engine are free, or refused with a reason', async () => {
  for (const name of ['users_pkey', 'users__rowid__seq', '_loam_state', '_loam_writes', 'pg_x', 'sqlite_x', 'json_each', 'json_tree', 'generate_series', 'pragma_x', 'dbstat', 'fts5']) {
    const answer = await app.rawRoot('POST', '/api/collections', JSON.stringify({ name, fields: [{ name: 's', type: 'select', values: ['a', 'b'], maxSelect: 2 }], listRule: '' }));
    if (answer.status === 400) {
      assert.ok(answer.body.data.name?.code, `${name}: ${answer.text}`);
      continue;
    }
    assert.equal(answer.status, 200, answer.text);
    await app.root.collection(name).create({ s: ['a'] });
    assert.equal(await total(name, 's:each ?= "a"'), 1);
    await collections.delete(name);
  }
});
