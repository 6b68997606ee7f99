// GraphQL as its own clients and the reference implementation see it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';
import { serverAudits } from 'graphql-http';
import { start } from './app.mjs';

const app = await start();

async function ask(query, { variables, token } = {}) {
  const answer = await app.raw('POST', '/api/graphql', JSON.stringify({ query, variables }), token ? { Authorization: token } : {});
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const introspection = getIntrospectionQuery({
  descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
});

const tags = await app.open('tags', [{ name: 'name', type: 'text', help: 'A "name" \\' }]);
const posts = await app.open('posts', [
  { name: 'title', type: 'text', help: 'What is written above all else, in a text that is longer than a line should be' },
  { name: 'score', type: 'number' },
  { name: 'views', type: 'number', onlyInt: true, min: 0, max: 100 },
  { name: 'status', type: 'select', values: ['new', 'a-b', 'true'] },
  { name: 'moods', type: 'select', values: ['good', 'bad'], maxSelect: 2 },
  { name: 'when', type: 'date' },
  { name: 'meta', type: 'json' },
  { name: 'place', type: 'geoPoint' },
  { name: 'picture', type: 'file' },
  { name: 'tags', type: 'relation', collectionId: tags.id, maxSelect: 5 },
]);
await app.open('comments', [{ name: 'text', type: 'text' }, { name: 'post', type: 'relation', collectionId: posts.id }]);
for (const name of ['query', 'mutation', 'subscription', 'node', '1x', 'PageInfo', 'post']) await app.open(name, [{ name: '1st', type: 'bool' }]);
await app.root.collections.create({ name: 'locked', type: 'base', fields: [] });
const tag = await app.root.collection('tags').create({ name: 'go' });
const post = await app.root.collection('posts').create({
  title: 'First', status: 'a-b', tags: [tag.id], picture: new File(['x'], 'a b.txt', { type: 'text/plain' }),
});
await app.root.collection('comments').create({ text: 'one', post: post.id });
const schema = buildClientSchema((await ask(introspection)).data);

test('every audit of GraphQL over HTTP is passed', async () => {
  const failed = [];
  let count = 0;
  for (const audit of serverAudits({ url: app.url + '/api/graphql' })) {
    count++;
    const result = await audit.fn();
    if (result.status !== 'ok') failed.push(`${audit.id} ${audit.name}: ${result.status} ${result.reason}`);
  }
  assert.deepEqual(failed, []);
  assert.equal(count, 61);
});

test('introspection gives a schema that is valid and closed', async () => {
  assert.deepEqual(validateSchema(schema), []);
  const printed = printSchema(lexicographicSortSchema(schema));
  assert.match(printed, /type Post implements Node \{/);
  assert.doesNotMatch(printed, /Locked/);
  // What it prints is a schema again, and the same.
  assert.equal(printSchema(lexicographicSortSchema(buildSchema(printed))), printed);
});

test('superusers have a schema of their own', async () => {
  const token = app.root.authStore.token;
  const own = buildClientSchema((await ask(introspection, { token })).data);
  assert.deepEqual(validateSchema(own), []);
  assert.ok(own.getType('Locked') && own.getType('Superuser'));
  assert.ok((await ask('{ locked { totalItems } }')).errors);
  assert.deepEqual((await ask('{ locked { totalItems } }', { token })).data, { locked: { totalItems: 0 } });
});

test('a schema changes with its collections', async () => {
  const kinds = await app.open('kinds', [{ name: 'name', type: 'text' }]);
  assert.deepEqual((await ask('{ kinds { items { name } } }')).data, { kinds: { items: [] } });
  await app.root.collections.update(kinds.id, { fields: [{ name: 'other', type: 'text' }] });
  assert.ok((await ask('{ kinds { items { name } } }')).errors);
  assert.deepEqual((await ask('{ kinds { items { other } } }')).data, { kinds: { items: [] } });
  await app.root.collections.delete(kinds.id);
  assert.ok((await ask('{ kinds { totalItems } }')).errors);
});

test('the url of a file leads to it', async () => {
  const { data } = await ask('{ posts { items { picture { name url(download: true) } } } }');
  const response = await fetch(app.url + data.posts.items[0].picture.url);
  assert.equal(await response.text(), 'x');
  assert.match(response.headers.get('content-disposition'), /^attachment/);
});

test('pages are walked by their cursors, forward and back', async () => {
  for (let i = 0; i < 7; i++) await app.root.collection('tags').create({ name: 'walk' + (i % 3) });
  const all = (await ask('{ tags(sort: {name: DESC}, where: "name ~ \'walk\'") { items { id } } }')).data.tags.items.map((t) => t.id);
  for (const [size, cursor, end, more] of [['first', 'after', 'endCursor', 'hasNextPage'], ['last', 'before', 'startCursor', 'hasPreviousPage']]) {
    const found = [];
    let variables = {};
    do {
      const { data } = await ask(
        `query ($c: String) { tags(sort: {name: DESC}, where: "name ~ 'walk'", ${size}: 2, ${cursor}: $c) { edges { node { id } } pageInfo { ${end} ${more} } } }`,
        { variables },
      );
      const ids = data.tags.edges.map((e) => e.node.id);
      size === 'first' ? found.push(...ids) : found.unshift(...ids);
      variables = data.tags.pageInfo[more] ? { c: data.tags.pageInfo[end] } : undefined;
    } while (variables);
    assert.deepEqual(found, all);
  }
});
