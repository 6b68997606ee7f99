// The ends of connections: each close code, as the stock client and a bare client get it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { start } from '../pocketbase/app.mjs';

const app = await start();
const { root } = app;
const url = `${app.url.replace('http', 'ws')}/api/graphql`;
await root.collections.update('users', { authAlert: { enabled: false } });
await app.open('posts', [{ name: 'title', type: 'text' }]);
const concurrently = { concurrency: true };

/** A bare client, which can send messages that the stock client never sends. */
async function bare(protocol = 'graphql-transport-ws', headers = {}) {
  const ws = new WebSocket(url, protocol ? [protocol] : [], { headers });
  const closed = once(ws, 'close').then(([code]) => code);
  const queue = [];
  ws.on('message', (text) => {
    queue.push(JSON.parse(text));
    ws.emit('queued');
  });
  await once(ws, 'open');
  return {
    ws, closed,
    send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next() {
      if (queue.length === 0) await once(ws, 'queued');
      return queue.shift();
    },
    async init(payload) {
      this.send({ type: 'connection_init', payload });
      const ack = await this.next();
      assert.equal(ack.type, 'connection_ack');
      return ack.payload.token;
    },
  };
}

const query = 'subscription { postChanged { id } }';

test('close codes', concurrently, async (t) => {
  const subscribe = (id, payload = { query }) => ({ type: 'subscribe', id, payload });
  for (const [name, code, messages] of [
    ['no JSON', 4400, ['x']],
    ['no object', 4400, ['[]']],
    ['no type', 4400, [{}]],
    ['an unknown type', 4400, [{ type: 'start' }]],
    ['no id', 4400, ['init', { type: 'subscribe', payload: { query } }]],
    ['an id that is too long', 4400, ['init', subscribe('x'.repeat(257))]],
    ['no payload', 4400, ['init', { type: 'subscribe', id: '1' }]],
    ['no query', 4400, ['init', subscribe('1', {})]],
    ['variables that are none', 4400, ['init', subscribe('1', { query, variables: [] })]],
    ['a payload of connection_init that is none', 4400, [{ type: 'connection_init', payload: 'x' }]],
    ['an operation before connection_init', 4401, [subscribe('1')]],
    ['a token that is none', 4403, [{ type: 'connection_init', payload: { authorization: 'nonsense' } }]],
    ['one id for two operations', 4409, ['init', subscribe('1'), subscribe('1')]],
    ['two times connection_init', 4429, ['init', { type: 'connection_init' }]],
  ]) {
    await t.test(`${name}: ${code}`, async () => {
      const client = await bare();
      for (const message of messages) {
        if (message === 'init') await client.init();
        else client.send(message);
      }
      assert.equal(await client.closed, code);
    });
  }
  await t.test('no connection_init: 4408', async () => assert.equal(await (await bare()).closed, 4408));
  await t.test('no subprotocol: 4406', async () => assert.equal(await (await bare('')).closed, 4406));
  await t.test('binary: 1003', async () => {
    const client = await bare();
    client.ws.send(Buffer.from('{}'), { binary: true });
    assert.equal(await client.closed, 1003);
  });
  await t.test('too long: 1009', async () => {
    const client = await bare();
    client.send(' '.repeat((1 << 20) + 1));
    assert.equal(await client.closed, 1009);
  });
});

test('a token in the header of the handshake', async () => {
  const me = async (client, payload) => {
    await client.init(payload);
    client.send({ type: 'subscribe', id: 'me', payload: { query: '{ me { __typename ... on User { id } } }' } });
    const { payload: result } = await client.next();
    client.ws.close();
    return result.data.me?.id;
  };
  const [ann, bob] = [await app.account('users', 'ann@example.com'), await app.account('users', 'bob@example.com')];
  const header = { Authorization: `Bearer ${ann.authStore.token}` };
  assert.equal(await me(await bare(undefined, header)), ann.authStore.record.id);
  assert.equal(await me(await bare(undefined, header), { Authorization: bob.authStore.token }), bob.authStore.record.id);
  assert.equal(await me(await bare(), null), undefined);
  const refused = await bare(undefined, { Authorization: 'nonsense' });
  refused.send({ type: 'connection_init' });
  assert.equal(await refused.closed, 4403);
});

test('who is signed out is told by 4403', async () => {
  const account = await app.account('users', 'cid@example.com');
  const client = await bare();
  await client.init({ authorization: account.authStore.token });
  client.send({ type: 'subscribe', id: '1', payload: { query } });
  await root.collection('users').delete(account.authStore.record.id);
  assert.equal(await client.closed, 4403);
});

test('pings are answered, and what is completed is told no more', async () => {
  const client = await bare();
  await client.init();
  client.send({ type: 'ping', payload: { n: 1 } });
  assert.deepEqual(await client.next(), { type: 'pong', payload: { n: 1 } });
  client.send({ type: 'pong' });
  client.send({ type: 'subscribe', id: 'a', payload: { query } });
  client.send({ type: 'complete', id: 'a' });
  client.send({ type: 'complete', id: 'never' });
  client.send({ type: 'subscribe', id: 'b', payload: { query: '{ posts { totalItems } }' } });
  assert.deepEqual(await client.next(), { type: 'next', id: 'b', payload: { data: { posts: { totalItems: 0 } } } });
  assert.deepEqual(await client.next(), { type: 'complete', id: 'b' });
  await root.collection('posts').create({ title: 'unheard' });
  client.send({ type: 'subscribe', id: 'a', payload: { query: '{ posts { totalItems } }' } });
  assert.deepEqual(await client.next(), { type: 'next', id: 'a', payload: { data: { posts: { totalItems: 1 } } } });
  client.ws.close();
});

// With LOAM_TEST_LONG this is a minute.
test('tokens that end all the time, and every change is told', { timeout: 90_000 }, async () => {
  const [seconds, life] = process.env.LOAM_TEST_LONG ? [60, 3] : [4, 1];
  const account = await app.account('users', 'dot@example.com');
  const id = account.authStore.record.id;
  const fresh = async () => (await root.collection('users').impersonate(id, life)).authStore.token;
  const variables = {};
  const closes = [];
  const client = createClient({
    url, webSocketImpl: WebSocket, retryAttempts: Infinity, retryWait: async () => {},
    connectionParams: async () => ({ authorization: await fresh() }),
    on: {
      connected: (_socket, { token }) => (variables.since ??= token),
      closed: ({ code }) => closes.push(code),
    },
  });
  after(() => client.dispose());
  const told = [];
  let ended;
  await new Promise((resolve) => {
    client.subscribe(
      { query: 'subscription ($since: String) { postChanged(since: $since, where: "title ~ \'tick\'") { token record { title } } }', variables },
      {
        next({ data: { postChanged } }) {
          variables.since = postChanged.token ?? variables.since;
          told.push(postChanged.record.title);
        },
        error: (error) => (ended = error),
        complete: () => {},
      },
    );
    client.on('connected', resolve);
  });
  const made = [];
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const title = `tick ${made.length}`;
    await root.collection('posts').create({ title });
    made.push(title);
  }
  for (const end = Date.now() + 60_000; told.length < made.length && Date.now() < end && !ended; ) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(ended, undefined, JSON.stringify(ended));
  assert.deepEqual(told, made);
  assert.ok(closes.length >= seconds / (life + 2), `${closes.length} closes`);
  assert.deepEqual([...new Set(closes)], [4403]);
});
