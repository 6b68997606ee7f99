// What is imported by API is what was exported, and what cannot be understood is said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, start } from './app.mjs';

const app = await start();
const put = (collections, extra) => app.rawRoot('PUT', '/api/collections/import', JSON.stringify({ collections, ...extra }));

test('an export of before 0.23 is refused by name', async () => {
  const old = { id: 'abcdefghij12345', name: 'posts', type: 'base', system: false, schema: [{ id: 'x', name: 'title', type: 'text', options: { min: null } }], indexes: [], listRule: '', options: {} };
  for (const collections of [[old], [{ name: 'fresh', fields: [{ name: 't', type: 'text' }] }, old], [{ ...old, name: 'users', type: 'auth', options: { allowEmailAuth: true } }], [{ name: 'opts', type: 'view', options: { query: 'SELECT id FROM users' } }]]) {
    const answer = await put(collections);
    refused(answer, 400);
    assert.match(answer.text, /0\.23/);
    assert.match(answer.text, /schema|options/);
  }
  const names = (await app.root.collections.getFullList()).map((c) => c.name);
  for (const name of ['posts', 'fresh', 'opts']) assert.ok(!names.includes(name), name);
  // The same by create and by change.
  refused(await app.rawRoot('POST', '/api/collections', JSON.stringify(old)), 400);
});

test('an old form beside the new one is not refused', async () => {
  const answer = await put([{ name: 'mixed', type: 'base', fields: [{ name: 't', type: 'text' }], indexes: [] }]);
  assert.ok([200, 204].includes(answer.status), answer.text);
});

test('a rule that broke is kept as it is stored, letter by letter', async () => {
  const { collections } = app.root;
  await app.open('parents', [{ name: 'owner', type: 'text' }, { name: 't', type: 'text' }]);
  const { id } = await collections.getOne('parents');
  const rule = 'parent.owner   = @request.auth.id // mine';
  await app.open('children', [{ name: 'parent', type: 'relation', collectionId: id }], { listRule: rule, viewRule: null });
  await collections.update('parents', { fields: (await collections.getOne('parents')).fields.filter((f) => f.name !== 'owner') });
  const all = (await collections.getFullList()).filter((c) => !c.system);
  assert.equal(all.find((c) => c.name === 'children').listRule, rule);
  const back = await put(all);
  assert.equal(back.status, 204, back.text);
  assert.equal((await collections.getOne('children')).listRule, rule);
  assert.equal((await app.raw('GET', '/api/collections/children/records')).status === 200, false, 'the broken rule refuses');
  // One that is broken otherwise is not the stored one; all that are wrong are named at once.
  await app.open('second', [{ name: 'parent', type: 'relation', collectionId: id }]);
  const wrong = (await collections.getFullList()).filter((c) => !c.system)
    .map((c) => (['children', 'second'].includes(c.name) ? { ...c, listRule: 'parent.nope = 1' } : c));
  const answer = await put(wrong);
  refused(answer, 400);
  for (const name of ['children', 'second']) assert.match(answer.text, new RegExp(name), answer.text);
  // Saving another property of the collection does not need the rule mended either.
  assert.equal((await app.rawRoot('PATCH', '/api/collections/children', JSON.stringify({ listRule: rule, updateRule: null }))).status, 200);
});

test('a url is judged as PocketBase does', async () => {
  await app.open('links', [{ name: 'u', type: 'url' }]);
  const status = async (u) => (await app.raw('POST', '/api/collections/links/records', JSON.stringify({ u }))).status;
  for (const u of ['foo', 'localhost', 'foo/bar', 'HTTP://EXAMPLE.COM/x', '//x.io', 'x', 'javascript:alert(1)', 'http://', 'http://a b.io', '/path']) {
    assert.equal(await status(u), 400, u);
  }
  for (const u of ['https://example.com', 'http://localhost:8090', 'http://localhost', 'https://example.com/a?b=c#d', 'http://127.0.0.1:80/x', 'ftp://example.com/a', 'https://sub.example.co.uk', 'https://user:pass@example.com', 'https://müller.example']) {
    assert.equal(await status(u), 200, u);
  }
});
