// The SDK keeps a sign-in in a cookie: exported by a server, read by the page in a browser, and back.
import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import PocketBase from 'pocketbase';
import { start } from './app.mjs';
import { browse, chromium } from './browser.mjs';

if (!chromium) {
  test('cookies', { skip: process.env.CI ? false : 'there is no chromium' }, () => assert.fail('there is no chromium'));
} else {
  const app = await start();
  const folder = join(app.server.folder, 'public');
  await writeFile(join(folder, 'index.html'), '<!doctype html><script src="pocketbase.umd.js"></script>');
  await copyFile(fileURLToPath(new URL('node_modules/pocketbase/dist/pocketbase.umd.js', import.meta.url)), join(folder, 'pocketbase.umd.js'));
  const ann = await app.account('users', 'ann@example.com', { name: 'Ann; "ünï" <b>' });
  const browser = await browse();
  after(() => browser.close());
  const page = await browser.open(`${app.url}/`);
  /** The cookie as the page or a server gets it: without its attributes. */
  const sent = (cookie) => cookie.split(';')[0];

  test('a page takes over what a server has exported', async () => {
    const cookie = ann.authStore.exportToCookie({ httpOnly: false, secure: false });
    assert.match(cookie, /; SameSite=Strict$/);
    await page.value(`document.cookie = ${JSON.stringify(cookie)}`);
    const [email, name, refreshed] = await page.value(`(async () => {
      window.app = new PocketBase(location.origin);
      app.authStore.loadFromCookie(document.cookie);
      const { record } = await app.collection('users').authRefresh();
      return [app.authStore.record.email, app.authStore.record.name, record.id];
    })()`);
    assert.deepEqual([email, name, refreshed], ['ann@example.com', 'Ann; "ünï" <b>', ann.authStore.record.id]);
  });

  test('a server takes over what the page has exported', async () => {
    await page.value('document.cookie = app.authStore.exportToCookie({ httpOnly: false, secure: false })');
    const server = new PocketBase(app.url);
    server.authStore.loadFromCookie(await page.value('document.cookie'));
    assert.equal(server.authStore.isValid, true);
    assert.equal((await server.collection('users').getOne(ann.authStore.record.id)).email, 'ann@example.com');
    assert.equal(sent(server.authStore.exportToCookie({ httpOnly: false, secure: false })), await page.value('document.cookie'));
  });

  test('a sign-out empties the cookie', async () => {
    await page.value('app.authStore.clear(); document.cookie = app.authStore.exportToCookie({ httpOnly: false, secure: false })');
    assert.equal(await page.value('document.cookie'), '');
    const server = new PocketBase(app.url);
    server.authStore.loadFromCookie('');
    assert.equal(server.authStore.isValid, false);
  });

  test('the cookie of a token that has ended lets nobody in', async () => {
    const cookie = sent(ann.authStore.exportToCookie());
    await app.root.collection('users').update(ann.authStore.record.id, { password: 'another-password', passwordConfirm: 'another-password' });
    const [valid, status] = await page.value(`(async () => {
      app.authStore.loadFromCookie(${JSON.stringify(cookie)});
      const valid = app.authStore.isValid;
      return [valid, await app.collection('users').authRefresh().then(() => 200, (e) => e.status)];
    })()`);
    assert.deepEqual([valid, status], [true, 401]);
  });
}
