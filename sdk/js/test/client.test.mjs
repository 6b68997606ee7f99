// Tests of the client against a fake server, whose answers each test defines.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import WebSocket from 'ws';
import { Loam, LoamError } from '../dist/loam.js';
import { Store, fake, polite, until } from './fake.mjs';

const note = (id, text = id) => ({ id, collectionId: 'c', collectionName: 'notes', text });

/** Runs a test with a server and a client of it. */
function withClient(name, onMessage, run, { store = new Store(), ...options } = {}) {
  test(name, async (t) => {
    const server = await fake(onMessage, options);
    const loam = new Loam(server.url, { authStore: store, WebSocket });
    // Pauses before another attempt are random; none is needed here.
    t.mock.method(Math, 'random', () => 0);
    try {
      await run({ t, server, loam, store });
    } finally {
      loam.close();
      await server.close();
    }
  });
}

test('the whole client is less than 4 KB compressed', async () => {
  const client = await readFile(new URL('../dist/loam.js', import.meta.url));
  assert.ok(gzipSync(client).length < 4096, `${gzipSync(client).length} bytes`);
});

const kinds = (heard) => heard.map((m) => m.type);

{
  const store = new Store('token of now');
  withClient(
    'each socket says who it is before it subscribes, with the token of now',
    polite((m, say, sub, socket, number) => m.type === 'subscribe' && number === 1 && (store.token = 'a later token', socket.terminate())),
    async ({ server, loam }) => {
      loam.collection('notes').subscribe('*', () => {});
      await until(() => server.heard.length === 4);
      assert.deepEqual(kinds(server.heard), ['auth', 'subscribe', 'auth', 'subscribe']);
      assert.deepEqual(server.heard.filter((m) => m.type === 'auth').map((m) => m.token), ['token of now', 'a later token']);
    },
    { store },
  );
}

{
  const store = new Store('hers');
  withClient(
    'signing out and in is told at once',
    polite(),
    async ({ server, loam }) => {
      loam.collection('notes').subscribe('*', () => {});
      await until(() => loam.state === 'open');
      store.save('');
      store.save('his');
      await until(() => server.heard.length === 4);
      assert.deepEqual(server.heard.filter((m) => m.type === 'auth').map((m) => m.token), ['hers', null, 'his']);
    },
    { store },
  );
}

{
  const states = [];
  withClient(
    'a subscription goes on where it was',
    polite((m, say, sub, socket, number) => {
      if (m.type !== 'subscribe' || number > 2) return;
      if (number === 1) say({ type: 'event', sub, action: 'create', record: note('a'), token: 'E.7', txEnd: true });
      if (number === 2) say({ type: 'event', sub, action: 'update', record: note('a') }); // in the middle of a transaction
      socket.close(1001);
    }),
    async ({ server, loam }) => {
      loam.on('state', (s) => states.push(s));
      const told = [];
      const stop = loam.collection('notes').subscribe('*', (c) => told.push(c.action), { filter: 'n > 1' });
      await until(() => server.heard.some((m) => m.type === 'subscribe' && m.socket === 3));
      const asked = server.heard.filter((m) => m.type === 'subscribe');
      assert.deepEqual(asked.map((m) => m.since), [undefined, 'E.7', 'E.7']);
      assert.deepEqual(asked.map((m) => m.filter), ['n > 1', 'n > 1', 'n > 1']);
      assert.deepEqual(told, ['create', 'update']);
      assert.deepEqual(states, ['connecting', 'open', 'resuming', 'open', 'resuming', 'open']);
      stop();
      loam.close();
      assert.equal(loam.state, 'closed');
    },
  );
}

withClient('subscribed, unsubscribed and subscribed in a row is subscribed once', polite(), async ({ server, loam }) => {
  const notes = loam.collection('notes');
  notes.subscribe('*', () => assert.fail('told after it was stopped'))();
  await until(() => loam.state === 'closed');
  const told = [];
  notes.subscribe('*', () => told.push(1));
  await until(() => loam.state === 'open');
  notes.subscribe('*', () => assert.fail('told after it was stopped'))();
  notes.subscribe('x', () => {});
  await until(() => server.heard.filter((m) => m.type === 'subscribe').length === 3 && server.heard.some((m) => m.type === 'unsubscribe'));
  const left = new Set(server.heard.filter((m) => m.type === 'subscribe').map((m) => m.topic + m.socket));
  assert.deepEqual([...left], ['notes/*1', 'notes/x1']);
  assert.deepEqual(server.heard.filter((m) => m.type === 'unsubscribe').map((m) => m.sub), ['2']);
});

withClient(
  'what the server refuses ends that subscription alone, and says why',
  (m, say) => {
    if (m.type !== 'subscribe') return;
    if (m.topic === 'nope/*') say({ type: 'error', id: m.id, status: 404, code: 'not_found', message: 'No such collection.', data: {} });
    else say({ type: 'ok', id: m.id, data: { sub: '1', token: 'E.1' } });
  },
  async ({ loam }) => {
    const failed = new Promise((resolve) => loam.collection('nope').subscribe('*', () => {}, {}, resolve));
    loam.collection('notes').subscribe('*', () => {});
    const error = await failed;
    assert.ok(error instanceof LoamError);
    assert.deepEqual([error.status, error.code, error.message], [404, 'not_found', 'No such collection.']);
    assert.equal(loam.state, 'open');
  },
);

/** A socket without a network, for tests whose clock stands still. */
class Stub {
  static all = [];
  readyState = 0;
  sent = [];
  constructor() {
    Stub.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
    const m = this.sent.at(-1);
    if (m.type === 'subscribe') this.say({ type: 'ok', id: m.id, data: { sub: '1', token: 'E.1' } });
  }
  say(m) {
    this.onmessage({ data: JSON.stringify(m) });
  }
  greet() {
    this.readyState = 1;
    this.say({ type: 'hello', peer: 'p', token: 'E.0' });
  }
  close() {}
}

/** Runs a test with stubs and a clock that it moves. */
function withClock(name, run) {
  test(name, (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    Stub.all.length = 0;
    const loam = new Loam('http://127.0.0.1:1', { WebSocket: Stub });
    try {
      run(t, loam, (seconds) => {
        for (let i = 0; i < 8 * seconds; i++) t.mock.timers.tick(125);
      });
    } finally {
      loam.close();
    }
  });
}

withClock('a socket that has died in silence is noticed and replaced', (t, loam, pass) => {
  t.mock.method(Math, 'random', () => 0);
  loam.collection('notes').subscribe('*', () => {});
  Stub.all[0].greet();
  pass(18);
  assert.deepEqual(kinds(Stub.all[0].sent), ['subscribe', 'ping']);
  Stub.all[0].say({ type: 'pong' });
  pass(18);
  assert.equal(Stub.all.length, 1, 'a socket that answers stays');
  pass(10); // the second ping is not answered
  assert.equal(Stub.all.length, 2);
  Stub.all[1].greet();
  assert.equal(Stub.all[1].sent[0].since, 'E.1');
  Stub.all[0].say({ type: 'event', sub: '1', action: 'create', record: {} }); // nobody listens to it any more
});

withClock('a server that never greets is tried again', (t, loam, pass) => {
  t.mock.method(Math, 'random', () => 0);
  loam.collection('notes').subscribe('*', () => {});
  for (let n = 1; n < 4; n++) {
    assert.equal(Stub.all.length, n);
    assert.equal(loam.state, 'connecting');
    pass(11);
  }
});

withClock('pauses grow to half a minute, are random, and never end', (t, loam) => {
  t.mock.method(Math, 'random', () => 0.5);
  const pauses = [];
  loam.collection('notes').subscribe('*', () => {});
  for (let n = 1; n <= 12; n++) {
    Stub.all.at(-1).onclose({ code: 1006 });
    let pause = 0;
    for (; Stub.all.length === n; pause += 125) t.mock.timers.tick(125);
    pauses.push(pause);
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000, 15000, 15000]);
});

withClock('a socket that nobody needs is closed after a while', (t, loam, pass) => {
  const stop = loam.collection('notes').subscribe('*', () => {});
  Stub.all[0].greet();
  stop();
  stop();
  pass(4);
  assert.equal(loam.state, 'open');
  loam.collection('notes').subscribe('*', () => {})();
  pass(4);
  assert.equal(loam.state, 'open');
  pass(2);
  assert.equal(loam.state, 'closed');
  loam.collection('notes').subscribe('*', () => {});
  assert.equal(Stub.all.length, 2);
});

withClock('100,000 events over 1,000 sockets keep the heap flat', (t, loam) => {
  const random = Math.random;
  t.after(() => (Math.random = random));
  Math.random = () => 0; // a mocked method keeps each call
  const heap = () => (globalThis.gc(), process.memoryUsage().heapUsed);
  let told = 0;
  loam.collection('notes').subscribe('*', () => told++);
  let before = 0;
  for (let socket = 1; socket <= 1000; socket++) {
    const [stub] = Stub.all.splice(0);
    stub.greet();
    for (let i = 0; i < 100; i++) stub.say({ type: 'event', sub: '1', action: 'update', record: note('a', 'x'.repeat(100)), txEnd: true, token: `E.${told}` });
    stub.onclose({ code: 1001 });
    t.mock.timers.tick(1);
    if (socket === 100) before = heap();
  }
  assert.equal(told, 100_000);
  const grown = heap() - before;
  assert.ok(grown < 1 << 20, `the heap grew by ${grown} bytes`);
});

withClock('a server that is busy is asked again, on the same socket', (t, loam, pass) => {
  const failed = [];
  loam.collection('notes').subscribe('*', () => {}, {}, (e) => failed.push(e));
  const send = Stub.prototype.send;
  const busy = { type: 'error', status: 429, code: 'too_many', message: 'Too many.', data: {} };
  let refusals = 2;
  t.mock.method(Stub.prototype, 'send', function (text) {
    const m = JSON.parse(text);
    if (m.type !== 'subscribe' || refusals-- <= 0) return send.call(this, text);
    this.sent.push(m);
    this.say({ ...busy, id: m.id });
  });
  Stub.all[0].greet();
  pass(7);
  assert.deepEqual(kinds(Stub.all[0].sent), ['subscribe', 'subscribe', 'subscribe']);
  assert.deepEqual([failed, Stub.all.length], [[], 1]);
});

{
  const channel = 'room:1';
  const say4 = (say) => {
    say({ type: 'channel', channel, event: 'presence', state: { p1: { auth: 'users/ann', state: { n: 1 } }, p2: { auth: null, state: {} } } });
    say({ type: 'channel', channel, event: 'presence_diff', joins: { p3: { auth: 'users/ann', state: { n: 2 } }, p4: { auth: null, state: {} } }, leaves: { p2: {} } });
    say({ type: 'channel', channel, event: 'typing', payload: { on: true }, from: { peer: 'p3', auth: 'users/ann' } });
    say({ type: 'channel', channel: 'room:2', event: 'typing', payload: {}, from: {} });
  };
  withClient(
    'channels: who is there, what they send',
    polite((m, say) => m.type === 'join' && say4(say)),
    async ({ server, loam }) => {
      const typed = [];
      const room = loam.channel(channel, { name: 'me' }).on('typing', (payload, from) => typed.push([payload.on, from.peer]));
      await until(() => typed.length > 0);
      assert.deepEqual(room.users(), [
        { auth: 'users/ann', peers: ['p1', 'p3'], state: { n: 2 } },
        { auth: null, peers: ['p4'], state: {} },
      ]);
      assert.equal(room.size, 3);
      await room.presence({ away: true }).send('typing', { on: false }, { ack: true });
      room.leave();
      await until(() => server.heard.length === 4);
      assert.deepEqual(kinds(server.heard), ['join', 'presence', 'broadcast', 'leave']);
      assert.deepEqual([server.heard[0].presence, server.heard[1].state], [{ name: 'me' }, { away: true }]);
      assert.deepEqual(room.users(), []);
      assert.equal(typed.length, 1);
    },
  );
}

{
  const lists = [];
  const event = (sub, fields) => ({ type: 'event', sub, ...fields });
  withClient(
    'a live list is shown when it is whole, and read anew on another socket',
    polite((m, say, sub, socket, number) => {
      if (m.type !== 'subscribe') return;
      assert.deepEqual([m.sort, m.limit, m.fields, m.since], ['text', 100, 'text,id', undefined]);
      if (number === 2) return say({ type: 'snapshot', sub, items: [note('z')], more: false, token: 'E.9' });
      say({ type: 'snapshot', sub, items: [note('a'), note('b'), note('c')], more: false, token: 'E.1' });
      say(event(sub, { action: 'leave', id: 'a' }));
      say(event(sub, { action: 'enter', index: 2, record: note('d') }));
      say(event(sub, { action: 'update', index: 0, record: note('c', 'C'), txEnd: true, token: 'E.2' }));
      say({ type: 'reset', sub, token: 'E.3' });
      say({ type: 'snapshot', sub, items: [], more: false, token: 'E.3' });
      setImmediate(() => socket.terminate());
    }),
    async ({ loam }) => {
      loam.collection('notes').live({ sort: 'text', fields: 'text' }, (rows) => lists.push(rows));
      await until(() => lists.length === 4);
      assert.deepEqual(lists.map((rows) => rows.map((r) => r.text).join()), ['a,b,c', 'C,b,d', '', 'z']);
    },
  );
}

{
  const failures = [];
  withClient(
    'a live list that the server ends has failed',
    polite((m, say, sub) => m.type === 'subscribe' && say({ type: 'error', sub, status: 400, code: 'snapshot_too_large', message: 'Too large.', data: {} })),
    async ({ server, loam }) => {
      loam.collection('notes').live({}, () => {}, (e) => failures.push(e));
      await until(() => failures.length === 1);
      assert.ok(failures[0] instanceof LoamError);
      assert.equal(failures[0].code, 'snapshot_too_large');
      assert.ok(!server.heard.some((m) => m.type === 'unsubscribe'));
    },
  );
}
