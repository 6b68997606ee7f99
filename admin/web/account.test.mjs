// The sign-in tab of an account: mails, tokens, linked providers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientId, clientSecret, openIDProvider } from '../../clients/pocketbase/oidc.mjs';
import { clipboard, isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const password = 'a long password';
  const people = '/api/collections/people';
  const collection = await stage.api('POST', '/api/collections', { name: 'people', type: 'auth', createRule: '', fields: [] });
  const ann = await stage.api('POST', `${people}/records`, { email: 'ann@example.com', password, passwordConfirm: password });
  const ben = await stage.api('POST', `${people}/records`, { email: 'ben@example.com', password, passwordConfirm: password });
  const link = (record, providerId) => stage.api('POST', '/api/collections/_externalAuths/records', { collectionRef: collection.id, recordRef: record.id, provider: 'github', providerId });
  await link(ann, '4711');
  const other = await link(ben, '4712');
  const signIn = () => stage.call('POST', `${people}/auth-with-password`, { identity: 'ann@example.com', password });
  const address = `${stage.url}/_/c/people?r=${ann.id}`;
  // A question of the console about an action.
  const choose = (page, words, name) => page.getByRole('dialog', { name: words }).getByRole('button', { name, exact: true }).click();
  const refresh = (token) => fetch(`${stage.url}${people}/auth-refresh`, { method: 'POST', headers: { Authorization: token } });

  test('a token of the account, the end of all tokens, a provider unlinked', async () => {
    const page = await stage.signedIn({ unconfirmed: true });
    const question = page.getByRole('heading', { name: 'Your password again' });
    await page.goto(address);
    await page.getByRole('navigation', { name: 'Record' }).getByRole('link', { name: 'Sign-in' }).click();
    await page.getByLabel('Good for').fill('none');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await question.waitFor();
    await page.keyboard.press('Escape'); // closes the dialog and sends nothing
    await question.waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Good for').inputValue(), 'none');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await stage.confirm(page);
    await page.getByText('whole number of minutes').waitFor();
    await page.getByLabel('Good for').fill('5');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.locator('[data-token]').innerText();
    const { id, exp, refreshable } = JSON.parse(atob(token.split('.')[1]));
    assert.deepEqual([id, refreshable], [ann.id, false]);
    assert.ok(exp - Date.now() / 1000 <= 300, `it is good for ${exp - Date.now() / 1000} s`);
    const code = page.getByRole('region', { name: 'JavaScript code' });
    assert.ok((await code.innerText()).includes(`pb.authStore.save('${token}');`));
    await page.getByRole('region', { name: 'Dart code' }).scrollIntoViewIfNeeded();
    await picture(page, 'account-token');

    const session = await signIn();
    assert.equal((await refresh(session.token)).status, 200);
    const end = page.getByRole('button', { name: 'End all tokens' });
    await end.press('Enter');
    await page.getByRole('dialog', { name: 'End all tokens of ann@example.com?' }).waitFor();
    await picture(page, 'account-question');
    await page.keyboard.press('Enter'); // Cancel has the focus
    await page.waitForFunction(() => document.activeElement.value === 'end'); // and returns it
    assert.equal((await refresh(session.token)).status, 200);
    await stage.unconfirm(page);
    await end.click();
    await choose(page, /^End all tokens/, 'End all tokens');
    await stage.confirm(page); // the repeated request asks nothing
    await page.getByText('All tokens have ended').waitFor();
    assert.equal(await page.locator('[data-token]').count(), 0); // the token is shown once
    assert.equal((await refresh(session.token)).status, 401);

    await page.getByRole('button', { name: 'Unlink GitHub' }).click();
    await choose(page, 'Unlink GitHub from ann@example.com?', 'Unlink');
    await page.getByText('signed in through no other service').waitFor();
    assert.deepEqual((await stage.api('GET', '/api/collections/_externalAuths/records')).items.map((r) => r.id), [other.id]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'account-phone-dark');
  });

  test('a link of another account is not taken away', async () => {
    const page = await stage.signedIn();
    const unlink = (at, provider, headers = { Origin: stage.url }) => page.request.post(`${stage.url}/_/c/${at}/sign-in`, { form: { do: 'unlink', provider }, headers });
    assert.equal((await unlink(`people/r/${ann.id}`, other.id)).status(), 404);
    assert.equal((await unlink(`people/r/${ann.id}`, '')).status(), 404);
    assert.equal((await unlink(`people/r/nobody`, other.id)).status(), 404);
    assert.equal((await unlink(`users/r/${ben.id}`, other.id)).status(), 404);
    assert.equal((await unlink(`people/r/${ben.id}`, other.id, { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' })).status(), 403);
    const body = new URLSearchParams({ do: 'unlink', provider: other.id });
    assert.equal((await fetch(`${stage.url}/_/c/people/r/${ben.id}/sign-in`, { method: 'POST', body, redirect: 'manual' })).status, 303); // no session
    assert.equal((await stage.api('GET', '/api/collections/_externalAuths/records')).totalItems, 1);
  });

  test('a link that a sign-in through an OpenID provider has made', async () => {
    const back = 'https://app.example/signed-in';
    const service = await openIDProvider({ redirects: [back] });
    service.people.cleo = { email: 'cleo@example.com', email_verified: true };
    service.person = 'cleo';
    const configured = { name: 'oidc', clientId, clientSecret, displayName: 'Club <b>', authURL: `${service.url}/auth`, tokenURL: `${service.url}/token`, userInfoURL: `${service.url}/me` };
    const configure = (enabled) => stage.api('PATCH', people, { oauth2: { enabled, providers: [configured] } });
    await configure(true);
    const comeIn = async () => {
      const [{ authURL, codeVerifier }] = (await stage.call('GET', `${people}/auth-methods`)).oauth2.providers;
      const code = (await service.visit(authURL + encodeURIComponent(back))).searchParams.get('code');
      return (await stage.call('POST', `${people}/auth-with-oauth2`, { provider: 'oidc', code, codeVerifier, redirectURL: back })).record;
    };
    const cleo = await comeIn();
    const links = async () => (await stage.api('GET', `/api/collections/_externalAuths/records?filter=recordRef='${cleo.id}'`)).items;
    const page = await stage.signedIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${stage.url}/_/c/people?r=${cleo.id}`);
    await page.getByRole('navigation', { name: 'Record' }).getByRole('link', { name: 'Sign-in' }).click();
    const entry = page.getByRole('list', { name: 'Linked providers' }).getByRole('listitem');
    await entry.getByText('Club <b>').waitFor();
    await entry.locator('svg path.brand').waitFor({ state: 'attached' });
    await entry.getByRole('button', { name: 'cleo' }).click();
    await clipboard(page, 'cleo');
    await entry.scrollIntoViewIfNeeded();
    await picture(page, 'account-linked');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await entry.scrollIntoViewIfNeeded();
    await picture(page, 'account-linked-phone-dark');
    const unlink = async (answer) => {
      await page.getByRole('button', { name: 'Unlink Club <b>' }).press('Enter');
      await choose(page, /^Unlink Club <b>/, answer);
    };
    await unlink('Cancel');
    assert.equal((await links()).length, 1);
    const [{ id }] = await links();
    await stage.api('DELETE', `/api/collections/_externalAuths/records/${id}`); // by another superuser, meanwhile
    await unlink('Unlink');
    await page.getByText('not linked to this provider any more').waitFor();
    assert.equal((await comeIn()).id, cleo.id); // the verified address links the account again
    await configure(false);
    await page.reload();
    await page.getByRole('navigation', { name: 'Record' }).getByRole('link', { name: 'Sign-in' }).click();
    await entry.getByText('switched off').waitFor();
    await unlink('Unlink');
    await page.getByText('Unlinked').waitFor();
    assert.deepEqual(await links(), []);
    await isWell(page);
  });

  test('mails', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/people/r/${ben.id}/sign-in`);
    for (const name of ['Send a verification', 'Send a password reset']) {
      await page.getByRole('button', { name }).click();
      await page.getByText('A mail goes out').first().waitFor();
      await page.reload();
    }
    await page.getByRole('link', { name: 'Fields' }).click();
    const menu = async (name) => {
      await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
      await page.locator('#record-menu').getByText(name).click();
    };
    await page.locator('#f-emailVisibility').check();
    await menu('Send a verification');
    await page.getByText('A mail goes out').first().waitFor();
    const { token } = await stage.call('POST', `${people}/auth-with-password`, { identity: 'ben@example.com', password });
    await menu('End all tokens');
    await choose(page, /^End all tokens/, 'End all tokens');
    await page.getByText('All tokens have ended').waitFor();
    assert.equal((await refresh(token)).status, 401);
    assert.ok(await page.locator('#f-emailVisibility').isChecked()); // the form is still open
    const verified = page.locator('#f-verified');
    await verified.press('Space');
    await page.getByRole('dialog', { name: /^Change whether the address/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement.id === 'f-verified'); // the form behind the question stays open
    assert.equal(await verified.isChecked(), false);
    await verified.click();
    await choose(page, /^Change whether the address/, 'Change');
    assert.equal(await verified.isChecked(), true);
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual([(await stage.api('GET', `${people}/records/${ben.id}`)).verified, (await stage.api('GET', `${people}/records/${ben.id}`)).emailVisibility], [true, true]);
    await menu('Sign in as');
    await page.getByRole('button', { name: 'Make a token' }).waitFor();
    await picture(page, 'account-verified');
    await page.getByRole('button', { name: 'Send a password reset' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Send a verification' }).count(), 0);
    await isWell(page);
  });
});
