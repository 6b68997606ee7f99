// Signing in and out, the first superuser, and attacks on a session that must fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../../clients/loam.mjs';
import { isUsable, pictures } from './looks.mjs';
import { email, isWell, loads, onStage, password, picture, signIn } from './stage.mjs';

await onStage(async (stage) => {
  const link = await stage.installer();
  const codeOf = ({ html }) => html.match(/\b\d{6,10}\b/)[0];

  test('the first superuser is created in the browser', async () => {
    const page = await stage.window();
    await page.goto(`${stage.url}/_/`);
    assert.match(await page.textContent('body'), /no superuser yet/);
    await page.goto(`${stage.url}/_/${link}`);
    await page.getByText('Create the first superuser').waitFor();
    assert.equal(page.url(), `${stage.url}/_/install`);
    await pictures(page, 'install');
    await isUsable(page, 'install');
    await page.getByLabel('Email').fill(email);
    const said = page.locator('[data-strength]');
    for (const [text, words] of [['password1', 'Weak'], ['maya1987', 'Fair'], ['Tr0ub4dor&3', 'Good'], [password, 'Strong'], ['short', 'Too short: 8 characters or more.']]) {
      await page.getByLabel('Password').fill(text);
      await said.getByText(words).waitFor();
    }
    await page.getByRole('button', { name: 'Create superuser' }).click();
    await page.locator('#password-err').waitFor();
    assert.equal(await page.getByLabel('Email').inputValue(), email);
    await picture(page, 'install-error');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Create superuser' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const [cookie] = (await page.context().cookies()).filter((c) => c.name === 'loam_session');
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/_/']);
    await picture(page, 'overview');
    await page.goto(`${stage.url}/_/${link}`);
    await page.getByText('not valid any more').waitFor();
  });

  test('sign-in and sign-out', async () => {
    const page = await stage.window();
    await page.goto(`${stage.url}/_/`);
    await pictures(page, 'sign-in');
    await page.getByLabel('Password', { exact: true }).fill('seen');
    await page.getByLabel('Show what I type').check();
    assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
    await page.getByLabel('Show what I type').uncheck();
    assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'password');
    await isUsable(page, 'sign-in');
    await signIn(page, 'wrong');
    await page.getByText('Wrong email or password').waitFor();
    assert.equal(await page.getByLabel('Email').inputValue(), email);
    await picture(page, 'sign-in-error');
    await signIn(page);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: /Your account/ }).click();
    await picture(page, 'account');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal((await page.context().cookies()).length, 0);
  });

  test('a refused sign-in tells the tries that remain, then the pause', async () => {
    const page = await stage.window({}); // needs a clock of its own
    await page.clock.install();
    await page.goto(`${stage.url}/_/`);
    const identity = 'nobody@orchard.example';
    const refused = async (said) => {
      await signIn(page, 'wrong', identity);
      await page.getByRole('alert').getByText(`Wrong email or password. ${said}`.trim()).waitFor();
    };
    for (const said of ['', '', '3 more tries, then a pause.', '2 more tries, then a pause.', 'One more try, then a pause.']) await refused(said);
    await page.clock.pauseAt(Date.now() + 3_600_000); // stops the countdown
    await refused('Try again in 0:01.');
    const button = page.getByRole('button', { name: /^Sign in/ });
    assert.equal(await button.isDisabled(), true);
    await picture(page, 'sign-in-pause');
    await page.clock.resume();
    await page.getByText('Try again now.').waitFor();
    assert.equal(await button.isDisabled(), false);

    // The server also refuses attempts without the button. Each pause is twice as long as the one
    // before.
    const attempt = () => page.request.post(`${stage.url}/_/sign-in`, { form: { identity, password: 'wrong' }, headers: { Origin: stage.url } });
    let answer = await attempt();
    assert.match(await answer.text(), /data-wait="2"/);
    while (answer.status() === 422) answer = await attempt(); // on a slow machine the pause may be over already
    assert.equal(answer.status(), 429);
    assert.match(await answer.text(), /Too many tries/);
    await isWell(page);
  });

  test('signing out everywhere ends the sessions of other browsers', async () => {
    const [here, there] = [await stage.window(), await stage.window()];
    for (const page of [here, there]) {
      await page.goto(`${stage.url}/_/`);
      await signIn(page);
    }
    await here.getByRole('button', { name: /Your account/ }).click();
    await here.getByRole('button', { name: 'Sign out everywhere' }).click();
    await here.getByRole('heading', { name: 'Sign in' }).waitFor();
    await there.goto(`${stage.url}/_/`);
    await there.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('an old link of the installer says that a superuser exists', async () => {
    const page = await stage.window();
    await page.goto(`${stage.url}/_/${link}`);
    await page.getByRole('heading', { name: 'This link is not valid any more' }).waitFor();
    await page.getByText('The link was for the first superuser, and this server has one').waitFor();
    assert.equal(await page.getByText('Start the server again').count(), 0);
  });

  test('a sign-in by another field than the address, with a code to the address', async () => {
    const superusers = await stage.api('GET', '/api/collections/_superusers');
    await stage.api('PATCH', '/api/collections/_superusers', {
      fields: [...superusers.fields, { name: 'username', type: 'text' }],
      indexes: [...superusers.indexes, "CREATE UNIQUE INDEX `idx_names` ON `_superusers` (`username`) WHERE `username` != ''"],
      passwordAuth: { enabled: true, identityFields: ['email', 'username'] }, mfa: { enabled: true }, otp: { enabled: true },
    });
    const { items } = await stage.api('GET', '/api/collections/_superusers/records');
    await stage.api('PATCH', `/api/collections/_superusers/records/${items[0].id}`, { username: 'maya' });
    const box = await stage.mailbox();
    const page = await stage.window();
    await page.goto(`${stage.url}/_/sign-in`);
    await page.getByLabel('Email or username').fill('maya');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('One-time code').fill(codeOf(await box.next())); // a complete code is sent at once
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    // Superusers use a code as a second step only, so the second step cannot be switched off while
    // codes are on.
    await page.goto(`${stage.url}/_/c/_superusers/sign-in`);
    await page.locator('[id="i-mfa.enabled"]').uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Switch the codes off as well.').waitFor();
    await stage.api('PATCH', '/api/collections/_superusers', { ...superusers, mfa: { enabled: false }, otp: { enabled: false } });
  });

  test('a forgotten password, and the second step', async () => {
    const page = await stage.window();
    await page.goto(`${stage.url}/_/forgotten`);
    await pictures(page, 'forgotten');
    await isUsable(page, 'forgotten');
    const secondStep = (enabled) => stage.api('PATCH', '/api/collections/_superusers', { mfa: { enabled }, otp: { enabled } });
    await secondStep(true);
    const box = await stage.mailbox();
    await page.goto(`${stage.url}/_/`);
    await signIn(page);
    await page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    const first = codeOf(await box.next());
    await pictures(page, 'sign-in-code');
    await isUsable(page, 'sign-in-code');
    await loads(page, () => page.getByRole('button', { name: 'Send another code' }).click());
    const second = codeOf(await box.next());
    await loads(page, () => page.getByLabel('One-time code').fill(first));
    await page.getByText('This code is wrong or too old').waitFor();
    await page.getByLabel('One-time code').fill(second.slice(0, 3));
    await loads(page, () => page.keyboard.press('Enter')); // sends an incomplete code
    await page.getByText('This code is wrong or too old').waitFor();
    await page.getByLabel('One-time code').focus();
    await page.keyboard.insertText(`Your code: ${second.slice(0, 4)} ${second.slice(4)}`); // stands for a paste
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await secondStep(false);
  });

  test('a session that is over has the sign-in over the page', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/`);
    await page.context().clearCookies({ name: 'loam_session' });
    await page.evaluate(() => window.htmx.ajax('POST', '/_/session', { target: 'body', swap: 'none' }));
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await picture(page, 'sign-in-dialog');
    assert.equal(await page.getByLabel('Email').inputValue(), email); // the account of the page
    assert.equal(await page.evaluate(() => document.activeElement.name), 'password');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.ok((await page.context().cookies()).some((c) => c.name === 'loam_session'));
    await page.context().clearCookies({ name: 'loam_session' });
    await page.keyboard.press('Control+k'); // a request of a script by fetch
    await stage.again(page);
    await page.getByRole('option', { name: 'Metrics', exact: true }).waitFor();
    await isWell(page);
  });

  test('after the sign-in the page goes on: the charts, the columns of a table, a query', async () => {
    const page = await stage.signedIn({ own: true }); // a fake clock lasts as long as its context
    await page.clock.install();
    await page.goto(`${stage.url}/_/metrics`);
    const samples = () => page.waitForResponse((answer) => answer.url().includes('/_/metrics/series') && answer.ok());
    const poll = () => page.clock.runFor(15_000);
    await stage.endsAt(page, '**/_/metrics/series*', 'GET');
    await poll();
    const missed = samples();
    await stage.again(page);
    await missed;
    const next = samples();
    await poll();
    await next;

    await page.goto(`${stage.url}/_/sql`);
    await stage.endsAt(page, '**/_/sql/columns/*', 'GET');
    await page.locator('summary', { hasText: '_superusers' }).click();
    await stage.again(page);
    await page.locator('details[open] [data-insert]').getByText('tokenKey').waitFor();
    await stage.endsAt(page, '**/_/sql/run');
    const sent = [];
    page.on('request', (request) => request.url().endsWith('/_/sql/run') && sent.push(request.postData()));
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT 47 AS n');
    await page.keyboard.press('Control+Enter');
    await stage.again(page);
    await page.getByRole('cell', { name: '47' }).waitFor();
    assert.equal(sent.length, 2); // the refused request, and the one after the sign-in
    await isWell(page);
  });

  test('a sign-in that is closed opens at the next action, not at the next poll', async () => {
    const page = await stage.signedIn({ own: true }); // a fake clock lasts as long as its context
    await page.clock.install();
    await page.goto(`${stage.url}/_/metrics`);
    const close = async () => {
      await page.locator('#sign-in').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('#sign-in').waitFor({ state: 'detached' });
    };
    await stage.endsAt(page, '**/_/metrics/series*', 'GET');
    await page.clock.runFor(15_000);
    await close();
    const polled = page.waitForResponse((answer) => answer.url().includes('/_/metrics/series') && answer.status() === 401);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // requests the samples, as a poll does
    await (await polled).finished();
    await page.evaluate(() => fetch('/api/health')); // until the page has read the refusal
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await page.getByRole('switch', { name: 'Beside yesterday' }).check();
    await close();
    await page.keyboard.press('Control+k');
    await close();
    await page.getByText('The names could not be loaded.').first().waitFor();
    await page.keyboard.press('Escape');
    const samples = page.waitForResponse((answer) => answer.url().includes('/_/metrics/series') && answer.ok());
    await page.getByRole('switch', { name: 'Beside yesterday' }).uncheck();
    await stage.again(page);
    await samples;
    await isWell(page);
  });

  test('a sign-in in another tab ends the dialog, and the refused action follows once', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    await stage.endsAt(page, '**/_/sql/run');
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT 48 AS n');
    await page.keyboard.press('Control+Enter');
    await page.locator('#sign-in').waitFor();
    const other = await page.context().newPage();
    await other.goto(`${stage.url}/_/`);
    await signIn(other);
    await page.getByRole('cell', { name: '48' }).waitFor();
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await isWell(page);
  });

  test('signing out in one tab shows in the others', async () => {
    const page = await stage.signedIn();
    const other = await page.context().newPage();
    for (const tab of [page, other]) await tab.goto(`${stage.url}/_/`);
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await other.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await other.getByRole('heading', { name: 'Overview' }).waitFor(); // the page below the dialog stays
  });

  test('typing renews the session, and a page that is only open does not', async () => {
    const page = await stage.signedIn({ own: true }); // a fake clock lasts as long as its context
    await page.clock.install();
    const asked = [];
    page.on('request', (request) => request.url().endsWith('/_/session') && asked.push(request.method()));
    await page.goto(`${stage.url}/_/settings/application`);
    await page.clock.runFor('01:00:00');
    assert.deepEqual(asked, []);
    const renewed = page.waitForResponse('**/_/session');
    await page.getByLabel('Name', { exact: true }).pressSequentially('abc');
    assert.equal((await renewed).status(), 204);
    assert.deepEqual(asked, ['POST']); // one request, not one for each key
    await isWell(page);
  });

  test('over a rate limit a form stays and its button waits; a page tells the time to wait', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/application`);
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Too often');
    const limit = (enabled) => stage.api('PATCH', '/api/settings', { rateLimits: { enabled, rules: [{ label: '/_/', maxRequests: 1, duration: 600 }] } });
    await limit(true);
    await page.evaluate(() => fetch('/_/session', { method: 'POST' }));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText(/^Try again in \d+:\d\d\.$/).waitFor();
    const button = page.getByRole('button', { name: /^Save · \d+:\d\d$/ });
    assert.deepEqual([await button.isDisabled(), await name.inputValue()], [true, 'Too often']);
    await picture(page, 'limited');
    const other = await page.context().newPage();
    assert.equal((await other.goto(`${stage.url}/_/logs`)).status(), 429);
    await other.getByRole('heading', { name: 'Too many requests' }).waitFor();
    await other.getByText(/^Try again in/).waitFor();
    await limit(false);
    await isWell(page);
  });

  test('a link from another site opens the page with the session', async () => {
    const page = await stage.signedIn();
    await page.route('http://elsewhere.example/**', (route) => route.fulfill({ contentType: 'text/html', body: `<a href="${stage.url}/_/">go</a>` }));
    await page.goto('http://elsewhere.example/');
    await page.getByText('go').click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await isWell(page);
  });

  test('theme and phone', async () => {
    const page = await stage.signedIn({ width: 390, height: 844 });
    await page.goto(`${stage.url}/_/`);
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await picture(page, 'overview-phone-dark');
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await page.getByRole('link', { name: 'Overview' }).first().waitFor();
    await picture(page, 'drawer-phone-dark');
    await page.keyboard.press('Escape');
  });

  test('another server begins with a backup of this one', async () => {
    await stage.api('POST', '/api/collections', { name: 'kept', type: 'base', fields: [{ name: 'title', type: 'text' }] });
    await stage.api('POST', '/api/backups', { name: 'first.zip' });
    const page = await stage.signedIn();
    const archive = await (await page.request.get(`${stage.url}/_/backups/first.zip`)).body();
    const other = await serve();
    try {
      await page.goto(`${other.url}/_/${await stage.installer.call({ server: other })}`);
      await page.getByText('Or begin with a backup').click();
      const restore = async (name, buffer) => {
        await page.getByLabel(/^Backup/).setInputFiles({ name, mimeType: 'application/zip', buffer });
        await page.getByRole('button', { name: 'Restore the backup' }).click();
      };
      // The progress of an upload, and its messages.
      const watch = () =>
        page.evaluate(() => {
          window.said = [];
          new MutationObserver(() => window.said.push(document.querySelector('[data-upload-said]')?.textContent)).observe(document.body, { subtree: true, childList: true, characterData: true });
        });
      await watch();
      await restore('notes.zip', Buffer.alloc(3e6, 'no archive'));
      await page.locator('#file-err').waitFor();
      await picture(page, 'install-restore');
      const said = await page.evaluate(() => window.said);
      assert.ok(said.some((words) => /of 3\.0 MB sent/.test(words)) && said.includes('All is sent. The server restores it.'), said.join('\n'));

      // An upload that stalls and is stopped.
      await page.route('**/install-restore', () => {});
      await restore('notes.zip', Buffer.from('no archive'));
      await page.getByText('The upload begins.').waitFor();
      await picture(page, 'install-progress');
      await page.getByRole('button', { name: 'Stop' }).press('Enter');
      await page.getByText('Stopped. Nothing was restored.').waitFor();
      await page.unroute('**/install-restore');
      await page.route('**/install-restore', (route) => route.fulfill({ status: 413, contentType: 'text/html', body: '<body>a proxy</body>' }));
      await restore('notes.zip', Buffer.from('no archive'));
      await page.getByText('The upload failed with the status 413.').waitFor();
      await page.unroute('**/install-restore');
      await restore('first.zip', archive);
      await page.getByRole('heading', { name: 'The backup is restored' }).waitFor();
      await page.context().clearCookies(); // both servers share the cookies of the host
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByLabel('Email').waitFor();
      await signIn(page);
      await page.getByRole('link', { name: 'kept' }).waitFor();
      await isWell(page);
    } finally {
      await other.stop();
    }
  });
});
