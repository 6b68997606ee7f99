// A change of a collection loses nothing that nobody asked to lose: a field that is sent
// without its id, or with another one, is the stored one of its name; what is not
// understood is said; and what was deleted leaves no file behind.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fails, pluck, refused, start } from './app.mjs';

const app = await start();
const { collections } = app.root;
const records = (name) => app.root.collection(name);
let n = 0;
/** A collection of one field with values in it. */
async function filled(field, values) {
  const c = await app.open(`c${++n}`, [field]);
  for (const value of values) await records(c.name).create({ [field.name]: value });
  return c;
}
const values = async (c, field) => pluck(await records(c.name).getFullList({ sort: '@rowid' }), field);
const system = (c) => c.fields.filter((f) => f.system);

const changes = [
  [{ name: 'f', type: 'text' }, { name: 'f', type: 'number' }, ['12', 'x'], [12, 0]],
  [{ name: 'f', type: 'number' }, { name: 'f', type: 'text' }, [12, 1.5], ['12', '1.5']],
  [{ name: 'f', type: 'text' }, { name: 'f', type: 'json' }, ['12'], [12]],
  [{ name: 'f', type: 'bool' }, { name: 'f', type: 'text' }, [true], ['true']],
  [{ name: 'f', type: 'date' }, { name: 'f', type: 'text' }, ['2024-01-02 10:00:00.000Z'], ['2024-01-02 10:00:00.000Z']],
  [{ name: 'f', type: 'text' }, { name: 'f', type: 'select', values: ['a', 'b'], maxSelect: 1 }, ['a'], ['a']],
  [{ name: 'f', type: 'email' }, { name: 'f', type: 'text' }, ['a@x.io'], ['a@x.io']],
];
for (const [from, to, given, converted] of changes) {
  test(`${from.type} to ${to.type}, without an id, is refused; and converted on demand`, async () => {
    const c = await filled(from, given);
    for (const extra of [{}, { id: 'another' + n }]) {
      for (const fields of [[{ ...to, ...extra }], [...system(c), { ...to, ...extra }]]) {
        const answer = await app.rawRoot('PATCH', `/api/collections/${c.name}`, JSON.stringify({ fields }));
        refused(answer, 400);
        assert.match(answer.text, /"code":"validation_field_type_change"/);
        assert.deepEqual(await values(c, 'f'), given);
      }
    }
    const imported = await app.rawRoot('PUT', '/api/collections/import', JSON.stringify({ collections: [{ name: c.name, type: 'base', fields: [to] }] }));
    assert.equal(imported.status, 400, imported.text);
    const answer = await app.rawRoot('PATCH', `/api/collections/${c.name}?convert=true`, JSON.stringify({ fields: [to] }));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(await values(c, 'f'), converted);
  });
}

test('the same field with another id, or none, keeps its values', async () => {
  const c = await filled({ name: 'f', type: 'text', id: 'mine' }, ['a', 'b']);
  for (const field of [{ name: 'f', type: 'text', id: 'copied' }, { name: 'f', type: 'text' }, { name: 'f', type: 'text', required: true, id: '' }, { name: 'F', type: 'text' }]) {
    const changed = await collections.update(c.name, { fields: [field] });
    assert.deepEqual(await values(c, field.name), ['a', 'b'], JSON.stringify(field));
    assert.equal(changed.fields.find((f) => f.name === field.name).id, 'mine');
    if (field.name === 'F') await collections.update(c.name, { fields: [{ id: 'mine', name: 'f', type: 'text' }] });
  }
  // Indexes and rules of the field survive as well.
  await collections.update(c.name, { indexes: [`CREATE INDEX i_${c.name} ON ${c.name} (f)`], listRule: 'f != ""' });
  const changed = await collections.update(c.name, { fields: [{ name: 'f', type: 'text', id: 'other2' }] });
  assert.equal(changed.indexes.length, 1);
  assert.equal(changed.listRule, 'f != ""');
  assert.deepEqual(await values(c, 'f'), ['a', 'b']);
});

test('one file or relation more is no other kind', async () => {
  const c = await filled({ name: 'f', type: 'select', values: ['a', 'b'], maxSelect: 1 }, ['a']);
  await collections.update(c.name, { fields: [{ name: 'f', type: 'select', values: ['a', 'b'], maxSelect: 2 }] });
  assert.deepEqual(await values(c, 'f'), [['a']]);
});

test('a rename by id wins, and the freed name may be taken', async () => {
  const c = await filled({ name: 'f', type: 'text', id: 'first' }, ['a']);
  const changed = await collections.update(c.name, { fields: [{ id: 'first', name: 'g', type: 'text' }, { name: 'f', type: 'number' }] });
  assert.deepEqual(await values(c, 'g'), ['a']);
  assert.deepEqual(await values(c, 'f'), [0]);
  assert.notEqual(changed.fields.find((f) => f.name === 'f').id, 'first');
});

test('the plan tells of nothing lost where nothing is', async () => {
  const c = await filled({ name: 'f', type: 'text' }, ['a']);
  const body = JSON.stringify({ update: { collection: c.name, body: { fields: [{ name: 'f', type: 'text', id: 'else' }] } } });
  const plan = await app.rawRoot('POST', '/api/collections/meta/plan', body);
  assert.deepEqual([plan.status, plan.body.losses?.length ?? 0], [200, 0], plan.text);
});

test('two fields of one name are refused', async () => {
  const two = [{ name: 'same', type: 'text' }, { name: 'same', type: 'text' }];
  await fails(collections.create({ name: 'twins', fields: two }), 400);
  await fails(collections.create({ name: 'twins', fields: [two[0], { name: 'SAME', type: 'number' }] }), 400);
  const c = await filled({ name: 'same', type: 'text' }, ['a']);
  const { id } = c.fields.find((f) => f.name === 'same');
  await fails(collections.update(c.name, { fields: two }), 400);
  await fails(collections.update(c.name, { fields: [{ ...two[0], id }, two[1]] }), 400);
  await fails(collections.import([{ name: c.name, fields: two }]), 400);
  assert.deepEqual(await values(c, 'same'), ['a']);
});

test('keys that nobody knows are named', async () => {
  const named = (body, ...keys) => {
    assert.ok(Array.isArray(body.warnings), `no warnings in ${JSON.stringify(body).slice(0, 300)}`);
    for (const key of keys) assert.ok(body.warnings.some((w) => JSON.stringify(w).includes(key)), `${key} is not in ${JSON.stringify(body.warnings)}`);
  };
  const made = await app.rawRoot('POST', '/api/collections', JSON.stringify({
    name: 'typos', listrule: '', fields: [{ name: 't', type: 'text', requird: true, maxSelect: 3 }, { name: 'r', type: 'number', onlyint: true }],
  }));
  assert.equal(made.status, 200, made.text);
  named(made.body, 'listrule', 'requird', 'onlyint', 'maxSelect');
  named((await app.rawRoot('PATCH', '/api/collections/typos', '{"ListRule":"","indexs":[]}')).body, 'ListRule', 'indexs');
  // What is right, what an export has, and what older clients send along is not warned of.
  for (const body of ['{"listRule":""}', JSON.stringify(made.body), '{"fields":[{"name":"t","type":"text","presentable":true,"system":false}]}']) {
    const answer = await app.rawRoot('PATCH', '/api/collections/typos', body);
    assert.equal(answer.status, 200, answer.text);
    if (body === JSON.stringify(made.body)) continue; // has warnings in it: see below
    assert.deepEqual(answer.body.warnings ?? [], [], body);
  }
  const whole = await collections.getOne('typos');
  assert.equal('warnings' in whole, false, 'warnings are of a write and not stored');
  const again = await app.rawRoot('PATCH', '/api/collections/typos', JSON.stringify(whole));
  assert.deepEqual(again.body.warnings ?? [], []);
  for (const scaffold of Object.values(await collections.getScaffolds())) {
    const body = JSON.stringify({ ...scaffold, name: `new_${scaffold.type}`, ...(scaffold.type === 'view' && { viewQuery: 'SELECT id FROM typos' }) });
    const answer = await app.rawRoot('POST', '/api/collections', body);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body.warnings ?? [], [], scaffold.type);
  }
});

const folder = (c) => join(app.server.dir, 'storage', c.id);
/** How many files are kept for the collection, each with what belongs to it. */
const files = (c) =>
  existsSync(folder(c))
    ? new Set(readdirSync(folder(c), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name).replace(/\.attrs$/, ''))).size
    : 0;
/** Waits until so many are kept: what no record names is removed in the background. */
async function left(c, n, what) {
  const now = () => {
    try {
      return files(c);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error; // a folder went while it was read
    }
  };
  for (const end = Date.now() + 20_000; now() !== n && Date.now() < end; ) await new Promise((done) => setTimeout(done, 20));
  assert.equal(files(c), n, what);
}
const upload = (c, field) => records(c.name).create({ [field]: new File(['secret'], 'a.txt') });

test('files go with their field', async () => {
  const c = await app.open(`c${++n}`, [{ name: 'f', type: 'file' }, { name: 'g', type: 'file' }, { name: 't', type: 'text' }]);
  await upload(c, 'f');
  await records(c.name).create({ f: new File(['1'], 'a.txt'), g: new File(['2'], 'b.txt') });
  await left(c, 3);
  await collections.update(c.name, { fields: c.fields.filter((f) => f.name !== 'f') });
  await left(c, 1);
  await collections.update(c.name, { fields: c.fields.filter((f) => f.name === 't') });
  await left(c, 0);
});

test('a change that is refused or only planned keeps the files', async () => {
  const c = await app.open(`c${++n}`, [{ name: 'f', type: 'file' }, { name: 't', type: 'text' }]);
  await upload(c, 'f');
  const fields = c.fields.filter((f) => f.name === 't');
  await fails(collections.update(c.name, { fields, listRule: 'nope = 1' }), 400);
  await app.rawRoot('POST', '/api/collections/meta/plan', JSON.stringify({ update: { collection: c.name, body: { fields } } }));
  assert.equal(files(c), 1);
});

test('files go with their records, also those whose field went before', async () => {
  const c = await app.open(`c${++n}`, [{ name: 'f', type: 'file', maxSelect: 3 }, { name: 't', type: 'text' }]);
  const one = await upload(c, 'f');
  await upload(c, 'f');
  await records(c.name).delete(one.id);
  await left(c, 1);
  await collections.truncate(c.name);
  await left(c, 0);

  const d = await app.open(`c${++n}`, [{ name: 'f', type: 'file' }]);
  await upload(d, 'f');
  await collections.import([{ name: d.name, type: 'base', fields: [{ name: 't', type: 'text' }] }], false);
  const kept = (await collections.getOne(d.name)).fields.some((f) => f.name === 'f');
  await collections.truncate(d.name);
  await left(d, 0, kept ? 'field kept by the import' : 'field dropped by the import');

  const e = await app.open(`c${++n}`, [{ name: 'f', type: 'file' }]);
  await upload(e, 'f');
  await collections.delete(e.name);
  await left(e, 0);
});

test('files go with records that are deleted by cascade, and with fewer places', async () => {
  const parent = await app.open(`c${++n}`, [{ name: 't', type: 'text' }]);
  const child = await app.open(`c${++n}`, [{ name: 'f', type: 'file', maxSelect: 2 }, { name: 'p', type: 'relation', collectionId: parent.id, cascadeDelete: true }]);
  const p = await records(parent.name).create({ t: 'x' });
  await records(child.name).create({ p: p.id, f: [new File(['1'], 'a.txt'), new File(['2'], 'b.txt')] });
  await left(child, 2);
  const single = child.fields.map((f) => (f.name === 'f' ? { ...f, maxSelect: 1 } : f));
  const answer = await app.rawRoot('PATCH', `/api/collections/${child.name}`, JSON.stringify({ fields: single }));
  if (answer.status === 200) await left(child, 1, 'the file that no value names any more');
  await records(parent.name).delete(p.id);
  await left(child, 0);
});

test('what an earlier version has left goes with the record', async () => {
  const c = await app.open(`c${++n}`, [{ name: 'f', type: 'file' }]);
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  for (const end of ['delete', 'truncate']) {
    const record = await upload(c, 'f');
    const bare = await records(c.name).create({});
    mkdirSync(join(folder(c), bare.id));
    for (const { id } of [record, bare]) {
      const left = join(folder(c), id, 'of_a_field_that_is_gone.txt');
      writeFileSync(left, 'secret');
      utimesSync(left, yesterday, yesterday);
    }
    if (end === 'truncate') await collections.truncate(c.name);
    else for (const { id } of [record, bare]) await records(c.name).delete(id);
    await left(c, 0, end);
  }
});
