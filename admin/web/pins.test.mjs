// Pinned collections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  for (const name of ['apples', 'pears', 'plums']) await stage.api('POST', '/api/collections', { name, type: 'base', fields: [] });
  const groups = (page) =>
    page.locator('#collections > details').evaluateAll((list) => list.slice(0, -1).map((group) => [group.querySelector('summary').innerText.trim(), ...[...group.querySelectorAll('.nav-row')].map((row) => row.dataset.name)]));

  test('pins are kept for the superuser, and taken away', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/pears`);
    assert.deepEqual(await groups(page), [['Collections', 'apples', 'pears', 'plums', 'users']]);
    await page.getByRole('button', { name: 'Pin plums', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Unpin plums', exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Unpin plums'); // the focus stays on the button
    await page.getByRole('searchbox', { name: 'Find a collection' }).fill('p');
    await page.getByRole('button', { name: 'Pin apples', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin apples', exact: true }).waitFor();
    await page.getByRole('link', { name: 'users', exact: true }).waitFor({ state: 'hidden' }); // the search still hides it
    await picture(page, 'pins');
    assert.equal(await page.getByRole('link', { name: 'pears' }).getAttribute('aria-current'), 'page');

    const elsewhere = await stage.signedIn({ width: 390, height: 844, scheme: 'dark', hasTouch: true, isMobile: true });
    await elsewhere.goto(`${stage.url}/_/c/pears`);
    await elsewhere.getByRole('button', { name: 'Open navigation' }).click();
    assert.deepEqual(await groups(elsewhere), [['Pinned', 'apples', 'plums'], ['Collections', 'pears', 'users']]);
    await picture(elsewhere, 'pins-phone-dark');
    await elsewhere.getByRole('button', { name: 'Unpin apples', exact: true }).click();
    await elsewhere.getByRole('button', { name: 'Pin apples', exact: true }).waitFor();
    assert.deepEqual(await groups(elsewhere), [['Pinned', 'plums'], ['Collections', 'apples', 'pears', 'users']]);
    await isWell(page);
  });

  test('without scripts the page comes again', async () => {
    const page = await stage.signedIn({ javaScriptEnabled: false });
    await page.goto(`${stage.url}/_/c/pears?sort=id`);
    await page.getByRole('button', { name: 'Pin pears', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin pears', exact: true }).waitFor();
    assert.match(page.url(), /\/_\/c\/pears\?sort=id$/);
  });
});
