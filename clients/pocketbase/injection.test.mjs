// SQL where names and values go: every identifier and every operand.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fails, refused, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const keywords = [
  'select', 'table', 'from', 'where', 'group', 'order', 'index', 'values', 'insert', 'update', 'delete', 'default', 'unique', 'primary',
  'and', 'or', 'not', 'in', 'like', 'is', 'join', 'on', 'as', 'union', 'limit', 'desc', 'rowid', 'oid', 'user', 'transaction', 'commit', 'with',
];
const attacks = [
  "'", '"', '`', ']', ';', '--', '/*', "' OR '1'='1", '" OR "1"="1', "'; DROP TABLE victims; --", '"; DROP TABLE victims; --', '`; DROP TABLE victims; --',
  "') OR 1=1 --", "x' UNION SELECT password FROM _superusers --", "1); DELETE FROM victims; --", '$1', '?1', ':a', '@a', '{:x}', '%', '\\', "\\'", '\\"', '\n; DROP TABLE victims',
];

await app.open('victims', [{ name: 'title', type: 'text' }, { name: 'n', type: 'number' }, { name: 'data', type: 'json' }, { name: 'tags', type: 'select', values: ['a', 'b'], maxSelect: 2 }]);
const victims = guest.collection('victims');
const kept = await victims.create({ title: 'kept', n: 7, data: { k: 1 }, tags: ['a'] });
const { root } = app;

afterEach(async () => {
  await app.server.check();
  assert.deepEqual(await root.collection('victims').getFullList(), [kept]);
});

test('SQL keywords are names like any other', async () => {
  for (const name of keywords) {
    const created = await app.open(name, keywords.map((field) => ({ name: field, type: 'text' })), {
      indexes: [`CREATE INDEX \`idx_${name}\` ON \`${name}\` (\`${name}\`)`],
    });
    assert.equal(created.name, name);
    const { id } = await guest.collection(name).create(Object.fromEntries(keywords.map((field) => [field, field])));
    const { items } = await guest.collection(name).getList(1, 1, { filter: keywords.map((field) => `${field} = '${field}'`).join(' && '), sort: `-${name}` });
    assert.equal(items[0].id, id, name);
    assert.equal((await guest.collection(name).update(id, { [name]: 'changed' }))[name], 'changed');
    await guest.collection(name).delete(id);
    await root.collections.delete(name);
  }
});

test('relations between collections that are keywords', async () => {
  const order = await app.open('order', [{ name: 'select', type: 'text' }]);
  await app.open('group', [{ name: 'from', type: 'relation', collectionId: order.id, maxSelect: 3 }]);
  const { id } = await guest.collection('order').create({ select: 'x' });
  await guest.collection('group').create({ from: [id] });
  const { items } = await guest.collection('group').getList(1, 1, { filter: "from.select = 'x'", sort: 'from.select', expand: 'from' });
  assert.equal(items[0].expand.from[0].select, 'x');
  const back = await guest.collection('order').getList(1, 1, { filter: `group_via_from.from.id ?= '${id}'`, expand: 'group_via_from' });
  assert.equal(back.items[0].expand.group_via_from.length, 1);
});

test('as values', async () => {
  for (const title of attacks) {
    const made = await victims.create({ title, data: { [title]: title } });
    assert.deepEqual([made.title, made.data], [title, { [title]: title }]);
    const { items } = await victims.getList(1, 5, { filter: guest.filter('title = {:title}', { title }) });
    assert.deepEqual(items.map(({ id }) => id), [made.id], title);
    await victims.getList(1, 5, { filter: guest.filter('title ~ {:title} || n > {:title} || data.k = {:title} || tags:each ?= {:title}', { title }) });
    await root.collection('victims').getList(1, 1, { filter: guest.filter('@request.query.x = {:title}', { title }), query: { x: title } });
    await victims.delete(made.id);
  }
});

test('as ids', async () => {
  for (const id of attacks) {
    await fails(victims.create({ id }), 400);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { status } = await app.raw(method, `/api/collections/victims/records/${encodeURIComponent(id)}`);
      assert.ok([404, 400].includes(status), `${method} ${id}: ${status}`);
    }
  }
});

test('as names of collections, fields and indexes', async () => {
  for (const name of attacks) {
    await fails(root.collections.create({ name }), 400, { name: 'validation_match_invalid' });
    await fails(root.collections.create({ name: 'ok', id: name }), 400);
    await fails(root.collections.create({ name: 'ok', fields: [{ name, type: 'text' }] }), 400, { 'fields.1.name': 'validation_match_invalid' });
    refused(await app.raw('GET', `/api/collections/${encodeURIComponent(name)}/records`), 404);
  }
  for (const index of [
    'CREATE INDEX a ON victims (title); DROP TABLE victims', "CREATE INDEX a ON victims (title) WHERE 1; DROP TABLE victims", 'CREATE INDEX a ON victims ((SELECT 1))',
    'CREATE INDEX a ON victims (title) WHERE title IN (SELECT password FROM _superusers)', 'CREATE TABLE a (b)', 'DROP TABLE victims', '', ';', 'CREATE INDEX ON', 'CREATE INDEX "a"" ON victims" ON victims (',
  ]) {
    await fails(root.collections.update('victims', { indexes: [index] }), 400);
  }
  assert.deepEqual((await root.collections.getOne('victims')).indexes, []);
});

test('as operands, paths, sorts, fields, expands and pages', async () => {
  for (const attack of attacks) {
    for (const filter of [`${attack} = 1`, `title = ${attack}`, `title ${attack} 'x'`, `title${attack} = 'x'`, `title = 'x' ${attack}`, `data.${attack} = 1`, `title:${attack} = 1`, `strftime(${attack}) = 1`, `geoDistance(n,n,n,${attack}) > 0`]) {
      const answer = await app.raw('GET', `/api/collections/victims/records?filter=${encodeURIComponent(filter)}`);
      if (answer.status === 200) assert.ok(answer.body.totalItems <= 1, filter);
      else assert.ok([400, 403].includes(answer.status), `${filter}: ${answer.text}`);
    }
    for (const param of ['sort', 'fields', 'expand', 'page', 'perPage', 'skipTotal', 'cursor']) {
      const answer = await app.raw('GET', `/api/collections/victims/records?${param}=${encodeURIComponent(attack)}`);
      assert.ok([200, 400].includes(answer.status), `${param}=${attack}: ${answer.text}`);
      assert.doesNotMatch(answer.text, /syntax error|near "|no such|SQL/i);
    }
    await fails(root.collections.update('victims', { viewRule: `title = ${attack} ;` }), 400, { viewRule: 'validation_invalid_rule' });
    const listed = await root.collections.getList(1, 1, { filter: `name = ${JSON.stringify(attack)}` }).catch((err) => err);
    if (listed instanceof Error) assert.equal(listed.status, 400);
    else assert.equal(listed.totalItems, 0);
  }
});

test('as keys of bodies, settings and sign-ins', async () => {
  for (const attack of attacks) {
    const made = await victims.create({ [attack]: 'x', [`title${attack}`]: 'x', [`n${attack}`]: 1, data: null });
    assert.deepEqual(Object.keys(made), Object.keys(kept), attack);
    await victims.delete(made.id);
    await root.settings.update({ [attack]: 1, meta: { [attack]: 1 } });
    await fails(guest.collection('_superusers').authWithPassword(attack, attack), 400, {}, 'Failed to authenticate.');
    refused(await app.raw('POST', '/api/collections/_superusers/auth-with-password', JSON.stringify({ identity: 'a', password: 'b', identityField: attack })), 400, {
      identityField: 'validation_in_invalid',
    });
  }
});

test('in JSON paths and choices', async () => {
  await app.open('odd', [{ name: 'pick', type: 'select', values: attacks, maxSelect: attacks.length }, { name: 'data', type: 'json' }]);
  const odd = guest.collection('odd');
  const { id } = await odd.create({ pick: attacks, data: Object.fromEntries(attacks.map((a) => [a, a])) });
  assert.deepEqual((await odd.getOne(id)).pick, attacks);
  for (const value of attacks) {
    assert.equal((await odd.getList(1, 1, { filter: guest.filter('pick:each ?= {:value}', { value }) })).totalItems, 1, value);
    await odd.update(id, { 'pick-': value });
    await odd.update(id, { 'pick+': value });
  }
});
