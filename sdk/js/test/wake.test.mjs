// Tests of the client in Chromium after its connection has died without an error: a proxy between
// the client and the server accepts bytes and forwards none, as happens after a machine has slept.
import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from '../../../clients/pocketbase/app.mjs';
import { browse, chromium } from '../../../clients/pocketbase/browser.mjs';

/**
 * Starts a TCP proxy in front of the server at the URL upstream. Returns the URL of the proxy, and
 * the function hole, after which the connections that are open forward no more bytes.
 */
async function startProxy(upstream) {
  const { hostname, port } = new URL(upstream);
  const open = new Set(); // the pairs of sockets between which bytes are forwarded
  const sockets = [];
  const server = createServer((client) => {
    const behind = connect(port, hostname);
    const pair = [client, behind];
    open.add(pair);
    sockets.push(...pair);
    for (const [from, to] of [pair, [behind, client]]) {
      from.on('data', (chunk) => open.has(pair) && to.write(chunk));
      from.on('end', () => open.has(pair) && to.end());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, hole: () => open.clear() };
}

const page = `<!doctype html><h1>Notes</h1><script type="module">
import { Loam } from './loam.js';
window.told = [];
window.states = [];
window.loam = new Loam(location.href);
loam.on('state', (state) => states.push(state));
loam.collection('notes').subscribe('*', ({ action, record }) => told.push(action + ' ' + record?.text));
</script>`;

test('a page that wakes up after a black hole is connected within 5 seconds, and has missed nothing', { skip: chromium || process.env.CI ? false : 'there is no chromium', timeout: 120_000 }, async () => {
  const app = await start();
  const notes = app.root.collection('notes');
  await app.open('notes', [{ name: 'text', type: 'text' }]);
  const folder = join(app.server.folder, 'public');
  await writeFile(join(folder, 'index.html'), page);
  await copyFile(fileURLToPath(new URL('../dist/loam.js', import.meta.url)), join(folder, 'loam.js'));
  const proxy = await startProxy(app.url);
  const browser = await browse();
  after(() => browser.close());
  const tab = await browser.open(proxy.url);
  const told = (text) => tab.until(`told.includes('create ${text}')`);
  await tab.until('window.loam?.state === "open"');
  for (let i = 0; !(await tab.value('told.length')); i++) await notes.create({ text: `early ${i}` });

  for (const [target, event] of [['window', 'online'], ['window', 'pageshow'], ['document', 'visibilitychange']]) {
    proxy.hole();
    await notes.create({ text: `before ${event}` });
    const took = await tab.value(`new Promise((resolve) => {
      const began = performance.now();
      states.length = 0;
      loam.on('state', (state) => state === 'open' && resolve(performance.now() - began));
      ${target}.dispatchEvent(new Event('${event}'));
    })`);
    assert.ok(took < 5000, `open ${took} ms after ${event}`);
    assert.deepEqual(await tab.value('states'), ['resuming', 'open']);
    await told(`before ${event}`);
  }
  const creates = await tab.value('told.filter((text) => text.startsWith("create before"))');
  assert.deepEqual(creates, ['create before online', 'create before pageshow', 'create before visibilitychange']);
});
