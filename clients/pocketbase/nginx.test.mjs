// Tests behind nginx: events arrive at once, streams outlive the timeouts of nginx, and downloads
// and uploads pass.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import PocketBase from 'pocketbase';
import WebSocket from 'ws';
import { imported, onPostgres } from '../loam.mjs';
import { start } from './app.mjs';
import { hasProxy, startProxy } from './nginx.mjs';

globalThis.EventSource = EventSource;
const options = { skip: hasProxy ? false : 'nginx is not installed' };

/** The silence on a connection, in seconds. nginx closes a connection that is silent for 60. */
const silence = Number(process.env.LOAM_SILENCE ?? 0);

const app = await start();
await app.open('notes', [{ name: 'text', type: 'text' }, { name: 'file', type: 'file' }]);
const url = options.skip ? app.url : await startProxy(app.url);
const pb = new PocketBase(url).autoCancellation(false);
const notes = pb.collection('notes');
const soon = 10_000; // milliseconds; enough on a slow machine, while a proxy that buffers delays an event for longer
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

test('an event of a stream is not held back, after a silence too', options, async () => {
  const events = [];
  let arrived = () => {};
  let connections = 0;
  await pb.realtime.subscribe('PB_CONNECT', () => connections++);
  await notes.subscribe('*', (event) => { events.push([event.record.text, Date.now()]); arrived(); });
  for (const wait of [0, silence]) {
    await pause(wait);
    const come = new Promise((resolve) => (arrived = resolve));
    await notes.create({ text: `after ${wait}` });
    const written = Date.now();
    await come;
    const [text, at] = events.at(-1);
    assert.equal(text, `after ${wait}`);
    assert.ok(at - written < soon, `the event took ${at - written} ms`);
  }
  assert.ok(connections <= 1, `the stream was opened ${connections + 1} times`);
  await pb.realtime.unsubscribe();
});

// Twenty seconds pass with every database, so one run is enough.
const slow = imported || onPostgres ? { skip: 'it takes long' } : options;
test('a stream and a WebSocket are never silent for as long as nginx waits', slow, async (t) => {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const stream = await fetch(`${url}/api/realtime`, { headers: { 'Accept-Encoding': 'gzip' }, signal: controller.signal });
  assert.equal(stream.headers.get('content-encoding'), 'gzip'); // nginx compresses streams too
  const reader = stream.body.getReader();
  const heartbeat = (async () => {
    for (let text = ''; !text.includes('\n:\n'); text += new TextDecoder().decode((await reader.read()).value));
  })();
  const ws = new WebSocket(`${url.replace('http', 'ws')}/api/realtime/ws`, 'loam.v1');
  t.after(() => ws.terminate());
  const closed = once(ws, 'close').then(() => { throw new Error('the WebSocket was closed'); });
  const ping = once(ws, 'ping');
  const timer = setTimeout(() => ws.terminate(), 30_000);
  t.after(() => clearTimeout(timer));
  await Promise.race([Promise.all([heartbeat, ping]), closed]);
  clearTimeout(timer);
  if (silence) await Promise.race([pause(silence), closed]);
  ws.send(JSON.stringify({ type: 'ping', id: '1' }));
  const sent = Date.now();
  for (let answer; answer?.id !== '1'; ) answer = JSON.parse((await Promise.race([once(ws, 'message'), closed]))[0]);
  assert.ok(Date.now() - sent < soon);
  closed.catch(() => {}); // from here on it may close
});

test('uploads, parts and compressed answers pass', options, async () => {
  const content = randomBytes(900_000); // nginx takes a megabyte
  const record = await notes.create({ text: 'x'.repeat(5000), file: new File([content], 'a.bin') });
  const get = async (headers) => {
    const answer = await fetch(pb.files.getURL(record, record.file), { headers });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  assert.deepEqual(await get({}), { status: 200, bytes: content });
  assert.deepEqual(await get({ Range: 'bytes=100-299' }), { status: 206, bytes: content.subarray(100, 300) });
  const answer = await fetch(`${url}/api/collections/notes/records/${record.id}`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(answer.headers.get('content-encoding'), 'gzip');
  assert.deepEqual(await answer.json(), record);
});
