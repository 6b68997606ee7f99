// Signing in through another service in a browser, without a second window: the page of
// docs/oauth2.md as it is written there, and the pages on which a second window ends.
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from './app.mjs';
import { browse, chromium } from './browser.mjs';
import { clientId, clientSecret, openIDProvider } from './oidc.mjs';

if (!chromium) {
  test('the page', { skip: process.env.CI ? false : 'there is no chromium' }, () => assert.fail('there is no chromium'));
} else {
  const app = await start();
  const here = `${app.url}/`;
  const service = await openIDProvider({ redirects: [here, `${app.url}/api/oauth2-redirect`] });
  service.people.ann = { email: 'ann@example.com', email_verified: true, name: 'Ann' };
  const docs = await readFile(fileURLToPath(new URL('../../docs/oauth2.md', import.meta.url)), 'utf8');
  const folder = join(app.server.folder, 'public');
  await writeFile(join(folder, 'index.html'), docs.match(/^```html\n(.*?)^```$/ms)[1]);
  await copyFile(fileURLToPath(new URL('node_modules/pocketbase/dist/pocketbase.umd.js', import.meta.url)), join(folder, 'pocketbase.umd.js'));
  await app.root.collections.update('users', {
    oauth2: { enabled: true, providers: [{ name: 'oidc', clientId, clientSecret, displayName: 'My company', extra: { issuer: service.url } }] },
  });
  await app.root.settings.update({ meta: { appName: 'Story & Co', appURL: app.url } });
  const browser = await browse();
  after(() => browser.close());
  const says = (page, text) => page.until(`document.getElementById("who").textContent === ${JSON.stringify(text)}`);

  test('there and back', async () => {
    const page = await browser.open(here);
    await says(page, 'Nobody is signed in');
    await page.until('document.querySelector("button")?.textContent === "Go on with My company"');
    await page.submit();
    await says(page, 'Hello ann@example.com');
    assert.equal(await page.value('location.href'), here); // the code is in no history
    assert.equal(await page.value('sessionStorage.length'), 0);
    const { verified } = await app.root.collection('users').getFirstListItem('email = "ann@example.com"');
    assert.equal(verified, true);
  });

  test('attack: a link with the code of somebody else', async () => {
    const { oauth2 } = await app.guest().collection('users').listAuthMethods();
    const { href } = await service.visit(oauth2.providers[0].authURL + encodeURIComponent(here));
    const page = await browser.open(here);
    await page.value('localStorage.clear()');
    await page.go(href);
    await says(page, 'The sign-in was given up, or begun elsewhere. Try again.');
    assert.equal(await page.value('localStorage.length'), 0);
  });

  test('in a second window', async () => {
    const page = await browser.open(here);
    await page.value('localStorage.clear()');
    await page.press(`
      window.app = new PocketBase(location.origin);
      app.collection('users').authWithOAuth2({ provider: 'oidc' }).then(() => (document.title = 'done'), (e) => (document.title = e.message))
    `);
    await page.until('document.title === "done"');
    assert.equal(await page.value('app.authStore.record.email'), 'ann@example.com');
  });

  test('the ends of a second window', async () => {
    // Nobody waits for this: there is no such stream.
    const page = await browser.open(`${app.url}/api/oauth2-redirect?state=nobody&code=c`);
    const text = await page.text();
    assert.match(text, /Story & Co\s+The sign-in failed/);
    assert.match(text, /try again/i);
    assert.match(text, /VPN/);
    assert.equal(await page.value('location.href'), `${app.url}/_/`);
    await page.go(`${app.url}/_/#/auth/oauth2-redirect-success`);
    await page.until('document.body.innerText.includes("Signed in")');
    assert.match(await page.text(), /Story & Co/);
  });
}
