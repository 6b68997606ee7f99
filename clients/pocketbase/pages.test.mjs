// The pages that mailed links open, in a browser. Opening one does nothing, whether
// scripts run or not: programs that scan mails do that. The one button acts.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { start } from './app.mjs';
import { browse, chromium } from './browser.mjs';
import { mailbox } from './mailbox.mjs';

if (!chromium) {
  test('the pages', { skip: process.env.CI ? false : 'there is no chromium' }, () => assert.fail('there is no chromium'));
} else {
  const app = await start();
  const box = await mailbox(app);
  const users = app.guest().collection('users');
  const browser = await browse();
  after(() => browser.close());
  const stored = async (email) => app.root.collection('users').getFirstListItem(`email = "${email}"`);

  test('verification', async () => {
    const ann = await app.account('users', 'ann@example.com');
    await users.requestVerification('ann@example.com');
    const { url } = await box.link('ann@example.com', 'confirm-verification');
    assert.equal((await fetch(url)).status, 200); // a scanner without scripts
    const page = await browser.open(url);
    assert.match(await page.text(), /Story & Co\s+Verify your e-mail address/);
    assert.equal(await page.value('location.href'), `${app.url}/_/`); // the token is in no history
    await page.idle(); // its scripts have done what they do by themselves
    assert.equal((await stored('ann@example.com')).verified, false);
    assert.equal(await page.value('document.querySelectorAll("button").length'), 1);
    await page.submit();
    await page.until('document.body.innerText.includes("Your address is verified")');
    assert.equal((await stored('ann@example.com')).verified, true);
    await ann.collection('users').authRefresh();
  });

  test('a link that is void offers another', async () => {
    const bob = await app.account('users', 'bob@example.com');
    await users.requestPasswordReset('bob@example.com');
    const { url } = await box.link('bob@example.com', 'confirm-password-reset');
    await app.root.collection('users').update(bob.authStore.record.id, { 'tokenKey:autogenerate': '' });
    const page = await browser.open(url);
    await page.submit({ password: 'new-password', passwordConfirm: 'new-password' });
    await page.until('document.body.innerText.includes("not valid any more")');
    await page.submit();
    await page.until('document.body.innerText.includes("Look into your mailbox")');
  });

  test('password reset', async () => {
    await app.account('users', 'carl@example.com');
    await users.requestPasswordReset('carl@example.com');
    const { url } = await box.link('carl@example.com', 'confirm-password-reset');
    const page = await browser.open(url);
    await page.submit({ password: 'new-password', passwordConfirm: 'another' });
    await page.until(`document.body.innerText.includes("Values don't match")`);
    await page.submit({ password: 'new-password', passwordConfirm: 'new-password' });
    await page.until('document.body.innerText.includes("Your new password is set")');
    await app.signIn('users', 'carl@example.com', 'new-password');
  });

  test('change of address', async () => {
    const dora = await app.account('users', 'dora@example.com');
    await dora.collection('users').requestEmailChange('dora2@example.com');
    const { url } = await box.link('dora2@example.com', 'confirm-email-change');
    const page = await browser.open(url);
    await page.submit({ password: 'wrong' });
    await page.until('document.body.innerText.includes("invalid auth record password")');
    await page.submit({ password: 'a-long-password' });
    await page.until('document.body.innerText.includes("Your address is changed")');
    await app.signIn('users', 'dora2@example.com', 'a-long-password');
  });

  test('what is in a link is never markup', async () => {
    const page = await browser.open(`${app.url}/_/#/auth/confirm-verification/<img src=x onerror=alert(1)>`);
    await page.submit();
    await page.until('document.body.innerText.includes("not valid any more") || document.body.innerText.includes("again later")');
    assert.equal(await page.value('document.images.length'), 0);
    await page.go(`${app.url}/_/#nothing`);
  });
}
