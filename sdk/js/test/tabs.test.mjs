// Ten tabs of the chat example in one browser, over HTTP/1.1 and, where nginx is installed, through
// nginx. A browser opens at most six HTTP connections to a server. Each tab has one WebSocket, and
// all ten tabs get every message.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { email, password, start } from '../../../clients/pocketbase/app.mjs';
import { browse, chromium } from '../../../clients/pocketbase/browser.mjs';
import { hasProxy, startProxy } from '../../../clients/pocketbase/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test('ten tabs live', { skip: chromium || process.env.CI ? false : 'there is no chromium', timeout: 120_000 }, async () => {
  const app = await start();
  await promisify(execFile)(process.execPath, [here('../../../examples/chat/setup.mjs'), '--url', app.url, '--email', email, '--password', password]);
  const folder = join(app.server.folder, 'public');
  await copyFile(here('../../../examples/chat/index.html'), join(folder, 'index.html'));
  await copyFile(here('../dist/loam.js'), join(folder, 'loam.js'));
  const url = hasProxy ? await startProxy(app.url) : app.url;
  const browser = await browse();
  after(() => browser.close());

  // Every tab records its WebSockets, from before the script of the page opens the first.
  const open = async () => {
    const tab = await browser.open('about:blank');
    await tab.send('Page.addScriptToEvaluateOnNewDocument', {
      source: 'window.sockets = []; const Real = WebSocket; window.WebSocket = class extends Real { constructor(...args) { super(...args); sockets.push(this); } };',
    });
    await tab.send('Page.enable');
    await tab.go(url);
    return tab;
  };
  const shows = (tab, selector, text) => tab.until(`document.querySelector('${selector}')?.innerText.includes(${JSON.stringify(text)})`);
  const first = await open();
  for (const [name, value] of Object.entries({ name: 'Ann', email: 'ann@example.com', password: 'long-enough' })) {
    await first.value(`document.querySelector('#door [name=${name}]').value = '${value}'`);
  }
  await first.value("document.querySelector('#door button[name=up]').click()");
  await shows(first, '#talk', 'No rooms yet');
  await first.value("document.querySelector('#open').room.value = 'Garden'; document.querySelector('#open').requestSubmit()");
  await shows(first, 'header h1', 'Garden');

  const tabs = [first, ...(await Promise.all(Array.from({ length: 9 }, open)))]; // signed in: they share their storage
  await Promise.all(tabs.map((tab) => shows(tab, 'header h1', 'Garden')));
  for (const [i, tab] of tabs.entries()) {
    await tab.value(`document.querySelector('#say').text.value = 'from tab ${i}.'; document.querySelector('#say').requestSubmit()`);
  }
  for (const tab of tabs) {
    for (const i of tabs.keys()) await shows(tab, '#talk', `from tab ${i}.`);
    assert.deepEqual(await tab.value('sockets.map((socket) => socket.readyState).filter((state) => state <= WebSocket.OPEN)'), [1]);
  }
  // The HTTP version of the pages and of their requests, as the browser reports it.
  const protocols = await tabs[9].value('performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource")).map((entry) => entry.nextHopProtocol).filter(Boolean)');
  assert.ok(protocols.length > 0 && protocols.every((name) => name === 'http/1.1'), protocols.join());
});
