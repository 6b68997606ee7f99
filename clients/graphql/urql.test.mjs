// urql as an app would have it: the normalising cache, pages, uploads and subscriptions.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { start } from '../pocketbase/app.mjs';

const app = await start();
const url = `${app.url}/api/graphql`;
await app.open('posts', [{ name: 'title', type: 'text' }, { name: 'n', type: 'number' }, { name: 'cover', type: 'file' }]);
for (let n = 0; n < 7; n++) await app.root.collection('posts').create({ title: `post ${n}`, n });

const socket = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
after(() => socket.dispose());
let requests = 0;
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { 'GraphQL-Require-Preflight': 'true' } },
  fetch: (input, init) => {
    requests++;
    return fetch(input, init);
  },
  exchanges: [
    cacheExchange({ keys: { File: () => null }, resolvers: { Query: { posts: relayPagination() } } }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: request.query ?? '', variables: request.variables }, sink) }),
      }),
    }),
  ],
});

async function ask(promise) {
  const { data, error } = await promise;
  assert.equal(error, undefined, String(error));
  return data;
}

test('a query is cached, and a mutation changes what the cache shows', async () => {
  const query = gql`query ($id: ID!) { post(id: $id) { id title } }`;
  const { id } = await app.root.collection('posts').getFirstListItem('n = 6');
  const before = requests;
  assert.equal((await ask(client.query(query, { id }))).post.title, 'post 6');
  await ask(client.mutation(gql`mutation ($id: ID!) { updatePost(id: $id, input: { title: "renamed" }) { id title } }`, { id }));
  assert.equal((await ask(client.query(query, { id }))).post.title, 'renamed');
  assert.equal(requests, before + 2, 'the second query was answered by the cache');
});

test('pages by relayPagination', async () => {
  const query = gql`query ($after: String) {
    posts(sort: [{ n: ASC }], first: 3, after: $after) { edges { cursor node { id n } } pageInfo { hasNextPage endCursor hasPreviousPage startCursor } }
  }`;
  let { posts } = await ask(client.query(query, {}));
  while (posts.pageInfo.hasNextPage) ({ posts } = await ask(client.query(query, { after: posts.pageInfo.endCursor })));
  assert.deepEqual(posts.edges.map(({ node }) => node.n), [0, 1, 2, 3, 4, 5, 6]);
});

test('an upload', async () => {
  const mutation = gql`mutation ($cover: Upload) { createPost(input: { title: "with a cover", n: 100, cover: $cover }) { id cover { url } } }`;
  const { createPost } = await ask(client.mutation(mutation, { cover: new File(['a cover'], 'cover.txt', { type: 'text/plain' }) }));
  assert.equal(await (await fetch(app.url + createPost.cover.url)).text(), 'a cover');
});

test('a subscription', async () => {
  const told = await new Promise((resolve, reject) => {
    const seen = [];
    const { unsubscribe } = client.subscription(gql`subscription { postsLive(where: "title ~ 'lively'") { items { id title } } }`, {}).subscribe(({ data, error }) => {
      if (error) return reject(error);
      seen.push(data.postsLive.items.map(({ title }) => title));
      if (seen.length === 1) app.root.collection('posts').create({ title: 'lively', n: 100 }).catch(reject);
      if (seen.length === 2) {
        unsubscribe();
        resolve(seen);
      }
    });
  });
  assert.deepEqual(told, [[], ['lively']]);
});

test('what is wrong is an error', async () => {
  const { error } = await client.query(gql`{ posts(first: -1) { totalItems } }`, {});
  assert.equal(error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT');
});
