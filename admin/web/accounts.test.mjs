// The sign-in options of a collection: methods, providers and their secrets, mails, revoked tokens.
import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { email, isWell, loads, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('POST', '/api/collections', { name: 'people', type: 'auth', fields: [{ name: 'name', type: 'text' }] });
  const secret = 'a long password';
  await stage.api('POST', '/api/collections/people/records', { email: 'ann@example.com', password: secret, passwordConfirm: secret });
  const stored = (name = 'people') => stage.api('GET', `/api/collections/${name}`);
  const save = (page) => loads(page, () => page.getByRole('button', { name: 'Save', exact: true }).click());
  const client = async (name) => {
    const rows = await stage.api('POST', '/api/sql', { query: "SELECT options FROM _collections WHERE name = 'people'" });
    return JSON.parse(rows.rows[0][0]).oauth2.providers.find((p) => p.name === name);
  };

  test('ways to sign in, providers and their secrets', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    await page.getByLabel('One-time code', { exact: false }).first().check();
    await page.getByLabel('A code is good for').fill('240');
    await page.getByText('s = 4 minutes').waitFor();
    await page.getByRole('textbox', { name: 'Second step for' }).fill('verif');
    await page.getByRole('option', { name: 'verified' }).waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('textbox', { name: 'Second step for' }).inputValue(), 'verified');
    await page.getByRole('textbox', { name: 'Second step for' }).fill('');
    await page.getByRole('textbox', { name: 'Known by' }).fill('');
    await page.getByRole('group', { name: 'Known by: presets' }).getByRole('button', { name: 'email' }).click();
    assert.equal(await page.getByRole('textbox', { name: 'Known by' }).inputValue(), 'email');
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await page.getByLabel('Find a provider').fill('nothing');
    await page.getByText('No provider has this name').waitFor();
    await page.getByLabel('Find a provider').fill('hub');
    assert.equal(await page.getByRole('dialog').getByRole('listitem').count(), 1);
    await page.getByRole('button', { name: 'GitHub' }).click();
    await page.getByLabel('Client id').fill('my-client');
    await page.locator('.loadbar:not(.is-on)').waitFor({ state: 'attached' }); // although the dialog of the request is closed
    await page.getByLabel('Client secret').fill('my-secret');
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await page.getByRole('button', { name: 'GitHub', disabled: true }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await picture(page, 'sign-in-options-1440-light');
    await save(page);
    let now = await stored();
    assert.deepEqual([now.otp.enabled, now.otp.duration, now.passwordAuth.enabled, now.oauth2.providers.length, now.oauth2.providers[0].clientId], [true, 240, true, 1, 'my-client']);
    assert.equal((await client('github')).clientSecret, 'my-secret');

    // A change of another option keeps the secret; the switch clears it.
    await page.getByText('GitHub').first().click();
    await page.getByLabel('Shown as').fill('Our GitHub');
    await save(page);
    assert.deepEqual([(await client('github')).clientSecret, (await client('github')).displayName], ['my-secret', 'Our GitHub']);
    await page.getByText('Our GitHub').first().click();
    await page.getByText('Clear the stored one').click();
    await save(page);
    assert.equal((await client('github')).clientSecret ?? '', '');
    await page.getByText('Our GitHub').first().click();
    const [ann] = (await stage.api('GET', '/api/collections/people/records')).items;
    await stage.api('POST', '/api/collections/_externalAuths/records', { collectionRef: now.id, recordRef: ann.id, provider: 'github', providerId: '7' });
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Remove the provider' }).click();
    await dialog.getByText('Linked accounts: 1.').waitFor();
    await picture(page, 'provider-removal');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await page.locator('[data-provider]').count(), 1);
    await page.getByRole('button', { name: 'Remove the provider' }).click();
    await dialog.getByRole('button', { name: 'Remove the provider' }).click();
    assert.equal(await page.locator('[data-provider]').count(), 0);
    await save(page);
    now = await stored();
    assert.deepEqual(now.oauth2.providers, []);
    await isWell(page);
  });

  test('the client secret of Apple is signed on the server', async () => {
    const page = await stage.signedIn();
    const dialog = page.getByRole('dialog');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await page.getByRole('button', { name: 'Apple' }).click();
    await page.getByLabel('Client id').fill('com.example.app');
    await page.getByRole('button', { name: 'Make a client secret' }).click();
    assert.equal(await dialog.getByLabel('Client id').inputValue(), 'com.example.app');
    await dialog.getByLabel('Team id').fill('TEAM567890');
    await dialog.getByLabel('Key id').fill('KEY');
    await dialog.getByLabel('Private key').fill('no key');
    await dialog.getByLabel('Good for').fill('400');
    await dialog.getByRole('button', { name: 'Make the secret' }).click();
    for (const name of ['keyId', 'privateKey', 'duration']) await dialog.locator(`[data-error=${name}]:not([hidden])`).waitFor();
    await picture(page, 'apple-secret');
    await dialog.getByLabel('Key id').fill('KEY4567890');
    await dialog.getByLabel('Private key').fill(pem);
    await dialog.getByLabel('Good for').fill('30');
    await dialog.getByRole('button', { name: 'Make the secret' }).click();
    await page.getByText('Made a secret that is good until').waitFor();
    const [head, body, signature] = (await page.getByLabel('Client secret').inputValue()).split('.');
    const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    assert.deepEqual(decoded(head), { alg: 'ES256', kid: 'KEY4567890', typ: 'JWT' });
    const { iat, exp, ...claims } = decoded(body);
    assert.deepEqual([claims, exp - iat], [{ iss: 'TEAM567890', sub: 'com.example.app', aud: ['https://appleid.apple.com'] }, 30 * 86400]);
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
    await save(page);
    assert.equal((await client('apple')).clientSecret, [head, body, signature].join('.'));
    const options = await stage.api('POST', '/api/sql', { query: "SELECT options FROM _collections WHERE name = 'people'" });
    assert.ok(!options.rows[0][0].includes(pem.split('\n')[1]), 'the private key is stored');
    await isWell(page);
  });

  test('a change of the addresses of an OIDC provider is confirmed', async () => {
    const page = await stage.signedIn();
    const addresses = (host) => ({ authURL: `https://${host}/auth`, tokenURL: `https://${host}/token`, userInfoURL: `https://${host}/me` });
    await stage.api('PATCH', '/api/collections/people', { oauth2: { providers: [{ name: 'oidc', clientId: 'a', clientSecret: 'b', ...addresses('a.example'), extra: { issuers: ['a'], own: 1 } }] } });
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    await page.locator('[data-provider] summary').click();
    await page.getByLabel('Address to sign in').fill('https://b.example/auth');
    await page.getByLabel('Accepted issuers').fill('b\nc');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('link', { name: 'linked accounts' }).waitFor();
    assert.deepEqual((await dialog.locator('tbody tr').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')), ['oidc authURL https://a.example/auth https://b.example/auth', 'oidc extra.issuers a b c']);
    await picture(page, 'oidc-review');
    const loaded = page.waitForEvent('load');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await loaded;
    const [oidc] = (await stored()).oauth2.providers;
    assert.deepEqual([oidc.authURL, oidc.extra], ['https://b.example/auth', { issuers: ['b', 'c'], own: 1 }]);
    assert.equal((await client('oidc')).clientSecret, 'b');
    await isWell(page);
  });

  test('a provider has all addresses of its server, and nothing of its secret is shown', async () => {
    const page = await stage.signedIn();
    await stage.api('PATCH', '/api/collections/people', { oauth2: { enabled: true, providers: [] } });
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    const item = (name) => page.locator('[data-provider]', { hasText: name });
    const problems = (name) => item(name).locator('[data-error]:not([hidden])').allInnerTexts();
    for (const name of ['Microsoft', 'GitLab', 'mailcow', 'OIDC (oidc)']) {
      await page.getByRole('button', { name: 'Add a provider' }).click();
      await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
      const added = item(name.split(' ')[0]);
      await added.getByLabel('Client id').fill('my-client');
      await added.getByLabel('Client secret').fill(`the secret of ${name}`);
    }
    await item('Microsoft').getByLabel('E-mail address').selectOption('claim verified_primary_email');
    await item('GitLab').getByLabel('Address of tokens').fill('https://git.example/oauth/token');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const own = 'There is no public service: fill in the address of your server.';
    const others = 'The other addresses are those of another server: fill in this one too.';
    const issuer = 'Fill in the issuer, or this address.';
    await item('mailcow').getByText(own).first().waitFor();
    assert.deepEqual([await problems('Microsoft'), await problems('GitLab'), await problems('mailcow'), await problems('OIDC')], [[], [others, others], [own, own, own], [issuer, issuer]]);
    await picture(page, 'provider-addresses');
    await item('GitLab').getByLabel('Address to sign in').fill('https://git.example/oauth/authorize');
    await item('GitLab').getByLabel('Address of the account').fill('https://git.example/api/v4/user');
    await item('OIDC').getByRole('textbox', { name: 'Issuer', exact: true }).fill(stage.url);
    await item('mailcow').getByRole('button', { name: 'Remove the provider' }).click();
    await save(page);
    const { oauth2 } = await stored();
    assert.deepEqual(oauth2.providers.map((p) => [p.name, p.authURL, p.extra]), [
      ['microsoft', '', { idTokenEmailClaim: 'verified_primary_email' }], ['gitlab', 'https://git.example/oauth/authorize', {}], ['oidc', '', { issuer: stage.url }],
    ]);
    assert.ok(!(await page.content()).includes('the secret of'));
    const methods = await stage.call('GET', '/api/collections/people/auth-methods');
    assert.match(methods.oauth2.providers.find((p) => p.name === 'gitlab').authURL, /^https:\/\/git\.example\/oauth\/authorize\?client_id=my-client&/);
    await stage.api('PATCH', '/api/collections/people', { oauth2: { enabled: false, providers: [] } });
    await isWell(page);
  });

  test('mails are changed and looked at before', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    await page.getByText('Set a new password').first().click();
    const mail = page.locator('[data-field=resetPasswordTemplate]');
    await mail.getByLabel('Subject').fill('A new password for ');
    await mail.getByRole('button', { name: '{RECORD:name}' }).click();
    await mail.getByLabel('Body').fill('<p>Dear <b>{RECORD:name}</b>, <script>window.hacked = 1</script><a class="btn" href="{APP_URL}/x/{TOKEN}">go on</a></p>');
    await mail.getByRole('button', { name: 'Preview' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Subject: A new password for Ann Example').waitFor();
    await page.frameLocator('iframe').getByText('Dear Ann Example').waitFor();
    await picture(page, 'mail-preview-1440-light');
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await save(page);
    assert.equal((await stored()).resetPasswordTemplate.subject, 'A new password for {RECORD:name}');
    await isWell(page);
  });

  test('superusers are created and changed with the password', async () => {
    const page = await stage.signedIn({ unconfirmed: true });
    const question = page.getByRole('heading', { name: 'Your password again' });
    const others = async () => (await stage.api('GET', `/api/collections/_superusers/records?filter=${encodeURIComponent(`email != '${email}'`)}`)).items.map((r) => r.email);
    await page.goto(`${stage.url}/_/c/_superusers/new`);
    await page.locator('#f-email').fill('ned@orchard.example');
    await page.locator('#f-password').fill('a long password');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await question.waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    assert.deepEqual(await others(), []);
    assert.equal(await page.locator('#f-password').inputValue(), 'a long password');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await stage.confirm(page);
    await page.getByText('Created', { exact: true }).waitFor();
    assert.deepEqual(await others(), ['ned@orchard.example']);

    // An edit of a value in its cell, and the undo of the edit.
    await page.goto(`${stage.url}/_/c/_superusers?cols=email`);
    await stage.unconfirm(page);
    await page.getByRole('link', { name: 'ned@orchard.example' }).press('F2');
    await page.locator('[data-cell-form] input:not([type=hidden])').fill('nora@orchard.example');
    await page.keyboard.press('Enter');
    await stage.confirm(page);
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    assert.deepEqual(await others(), ['nora@orchard.example']);
    await stage.unconfirm(page);
    await undo.click();
    await stage.confirm(page);
    await page.getByRole('link', { name: 'ned@orchard.example' }).waitFor();
    assert.deepEqual(await others(), ['ned@orchard.example']);
    await isWell(page);
  });

  test('tokens are ended by who knows the password', async () => {
    const page = await stage.signedIn({ unconfirmed: true });
    const dialog = page.getByRole('dialog');
    const { token } = await stage.call('POST', '/api/collections/people/auth-with-password', { identity: 'ann@example.com', password: secret });
    await stage.call('POST', '/api/collections/people/auth-refresh', {}, token);
    await page.goto(`${stage.url}/_/c/people/sign-in`);
    await page.getByRole('button', { name: 'End: Signed in' }).click();
    await dialog.getByRole('button', { name: 'End all' }).click();
    await stage.confirm(page, 'another');
    await page.getByText('This is not your password').waitFor();
    await picture(page, 'confirm-wrong-1440-light');
    await stage.confirm(page);
    await page.getByText('Ended all').waitFor();
    await assert.rejects(stage.call('POST', '/api/collections/people/auth-refresh', {}, token), /401/);

    // Switching on a second step for superusers needs a code from a mail, or the collection's name.
    await page.goto(`${stage.url}/_/c/_superusers/sign-in`);
    assert.equal(await page.getByRole('heading', { name: 'OAuth2' }).count(), 0);
    await page.locator('[type=checkbox][name="mfa.enabled"]').check();
    await page.locator('[type=checkbox][name="otp.enabled"]').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.getByText('Superusers will need a second step').waitFor();
    assert.equal((await stored('_superusers')).mfa.enabled, false);
    const typed = dialog.getByLabel(/^The code of the mail/);
    const box = await stage.mailbox();
    await stage.api('PATCH', '/api/settings', { smtp: { port: 1 } }); // no server listens on this port
    await dialog.getByRole('button', { name: 'Mail me a code' }).click();
    await dialog.getByText(/^The mail was not sent/).waitFor();
    await stage.api('PATCH', '/api/settings', { smtp: box.settings });
    await dialog.getByRole('button', { name: 'Mail me a code' }).click();
    await dialog.getByText(`Sent to ${email}`).waitFor();
    const code = (await box.next()).html.match(/Your code is <b>(\d{8})/)[1];
    await picture(page, 'second-step-1440-light');
    await typed.fill(code === '00000000' ? '11111111' : '00000000');
    await dialog.getByRole('button', { name: 'Switch it on' }).click();
    await dialog.getByText('This is neither the code').waitFor();
    await typed.fill(code);
    await dialog.getByRole('button', { name: 'Switch it on' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stored('_superusers')).mfa.enabled, true);
    for (const step of ['mfa', 'otp']) await page.locator(`[type=checkbox][name="${step}.enabled"]`).uncheck();
    await save(page);
    assert.equal((await stored('_superusers')).mfa.enabled, false);
    await page.locator('[type=checkbox][name="otp.enabled"]').check(); // superusers have codes as a second step only
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await typed.fill('_superusers');
    const again = page.waitForEvent('load'); // the notice of the previous save may still be shown
    await dialog.getByRole('button', { name: 'Switch it on' }).click();
    await again;
    assert.equal((await stored('_superusers')).mfa.enabled, true);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'sign-in-options-390-dark');
  });
});
