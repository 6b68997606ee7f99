// Apollo Client as an app would have it: cache, pages, uploads, subscriptions, persisted queries,
// batches.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition, relayStylePagination } from '@apollo/client/utilities';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { start } from '../pocketbase/app.mjs';

const app = await start();
const uri = `${app.url}/api/graphql`;
await app.open('posts', [{ name: 'title', type: 'text' }, { name: 'n', type: 'number' }, { name: 'cover', type: 'file' }]);
for (let n = 0; n < 7; n++) await app.root.collection('posts').create({ title: `post ${n}`, n });

/** Counts the requests of a link's fetch, and keeps their bodies. */
function counted() {
  const bodies = [];
  const request = (input, init) => {
    bodies.push(init.body ?? String(input));
    return fetch(input, init);
  };
  return { bodies, request };
}

const cache = () =>
  new InMemoryCache({ typePolicies: { Query: { fields: { posts: relayStylePagination(['where', 'sort']) } } } });

/** Runs a test with a client, which is stopped. */
async function withClient(link, run) {
  const client = new ApolloClient({ link, cache: cache() });
  try {
    return await run(client);
  } finally {
    client.stop();
  }
}

const page = gql`query Page($after: String) {
  posts(where: "n < 7", sort: [{ n: ASC }], first: 3, after: $after) {
    totalItems edges { cursor node { id title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

test('a query is cached, and a mutation changes what the cache shows', async () => {
  const { bodies, request } = counted();
  await withClient(new HttpLink({ uri, fetch: request }), async (client) => {
    const query = gql`query Find($where: String) { posts(where: $where) { edges { node { id title } } } }`;
    const variables = { where: 'n = 6' };
    const first = await client.query({ query, variables });
    const post = first.data.posts.edges[0].node;
    assert.equal(post.__typename, 'Post');
    const mutation = gql`mutation Rename($id: ID!, $title: String!) { updatePost(id: $id, input: { title: $title }) { id title } }`;
    await client.mutate({ mutation, variables: { id: post.id, title: 'post 6, once more' } });
    const again = await client.query({ query, variables });
    assert.equal(again.data.posts.edges[0].node.title, 'post 6, once more');
    assert.equal(bodies.length, 2, 'the second query was answered by the cache');
    await client.mutate({ mutation, variables: { id: post.id, title: 'post 6' } });
  });
});

test('pages by relayStylePagination', async () => {
  await withClient(new HttpLink({ uri }), async (client) => {
    const observed = client.watchQuery({ query: page });
    const subscription = observed.subscribe(() => {});
    let { data } = await client.query({ query: page });
    while (data.posts.pageInfo.hasNextPage) {
      await observed.fetchMore({ variables: { after: data.posts.pageInfo.endCursor } });
      data = client.readQuery({ query: page });
    }
    subscription.unsubscribe();
    assert.deepEqual(data.posts.edges.map(({ node }) => node.title), [0, 1, 2, 3, 4, 5, 6].map((n) => `post ${n}`));
    assert.equal(data.posts.totalItems, 7);
  });
});

test('errors are those of GraphQL', async () => {
  await withClient(new HttpLink({ uri }), async (client) => {
    for (const [query, code] of [
      [gql`{ nope }`, 'GRAPHQL_VALIDATION_FAILED'],
      [gql`{ posts(first: -1) { totalItems } }`, 'BAD_USER_INPUT'],
      [gql`mutation { updatePost(id: "none", input: { title: "x" }) { id } }`, 'NOT_FOUND'],
    ]) {
      const asked = getMainDefinition(query).operation === 'mutation' ? client.mutate({ mutation: query }) : client.query({ query });
      await assert.rejects(asked, (error) => {
        assert.ok(CombinedGraphQLErrors.is(error), String(error));
        assert.equal(error.errors[0].extensions.code, code);
        return true;
      });
    }
  });
});

test('an upload by apollo-upload-client', async () => {
  const link = new UploadHttpLink({ uri, headers: { 'Apollo-Require-Preflight': 'true' } });
  await withClient(link, async (client) => {
    const mutation = gql`mutation ($cover: Upload) { createPost(input: { title: "with a cover", n: 100, cover: $cover }) { cover { name url } } }`;
    const { data } = await client.mutate({ mutation, variables: { cover: new File(['a cover'], 'cover.txt', { type: 'text/plain' }) } });
    assert.match(data.createPost.cover.name, /^cover_\w+\.txt$/);
    assert.equal(await (await fetch(app.url + data.createPost.cover.url)).text(), 'a cover');
  });
});

test('a subscription beside queries', async () => {
  const socket = createClient({ url: uri.replace('http', 'ws'), webSocketImpl: WebSocket });
  const link = ApolloLink.split(
    ({ query }) => getMainDefinition(query).operation === 'subscription', new GraphQLWsLink(socket), new HttpLink({ uri }));
  await withClient(link, async (client) => {
    const told = [];
    const query = gql`subscription { postsLive(where: "title ~ 'lively'") { items { title } } }`;
    await new Promise((resolve, reject) => {
      const subscription = client.subscribe({ query }).subscribe({
        next({ data, error }) {
          if (error) return reject(error);
          told.push(data.postsLive.items.map(({ title }) => title));
          if (told.length === 1) app.root.collection('posts').create({ title: 'lively', n: 100 }).catch(reject);
          if (told.length === 2) resolve(subscription.unsubscribe());
        },
        error: reject,
      });
    });
    assert.deepEqual(told, [[], ['lively']]);
  });
  await socket.dispose();
});

test('persisted queries: the text is sent once', async () => {
  const { bodies, request } = counted();
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const link = () => ApolloLink.from([new PersistedQueryLink({ sha256 }), new HttpLink({ uri, fetch: request })]);
  const query = gql`query Counted { posts(where: "n < 7") { totalItems } }`;
  for (const _ of [1, 2]) {
    await withClient(link(), async (client) => assert.equal((await client.query({ query })).data.posts.totalItems, 7));
  }
  assert.deepEqual(bodies.map((body) => 'query' in JSON.parse(body)), [false, true, false]);
});

test('persisted queries by GET', async () => {
  const { bodies, request } = counted();
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const link = ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries: true }), new HttpLink({ uri, fetch: request })]);
  await withClient(link, async (client) => {
    const { data } = await client.query({ query: gql`query ByGet { posts(where: "n < 6") { totalItems } }` });
    assert.equal(data.posts.totalItems, 6);
    assert.match(bodies[0], /extensions=/);
  });
});

test('a batch', async () => {
  const { bodies, request } = counted();
  await withClient(new BatchHttpLink({ uri, fetch: request, batchMax: 5, batchInterval: 20 }), async (client) => {
    const results = await Promise.all([1, 2, 3].map((n) =>
      client.query({ query: gql`query Up($where: String) { posts(where: $where) { totalItems } }`, variables: { where: `n < ${n}` }, fetchPolicy: 'no-cache' })));
    assert.deepEqual(results.map(({ data }) => data.posts.totalItems), [1, 2, 3]);
    assert.equal(bodies.length, 1);
  });
});
