// Indexes over values of any length and over expressions: what SQLite takes, PostgreSQL
// takes, and a value that is there twice is refused at its field.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onPostgres } from '../loam.mjs';
import { everybody, fails, pluck, refused, start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const noise = (bytes) => randomBytes(bytes).toString('base64');
const total = async (name, filter) => (await app.root.collection(name).getList(1, 1, { filter })).totalItems;

const kinds = {
  text: { sizes: [2_000, 3_600], make: noise, near: (v) => `${v.slice(0, -1)}#` }, // 5,000 letters at most
  editor: { sizes: [2_000, 9_000, 40_000], make: noise, near: (v) => `${v}x` },
  url: { sizes: [1_000, 1_900], make: (bytes) => `https://x.io/${randomBytes(bytes / 2).toString('hex')}`, near: (v) => `${v}x` },
  json: { sizes: [2_000, 40_000], make: (bytes) => ({ v: noise(bytes) }), near: ({ v }) => ({ v: `${v}x` }) },
};

for (const [kind, { sizes, make, near }] of Object.entries(kinds)) {
  for (const unique of [false, true]) {
    test(`long values in ${unique ? 'a unique index' : 'an index'} of ${kind}`, async () => {
      const name = `long_${kind}_${unique}`;
      const made = await app.rawRoot('POST', '/api/collections', JSON.stringify({
        name, ...everybody, fields: [{ name: 'v', type: kind, max: 0 }, { name: 'n', type: 'number' }],
        indexes: [`CREATE ${unique ? 'UNIQUE ' : ''}INDEX i_${name} ON ${name} (v)`],
      }));
      if (kind === 'json' && onPostgres) { // which has no order of json
        return refused(made, 400, { 'indexes.0': 'validation_invalid_index_expression' });
      }
      assert.equal(made.status, 200, made.text);
      const records = app.root.collection(name);
      const stored = [];
      for (const [n, v] of sizes.map(make).entries()) {
        stored.push(await records.create({ v, n }));
        assert.equal(await total(name, `n = ${n}`), 1);
        if (typeof v === 'string' && v.length < 3_000) assert.equal(await total(name, app.root.filter('v = {:v}', { v })), 1);
        const twin = records.create({ v, n: 100 + n });
        if (unique) await fails(twin, 400, { v: 'validation_not_unique' });
        else stored.push(await twin);
        stored.push(await records.create({ v: near(v), n: 200 + n })); // equal but for the end is not equal
      }
      const sorted = await records.getFullList({ sort: 'v', fields: 'id' });
      assert.deepEqual(pluck(sorted, 'id').sort(), pluck(stored, 'id').sort());
    });
  }
}

test('long values by update, in an index of two fields, and in one that is made later', async () => {
  await app.open('later', [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }], { indexes: ['CREATE INDEX i_later ON later (a, b)'] });
  const records = app.root.collection('later');
  const { id } = await records.create({ a: 'short', b: 'short' });
  await records.update(id, { a: noise(2_000), b: noise(2_000) });
  await collections.update('later', { indexes: ['CREATE INDEX i_later2 ON later (b)', 'CREATE INDEX i_later3 ON later (a COLLATE NOCASE)'] });
  await records.create({ a: noise(3_000), b: noise(3_000) });
  assert.equal(await total('later', ''), 2);
});

test('a unique index over an expression names its column', async () => {
  await app.open('folded', [{ name: 't', type: 'text' }]);
  for (const t of ['A', 'a']) await app.root.collection('folded').create({ t });
  const indexes = ['CREATE UNIQUE INDEX i_folded ON folded (lower(t))'];
  const early = await app.rawRoot('PATCH', '/api/collections/folded', JSON.stringify({ indexes }));
  refused(early, 400, { 'indexes.0': 'validation_invalid_index_expression' });
  assert.match(early.text, /not unique: ?[^ .]/);
  const { id } = await app.root.collection('folded').getFirstListItem("t = 'A'");
  await app.root.collection('folded').delete(id);
  await collections.update('folded', { indexes });
  refused(await app.raw('POST', '/api/collections/folded/records', '{"t":"A"}'), 400, { t: 'validation_not_unique' });
});
