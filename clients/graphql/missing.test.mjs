// A missing value never means "all": each form of a filter in a query, in mutations of many
// and in a subscription.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { start } from '../pocketbase/app.mjs';

const app = await start();
const url = `${app.url}/api/graphql`;
const tags = await app.open('tags', [{ name: 'name', type: 'text' }]);
await app.open('posts', [
  { name: 'title', type: 'text' }, { name: 'n', type: 'number' }, { name: 'moods', type: 'select', values: ['good', 'bad'], maxSelect: 2 },
  { name: 'tag', type: 'relation', collectionId: tags.id }, { name: 'tags', type: 'relation', collectionId: tags.id, maxSelect: 5 },
]);
const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
after(() => client.dispose());

/**
 * By the filter, as an argument: how many of two posts a query finds ("bad" for BAD_USER_INPUT), and how many a mutation
 * of many would write ("bad"; "invalid" where the document is not even valid). A subscription tells as many as a query finds.
 */
const forms = {
  // Nothing is said: there is no filter when reading, and none is no filter of a mutation.
  '': [2, 'invalid'],
  'filter: null': [2, 'invalid'],
  'filter: $filter': [2, 'invalid'],
  'where: ""': [2, 'invalid'],
  'filter: {}': [2, 'bad'],
  'filter: {and: []}': [2, 'bad'],
  'filter: {and: [{}, {}]}': [2, 'bad'],
  'filter: {or: [{}, {title: {eq: "x"}}]}': [2, 'bad'],
  'filter: {or: $filters}': [2, 'bad'],
  'filter: {and: $filters}': [2, 'bad'],
  'filter: {not: $filter}': [2, 'bad'],
  'filter: {not: {or: []}}': [2, 'bad'],
  'filter: {not: {not: {}}}': [2, 'bad'],
  'filter: {id: {notIn: []}}': [2, 'bad'],
  'filter: {not: {id: {in: []}}}': [2, 'bad'],
  'filter: {not: {id: {eq: "x"}, title: {in: []}}}': [2, 'bad'],
  'filter: {not: {and: [{id: {eq: "x"}}, {title: {in: []}}]}}': [2, 'bad'],
  'filter: {moods: {containsAll: []}}': [2, 'bad'],
  'filter: {moods: {length: {notIn: []}}}': [2, 'bad'],
  'filter: {not: {moods: {containsAny: []}}}': [2, 'bad'],
  'filter: {tags: {every: {}}}': [2, 'bad'],
  'filter: {tags: {none: {id: {in: []}}}}': [2, 'bad'],
  'filter: {not: {tags: {some: {id: {in: []}}}}}': [2, 'bad'],
  // Nothing can be meant.
  'filter: {or: []}': [0, 'bad'],
  'filter: {not: {}}': [0, 'bad'],
  'filter: {not: {and: []}}': [0, 'bad'],
  'filter: {id: {in: []}}': [0, 0],
  'filter: {moods: {containsAny: []}}': [0, 0],
  'filter: {tags: {some: {id: {in: []}}}}': [0, 0],
  // Something is missing where a value has to be.
  'filter: {id: {}}': ['bad', 'bad'],
  'filter: {id: null}': ['bad', 'bad'],
  'filter: {id: {eq: $id}}': ['bad', 'bad'],
  'filter: {id: {eq: null}}': ['bad', 'bad'],
  'filter: {id: {in: null}}': ['bad', 'bad'],
  'filter: {id: {in: [null]}}': ['bad', 'bad'],
  'filter: {id: {in: [$id]}}': ['bad', 'bad'],
  'filter: {id: {isNull: null}}': ['bad', 'bad'],
  'filter: {n: {eq: 1}, title: {}}': ['bad', 'bad'],
  'filter: {not: null}': ['bad', 'bad'],
  'filter: {not: {id: {}}}': ['bad', 'bad'],
  'filter: {and: null}': ['bad', 'bad'],
  'filter: {or: null}': ['bad', 'bad'],
  'filter: {or: [{id: {eq: $id}}]}': ['bad', 'bad'],
  'filter: {tag: null}': ['bad', 'bad'],
  'filter: {tag: {id: {}}}': ['bad', 'bad'],
  'filter: {tag: {}}': ['bad', 'bad'],
  'filter: {tags: {}}': ['bad', 'bad'],
  'filter: {tags: null}': ['bad', 'bad'],
  'filter: {tags: {some: null}}': ['bad', 'bad'],
  'filter: {moods: {}}': ['bad', 'bad'],
  'filter: {moods: {length: {}}}': ['bad', 'bad'],
  // Two of them are there.
  'filter: {n: {gte: 1, lte: $n}}': [2, 2],
  'filter: {title: {eq: "a"}, n: $compared}': [1, 1],
  'filter: {not: {title: {eq: "a"}}}': [1, 1],
  'filter: {title: {isNull: false}}': [2, 2],
};

const definitions = { $since: 'String', $filter: 'PostFilter', $filters: '[PostFilter!]', $id: 'ID', $n: 'Float', $compared: 'FloatFilter' };

/** The operation, with definitions of the variables that its text uses. */
function operation(kind, text) {
  const used = Object.keys(definitions).filter((name) => new RegExp(`\\${name}\\b`).test(text)).map((name) => `${name}: ${definitions[name]}`);
  return `${kind} ${used.length ? `(${used.join(', ')})` : ''} { ${text} }`;
}

const ask = async (query) => (await app.raw('POST', '/api/graphql', JSON.stringify({ query }))).body;

/** "bad" or "invalid" for errors that say so; else what read makes of the data. */
function outcome({ data, errors }, read) {
  if (!errors) return read(data);
  return { BAD_USER_INPUT: 'bad', GRAPHQL_VALIDATION_FAILED: 'invalid' }[errors[0].extensions.code] ?? JSON.stringify(errors);
}

const fill = async () => [await app.root.collection('posts').create({ title: 'a', n: 1 }), await app.root.collection('posts').create({ title: 'b', n: 1 })];

test('queries and aggregates', async () => {
  await fill();
  const got = {};
  const counted = {};
  for (const form of Object.keys(forms)) {
    const args = form && `(${form})`;
    got[form] = outcome(await ask(operation('query', `posts${args} { totalItems }`)), (data) => data.posts.totalItems);
    counted[form] = outcome(await ask(operation('query', `postsAggregate${args} { count }`)), (data) => data.postsAggregate[0].count);
  }
  const want = Object.fromEntries(Object.entries(forms).map(([form, [found]]) => [form, found]));
  assert.deepEqual(got, want);
  assert.deepEqual(counted, want);
});

test('mutations of many', async () => {
  const updated = {};
  for (const form of Object.keys(forms)) {
    const args = form && `${form}, `;
    updated[form] = outcome(await ask(operation('mutation', `updateManyPost(${args}set: {n: 1}, atMost: 9) { id }`)), (data) => data.updateManyPost.length);
  }
  const deleted = {};
  for (const form of Object.keys(forms)) {
    await ask('mutation { deleteManyPost(filter: {id: {ne: ""}}, atMost: 9) }');
    await fill();
    const args = form && `${form}, `;
    deleted[form] = outcome(await ask(operation('mutation', `deleteManyPost(${args}atMost: 9)`)), (data) => data.deleteManyPost.length);
  }
  const want = Object.fromEntries(Object.entries(forms).map(([form, [, written]]) => [form, written]));
  assert.deepEqual(updated, want);
  assert.deepEqual(deleted, want);
});

test('subscriptions', async () => {
  const since = await present();
  const silent = [];
  const ends = [];
  // Each waits for what it has to be told, or for its error; then the others would have been told too.
  const told = Object.entries(forms).map(([form, [found]]) => new Promise((resolve) => {
    let count = 0;
    ends.push(client.subscribe({ query: operation('subscription', `postChanged(${form && `${form}, `}since: $since) { record { title } }`), variables: { since } }, {
      next: ({ errors }) => (errors ? resolve(outcome({ errors })) : ++count === found && resolve(count)),
      error: (errors) => resolve(outcome({ errors })),
      complete: () => resolve(`complete after ${count}`),
    }));
    if (found === 0) silent.push(() => resolve(count));
  }));
  await fill();
  await Promise.all(told.filter((_, i) => Object.values(forms)[i][0] !== 0));
  for (const end of [...silent, ...ends]) end();
  const got = Object.fromEntries(Object.keys(forms).map((form, i) => [form, told[i]]));
  for (const form of Object.keys(forms)) got[form] = await got[form];
  assert.deepEqual(got, Object.fromEntries(Object.entries(forms).map(([form, [found]]) => [form, found])));
});

/** The resume token of the present. */
async function present() {
  const ws = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  await once(ws, 'open');
  ws.send('{"type":"connection_init"}');
  const [ack] = await once(ws, 'message');
  ws.close();
  return JSON.parse(ack).payload.token;
}
