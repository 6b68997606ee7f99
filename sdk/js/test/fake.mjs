// A fake server whose messages each test defines: for lost sockets, silence and order of messages.
import { once } from 'node:events';
import { WebSocketServer } from 'ws';

/**
 * Starts a fake server. It sends hello on each new socket if hello is true, and calls onMessage
 * with each message, a function that sends to the socket, the socket and its number, from 1.
 */
export async function fake(onMessage, { hello = true } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'loam.v1' });
  await once(server, 'listening');
  const heard = [];
  let sockets = 0;
  server.on('connection', (socket, request) => {
    const number = ++sockets;
    const say = (m) => socket.send(JSON.stringify(m));
    socket.on('message', (data) => {
      const m = JSON.parse(String(data));
      heard.push({ ...m, socket: number });
      onMessage?.(m, say, socket, number);
    });
    if (hello) say({ type: 'hello', peer: `peer${number}`, token: 'E.0', server: 'fake' });
    server.emit('socket', socket, number, request);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    heard,
    sockets: () => sockets,
    next: () => once(server, 'socket'),
    async close() {
      for (const s of server.clients) s.terminate();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Returns an onMessage that accepts all requests, for any collection or channel, and calls then. */
export function polite(then = () => {}) {
  let subs = 0;
  return (m, say, socket, number) => {
    if (m.type === 'ping') return say({ type: 'pong' });
    const data = m.type === 'subscribe' ? { sub: String(++subs), token: 'E.1' } : {};
    say({ type: 'ok', id: m.id, data });
    then(m, say, data.sub, socket, number);
  };
}

/** An auth store with the interface of the auth store of the PocketBase SDK. */
export class Store {
  #told = [];
  constructor(token = '') {
    this.token = token;
  }
  onChange(fn) {
    this.#told.push(fn);
  }
  save(token) {
    this.token = token;
    for (const fn of this.#told) fn();
  }
}

/**
 * Resolves when check returns true, and rejects after 20 seconds. It calls check after each turn of
 * the event loop.
 */
export async function until(check, what = String(check)) {
  for (const end = Date.now() + 20_000; !check(); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setImmediate(done));
  }
}
