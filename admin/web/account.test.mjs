// The sign-in tab of an account: mails, tokens, linked providers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const password = 'a long password';
  const people = '/api/collections/people';
  const collection = await stage.api('POST', '/api/collections', { name: 'people', type: 'auth', fields: [] });
  const ann = await stage.api('POST', `${people}/records`, { email: 'ann@example.com', password, passwordConfirm: password });
  const ben = await stage.api('POST', `${people}/records`, { email: 'ben@example.com', password, passwordConfirm: password });
  const link = (record, providerId) => stage.api('POST', '/api/collections/_externalAuths/records', { collectionRef: collection.id, recordRef: record.id, provider: 'github', providerId });
  await link(ann, '4711');
  const other = await link(ben, '4712');
  const signIn = () => stage.call('POST', `${people}/auth-with-password`, { identity: 'ann@example.com', password });
  const address = `${stage.url}/_/c/people?r=${ann.id}`;
  const refresh = (token) => fetch(`${stage.url}${people}/auth-refresh`, { method: 'POST', headers: { Authorization: token } });

  test('a token of the account, the end of all tokens, a provider unlinked', async () => {
    const page = await stage.signedIn();
    await page.goto(address);
    await page.getByRole('navigation', { name: 'Record' }).getByRole('link', { name: 'Sign-in' }).click();
    await page.getByLabel('Good for').fill('none');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByText('whole number of minutes').waitFor();
    await page.getByLabel('Good for').fill('5');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.locator('[data-token]').innerText();
    const { id, exp, refreshable } = JSON.parse(atob(token.split('.')[1]));
    assert.deepEqual([id, refreshable], [ann.id, false]);
    assert.ok(exp - Date.now() / 1000 <= 300, `it is good for ${exp - Date.now() / 1000} s`);
    await picture(page, 'account-token');

    const session = await signIn();
    assert.equal((await refresh(session.token)).status, 200);
    page.once('dialog', (question) => question.dismiss());
    await page.getByRole('button', { name: 'End all tokens' }).click();
    assert.equal((await refresh(session.token)).status, 200);
    page.once('dialog', (question) => question.accept());
    await page.getByRole('button', { name: 'End all tokens' }).click();
    await page.getByText('All tokens have ended').waitFor();
    assert.equal(await page.locator('[data-token]').count(), 0); // the token is shown once
    assert.equal((await refresh(session.token)).status, 401);

    page.once('dialog', (question) => question.accept());
    await page.getByRole('button', { name: 'Unlink github' }).click();
    await page.getByText('signed in through no other service').waitFor();
    assert.deepEqual((await stage.api('GET', '/api/collections/_externalAuths/records')).items.map((r) => r.id), [other.id]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'account-phone-dark');
  });

  test('a link of another account is not taken away', async () => {
    const page = await stage.signedIn();
    const answer = await page.request.post(`${stage.url}/_/c/people/r/${ann.id}/sign-in`, { form: { do: 'unlink', provider: other.id }, headers: { Origin: stage.url } });
    assert.equal(answer.status(), 404);
    assert.equal((await stage.api('GET', '/api/collections/_externalAuths/records')).totalItems, 1);
  });

  test('mails', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/people/r/${ben.id}/sign-in`);
    for (const name of ['Send a verification', 'Send a password reset']) {
      await page.getByRole('button', { name }).click();
      await page.getByText('A mail goes out').first().waitFor();
      await page.reload();
    }
    await stage.api('PATCH', `${people}/records/${ben.id}`, { verified: true });
    await page.reload();
    await page.getByRole('button', { name: 'Send a password reset' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Send a verification' }).count(), 0);
    await isWell(page);
  });
});
