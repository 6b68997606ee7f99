// Subscriptions with the stock clients of both protocols: npm graphql-ws and graphql-sse.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { createClient as createStream } from 'graphql-sse';
import { createClient as createSocket } from 'graphql-ws';
import WebSocket from 'ws';
import { everybody, start } from '../pocketbase/app.mjs';

const app = await start();
const { root } = app;
const url = `${app.url}/api/graphql`;
const socketURL = url.replace('http', 'ws');

await root.collections.update('users', { listRule: null, viewRule: 'id = @request.auth.id', authAlert: { enabled: false } });
await root.settings.update({ batch: { enabled: true } });
const users = await root.collections.getOne('users');
const posts = await app.open('posts', [
  { name: 'title', type: 'text' }, { name: 'n', type: 'number' }, { name: 'secret', type: 'text', hidden: true },
  { name: 'author', type: 'relation', collectionId: users.id },
]);
await app.open('comments', [{ name: 'text', type: 'text' }, { name: 'post', type: 'relation', collectionId: posts.id }]);
await root.collections.create({
  name: 'diaries', type: 'base', ...everybody, listRule: 'owner = @request.auth.id', viewRule: 'owner = @request.auth.id',
  fields: [{ name: 'text', type: 'text' }, { name: 'owner', type: 'relation', collectionId: users.id }],
});
await app.open('markers', [{ name: 'title', type: 'text' }]);
const records = (name) => root.collection(name);

/** A stock client that ends with the tests. */
function socket(options = {}) {
  const client = createSocket({ url: socketURL, webSocketImpl: WebSocket, lazy: true, retryAttempts: 0, ...options });
  after(() => client.dispose());
  return client;
}

function stream(token, options = {}) {
  const client = createStream({ url, retryAttempts: 0, headers: token ? { Authorization: token } : {}, ...options });
  after(() => client.dispose());
  return client;
}

/** A client of either protocol as somebody. */
const protocols = {
  'graphql-ws': (token) => socket({ connectionParams: { authorization: token } }),
  'graphql-sse': (token) => stream(token),
};

/** A subscription: its results in their order. */
class Results {
  constructor(client, query, variables) {
    this.queue = [];
    this.waiting = [];
    this.ended = new Promise((resolve) => {
      this.end = client.subscribe({ query, variables }, {
        next: (v) => (this.waiting.length ? this.waiting.shift()(v) : this.queue.push(v)),
        error: resolve,
        complete: () => resolve('complete'),
      });
    });
  }

  next() {
    return this.queue.length ? Promise.resolve(this.queue.shift()) : new Promise((resolve) => this.waiting.push(resolve));
  }
}

const changed = `subscription ($id: ID, $filter: PostFilter, $where: String, $actions: [ChangeAction!], $since: String) {
  postChanged(id: $id, filter: $filter, where: $where, actions: $actions, since: $since) {
    token action id record { id title }
  }
}`;

for (const [name, open] of Object.entries(protocols)) {
  test(`${name}: what is created, changed and deleted is told`, async () => {
    const client = open();
    const since = await present();
    const results = new Results(client, changed, { since, filter: { title: { like: `${name}%` } } });
    const post = await records('posts').create({ title: `${name} 1`, secret: 's' });
    await records('posts').update(post.id, { title: `${name} 2` });
    await records('posts').update(post.id, { title: 'elsewhere' });
    await records('posts').update(post.id, { title: `${name} 3` });
    await records('posts').delete(post.id);
    const told = [];
    for (let i = 0; i < 5; i++) told.push((await results.next()).data.postChanged);
    assert.deepEqual(told.map(({ action, id, record }) => [action, id, record?.title]), [
      ['CREATE', post.id, `${name} 1`], ['UPDATE', post.id, `${name} 2`], ['LEAVE', post.id, undefined],
      ['ENTER', post.id, `${name} 3`], ['DELETE', post.id, `${name} 3`],
    ]);
    assert.ok(told.every(({ token }) => /^\w+\.\d+$/.test(token)), JSON.stringify(told));

    // From the second one on, only what is deleted.
    const again = new Results(client, changed, { since: told[1].token, actions: ['DELETE'], where: `title ~ '${name}'` });
    assert.deepEqual((await again.next()).data.postChanged, told[4]);
    results.end();
    again.end();
  });

  test(`${name}: relations are those of the caller`, async () => {
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((who) => app.account('users', `${who}.${name}@example.com`, { name: who })));
    const query = `subscription ($since: String) { postChanged(since: $since) { record {
      title author { name } comments_via_post(first: 1) { totalItems items { text } } } } }`;
    const clients = [ann.authStore.token, undefined, bob.authStore.token].map(open);
    const since = await present();
    const all = clients.map((client) => new Results(client, query, { since }));
    const batch = root.createBatch();
    const id = `${name.replace('-', '')}0000000`.slice(0, 15);
    batch.collection('posts').create({ id, title: 'T', author: ann.authStore.record.id });
    batch.collection('comments').create({ text: 'c', post: id });
    await batch.send();
    const told = await Promise.all(all.map(async (results) => (await results.next()).data.postChanged.record));
    const comments = { totalItems: 1, items: [{ text: 'c' }] };
    assert.deepEqual(told, [
      { title: 'T', author: { name: 'ann' }, comments_via_post: comments },
      { title: 'T', author: null, comments_via_post: comments },
      { title: 'T', author: null, comments_via_post: comments },
    ]);
  });

  test(`${name}: nothing is told that the rule hides`, async () => {
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((who) => app.account('users', `${who}2.${name}@example.com`)));
    const query = 'subscription ($since: String) { diaryChanged(since: $since) { record { text } } }';
    const client = open(ann.authStore.token);
    const results = new Results(client, query, { since: await present() });
    await records('diaries').create({ text: 'of bob', owner: bob.authStore.record.id });
    await records('diaries').create({ text: 'of ann', owner: ann.authStore.record.id });
    assert.deepEqual(await results.next(), { data: { diaryChanged: { record: { text: 'of ann' } } } });
  });

  test(`${name}: a live query is told whole, whenever it is another one`, async () => {
    const ann = await app.account('users', `ann3.${name}@example.com`, { name: 'ann' });
    const query = `subscription ($where: String!) { postsLive(where: $where, sort: [{n: DESC}], first: 2) {
      totalItems pageInfo { hasNextPage } items { title author { name } comments_via_post { totalItems } } } }`;
    const results = new Results(open(ann.authStore.token), query, { where: `title ~ '${name} live'` });
    const next = async () => (await results.next()).data.postsLive;
    assert.deepEqual(await next(), { totalItems: 0, pageInfo: { hasNextPage: false }, items: [] });

    const shown = (n, comments = 0) => ({ title: `${name} live ${n}`, author: { name: 'ann' }, comments_via_post: { totalItems: comments } });
    const made = [];
    for (const n of [1, 2, 3]) {
      made.push(await records('posts').create({ title: `${name} live ${n}`, n, author: ann.authStore.record.id }));
      const told = await next();
      assert.deepEqual(told, {
        totalItems: n, pageInfo: { hasNextPage: n > 2 }, items: [n, n - 1].filter((k) => k > 0).map((k) => shown(k)),
      });
    }
    await records('comments').create({ text: 'c', post: made[2].id });
    assert.deepEqual((await next()).items, [shown(3, 1), shown(2)]);
    await records('posts').update(made[0].id, { n: 0 }); // which nobody sees
    await records('posts').delete(made[1].id);
    assert.deepEqual(await next(), { totalItems: 2, pageInfo: { hasNextPage: false }, items: [shown(3, 1), shown(1)] });
    await root.collection('users').update(ann.authStore.record.id, { name: 'anna' });
    assert.deepEqual((await next()).items[0].author, { name: 'anna' });
    results.end();
  });

  test(`${name}: queries have one result`, async () => {
    const results = new Results(open(), '{ posts(where: "title = \'none\'") { totalItems } }');
    assert.deepEqual(await results.next(), { data: { posts: { totalItems: 0 } } });
    assert.equal(await results.ended, 'complete');
  });

  test(`${name}: what is wrong with an operation is told`, async () => {
    for (const [query, variables, code] of [
      ['subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
      ['subscription { nope }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { a: postChanged { id } b: postChanged { id } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { __typename }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { postChanged { record { secret } } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      [changed, { filter: { id: { eq: null } } }, 'BAD_USER_INPUT'],
      [changed, { filter: { id: {} } }, 'BAD_USER_INPUT'],
      [changed, { id: '' }, 'BAD_USER_INPUT'],
      [changed, { actions: [] }, 'BAD_USER_INPUT'],
      [changed, { where: 'nope = 1' }, 'BAD_USER_INPUT'],
      [changed, { where: "@collection.users.id != ''" }, 'FORBIDDEN'],
      [changed, { since: 'x.1' }, 'CONFLICT'],
      ['subscription { userChanged { id } }', {}, 'UNAUTHENTICATED'],
      ['subscription { usersLive { totalItems } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { postsLive(first: -1) { totalItems } }', {}, 'BAD_USER_INPUT'],
      ['subscription { postsLive(filter: { id: {} }) { totalItems } }', {}, 'BAD_USER_INPUT'],
      ['subscription { postsLive(where: "nope = 1") { totalItems } }', {}, 'BAD_USER_INPUT'],
      ['subscription { postsLive(where: "@collection.users.id != \'\'") { totalItems } }', {}, 'FORBIDDEN'],
      ['subscription { postsLive(first: 1000) { items { comments_via_post(first: 1000) { items { id } } } } }', {}, 'QUERY_TOO_COMPLEX'],
    ]) {
      const results = new Results(open(), query, variables);
      const end = await results.ended;
      const errors = name === 'graphql-ws' ? end : (await results.next()).errors;
      assert.equal(errors[0]?.extensions?.code, code, `${query} ${JSON.stringify(variables)}: ${JSON.stringify(errors)}`);
    }
  });

  test(`${name}: a change of the collections ends what it does not fit`, async () => {
    const plant = { 'graphql-ws': 'fern', 'graphql-sse': 'palm' }[name];
    const { id } = await app.open(`${plant}s`, [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }]);
    const client = open();
    const since = await present();
    const [a, b] = ['a', 'b'].map((field) =>
      new Results(client, `subscription ($since: String) { ${plant}Changed(since: $since) { record { ${field} } } }`, { since }));
    const [liveA, liveB] = ['a', 'b'].map((field) => new Results(client, `subscription { ${plant}sLive { items { ${field} } } }`));
    await Promise.all([liveA.next(), liveB.next()]);
    await records(id).create({ a: 'x', b: 'y' });
    await Promise.all([a.next(), b.next(), liveA.next(), liveB.next()]);
    const collection = await root.collections.getOne(id);
    await root.collections.update(id, { fields: collection.fields.filter((f) => f.name !== 'b') });
    await Promise.all([b, liveB].map((results) => ends(name, results, 'SCHEMA_CHANGED')));
    await records(id).create({ a: 'still there' });
    assert.equal((await a.next()).data[`${plant}Changed`].record.a, 'still there');
    assert.equal((await liveA.next()).data[`${plant}sLive`].items[1].a, 'still there');
    await root.collections.update(id, { listRule: 'a != "x"' });
    assert.deepEqual((await liveA.next()).data[`${plant}sLive`].items, [{ a: 'still there' }]);
    await root.collections.delete(id);
    await Promise.all([a, liveA].map((results) => ends(name, results, 'SCHEMA_CHANGED')));
  });
}

/** Waits for a subscription to end with an error. */
async function ends(name, results, code) {
  const end = await results.ended;
  const last = name === 'graphql-ws' ? { errors: end } : results.queue.at(-1);
  assert.equal(last.errors?.[0]?.extensions?.code, code, JSON.stringify(last));
}

/** The resume token of a change that was made after all that was done before. */
async function present() {
  for (;;) {
    const title = Math.random().toString();
    const results = new Results(socket(), `subscription ($since: String, $title: String) {
      markerChanged(since: $since, filter: { title: { eq: $title } }) { token }
    }`, { since: await greeting(), title });
    await records('markers').create({ title });
    const first = await Promise.race([results.next(), results.ended.then(() => null)]);
    results.end();
    if (first) return first.data.markerChanged.token;
    // The token of the greeting is older than the collection: the hub had not come to it.
  }
}

/** The resume token of a new connection. What was done just before may come after it. */
async function greeting() {
  const ws = new WebSocket(socketURL, 'graphql-transport-ws');
  await once(ws, 'open');
  ws.send('{"type":"connection_init"}');
  const [ack] = await once(ws, 'message');
  ws.close();
  return JSON.parse(ack).payload.token;
}
