// The chat of the examples: two people in two browsers, on the real server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { email, password, start } from '../../../clients/pocketbase/app.mjs';
import { browse, chromium } from '../../../clients/pocketbase/browser.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Where screenshots go, if one wants to look at them. */
const shots = process.env.LOAM_SCREENSHOTS;

async function shoot(page, name, { width = 1280, height = 800, dark = false } = {}) {
  if (!shots) return;
  await page.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
  const { data } = await page.send('Page.captureScreenshot');
  await mkdir(shots, { recursive: true });
  await writeFile(join(shots, `${name}.png`), Buffer.from(data, 'base64'));
}

/** Fills the form at the door and presses one of its buttons. */
async function knock(page, button, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.value(`document.querySelector('#door [name=${name}]').value = ${JSON.stringify(value)}`);
  }
  await page.value(`document.querySelector('#door button[name=${button}]').click()`);
}

const type = (page, form, field, text) =>
  page.value(`{ const input = document.querySelector('${form}')['${field}']; input.value = ${JSON.stringify(text)}; input.dispatchEvent(new Event('input', { bubbles: true })); 0 }`);
const send = (page, form) => page.value(`document.querySelector('${form}').requestSubmit()`);
const shows = (page, selector, text) => page.until(`document.querySelector('${selector}').innerText.includes(${JSON.stringify(text)})`);
const hides = (page, selector, text) => page.until(`!document.querySelector('${selector}').innerText.includes(${JSON.stringify(text)})`);

test('two people talk', { skip: chromium || process.env.CI ? false : 'there is no chromium', timeout: 120_000 }, async () => {
  const app = await start();
  const setUp = () => promisify(execFile)(process.execPath, [here('../../../examples/chat/setup.mjs'), '--url', app.url, '--email', email, '--password', password]);
  await setUp();
  await setUp(); // it can be run again
  const folder = join(app.server.folder, 'public');
  await copyFile(here('../../../examples/chat/index.html'), join(folder, 'index.html'));
  await copyFile(here('../dist/loam.js'), join(folder, 'loam.js'));
  const browsers = [await browse(), await browse()];
  after(() => Promise.all(browsers.map((b) => b.close())));
  const [ann, bob] = await Promise.all(browsers.map((b) => b.open(app.url)));
  for (const page of [ann, bob]) await page.value('window.failures = []; window.addEventListener("error", (e) => failures.push(e.message)); window.addEventListener("unhandledrejection", (e) => failures.push(String(e.reason)))');

  await knock(ann, 'in', { email: 'ann@example.com', password: 'long-enough' });
  await shows(ann, '#door p', 'Failed to authenticate.');
  await shoot(ann, 'chat-door');
  await knock(ann, 'up', { name: 'Ann', email: 'ann@example.com', password: 'long-enough' });
  await shows(ann, '#talk', 'No rooms yet');
  await type(ann, '#open', 'room', 'Garden');
  await send(ann, '#open');
  await shows(ann, 'header h1', 'Garden');
  await shows(ann, '#people', 'Ann');

  await knock(bob, 'up', { name: 'Bob <b>', email: 'bob@example.com', password: 'long-enough' });
  await shows(bob, 'header h1', 'Garden');
  for (const page of [ann, bob]) for (const name of ['Ann', 'Bob <b>']) await shows(page, '#people', name);

  await type(ann, '#say', 'text', 'Is the gate open?');
  await shows(bob, '#typing', 'Ann is typing');
  await send(ann, '#say');
  await shows(bob, '#talk', 'Is the gate open?');
  await hides(bob, '#typing', 'Ann');
  await type(bob, '#say', 'text', '<img src=x onerror=failures.push(1)>');
  await send(bob, '#say');
  await shows(ann, '#talk', '<img src=x onerror=failures.push(1)>');

  await bob.value(`(async () => {
    const canvas = new OffscreenCanvas(640, 360);
    const picture = canvas.getContext('2d');
    for (const [i, color] of ['#9ec5d4', '#6f9f6b', '#557a52', '#7d5a3c'].entries()) {
      picture.fillStyle = color;
      picture.fillRect(0, i * 90, 640, 90);
    }
    const files = new DataTransfer();
    files.items.add(new File([await canvas.convertToBlob()], 'gate.png', { type: 'image/png' }));
    document.querySelector('#say').picture.files = files.files;
  })()`);
  await send(bob, '#say');
  await ann.until('[...document.querySelectorAll("#talk img")].some((img) => img.complete && img.naturalWidth === 480)');
  await shoot(ann, 'chat-light');
  await shoot(ann, 'chat-dark', { dark: true });
  await shoot(ann, 'chat-narrow', { width: 390, height: 760 });

  // A new room is there for others at once; what is said in it is not said in the first one.
  await type(bob, '#open', 'room', 'Kitchen');
  await send(bob, '#open');
  await shows(ann, '#rooms', 'Kitchen');
  await hides(ann, '#people', 'Bob');
  await type(bob, '#say', 'text', 'Tea?');
  await send(bob, '#say');
  await shows(bob, '#talk', 'Tea?');
  assert.ok(!(await ann.text()).includes('Tea?'));

  // The page comes back as the same person, in the same room, and misses nothing.
  await bob.go(app.url + '/#' + (await bob.value('location.hash.slice(1)')));
  await bob.send('Page.reload');
  await shows(bob, '#talk', 'Tea?');
  await bob.value('document.querySelector("#out").click()');
  await bob.until('!document.querySelector("#door").hidden && localStorage.chat.includes(\'"token":""\')');
  assert.deepEqual(await ann.value('failures'), []);
});
