// A client of the WebSocket API for tests, by npm ws.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after } from 'node:test';
import WebSocket from 'ws';

/** One connection: it queues the messages of the server, and sends requests. */
export class Socket {
  constructor(ws) {
    this.ws = ws;
    this.queue = [];
    this.waiting = [];
    this.lastID = 0;
    ws.on('message', (data, binary) => {
      assert.equal(binary, false);
      const message = JSON.parse(data);
      const taker = this.waiting.shift();
      if (taker) taker(message);
      else this.queue.push(message);
    });
    this.closed = once(ws, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  /** The next message; waits for it if the queue is empty. */
  next() {
    return this.queue.length ? Promise.resolve(this.queue.shift()) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Sends a message and returns the answer. Fails if the next message is not the answer. */
  async ask(type, fields = {}) {
    const id = `q${++this.lastID}`;
    this.ws.send(JSON.stringify({ type, id, ...fields }));
    const answer = await this.next();
    assert.equal(answer.id, id, JSON.stringify(answer));
    return answer;
  }

  async subscribe(topic, options = {}) {
    const answer = await this.ask('subscribe', { topic, ...options });
    assert.equal(answer.type, 'ok', JSON.stringify(answer));
    return answer.data.sub;
  }
}

/**
 * Returns a function that connects to an app and takes the greeting, which is then in hello. The
 * connections end with the test file.
 */
export function connector(app) {
  return async (headers = {}, { query = '', ...options } = {}) => {
    const ws = new WebSocket(`${app.url.replace('http', 'ws')}/api/realtime/ws${query}`, 'loam.v1', { headers, ...options });
    after(() => ws.terminate());
    const socket = new Socket(ws);
    socket.hello = await socket.next();
    return socket;
  };
}
