// The list of collections at the left: pins, its width, the collection that was opened last.
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

  test('the width of the list is stored in the browser, and changed by pointer and keys', async () => {
    const page = await stage.signedIn();
    const edge = page.getByRole('separator', { name: 'Width of the side bar' });
    const width = () => page.locator('.side').evaluate((side) => side.getBoundingClientRect().width);
    await page.goto(`${stage.url}/_/c/pears`);
    const usual = await width();
    const { x } = await edge.boundingBox();
    await page.mouse.move(x + 4, 300);
    await page.mouse.down();
    await page.mouse.move(x + 104, 300);
    await page.mouse.up();
    assert.equal(await width(), usual + 100);
    await edge.press('ArrowLeft');
    await page.goto(`${stage.url}/_/settings/mail`);
    assert.equal(await width(), usual + 84);
    assert.equal(await edge.getAttribute('aria-valuenow'), String(usual + 84));
    await picture(page, 'side-wide');
    await edge.press('End');
    assert.equal(await width(), 480);
    await edge.dblclick();
    assert.equal(await width(), usual);
  });

  test('Data leads to the collection that was open last, also under a new name', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/data`);
    await page.waitForURL('**/_/'); // no collection was opened yet
    await page.goto(`${stage.url}/_/c/plums`);
    await page.goto(`${stage.url}/_/logs`);
    await stage.api('PATCH', '/api/collections/plums', { name: 'damsons' });
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    await page.waitForURL('**/_/c/damsons');
    await stage.api('PATCH', '/api/collections/damsons', { name: 'plums' });
    await isWell(page);
  });

  test('times are relative to now, and the title has the local time and the UTC', async () => {
    const page = await stage.signedIn({ timezoneId: 'Europe/Stockholm', locale: 'en-GB' });
    await page.clock.setFixedTime('2026-06-15T12:00:00Z');
    await page.goto(`${stage.url}/_/`);
    const shown = (utc) => page.evaluate((utc) => {
      const span = document.createElement('span');
      span.innerHTML = `<time data-time datetime="${utc}">${utc}</time>`;
      document.body.append(span);
      span.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true }));
      const { textContent, title } = span.firstChild;
      span.remove();
      return [textContent, title];
    }, utc);
    for (const [utc, words] of [['2026-06-15 11:59:30.000Z', 'just now'], ['2026-06-15 11:48:00.000Z', '12 min ago'], ['2026-06-15 12:30:00.000Z', 'in 30 min'],
      ['2026-06-15 08:03:00.000Z', 'today 10:03'], ['2026-06-14 22:30:00.000Z', 'today 00:30'], ['2026-06-14 21:30:00.000Z', 'yesterday 23:30'],
      ['2026-06-16 01:00:00.000Z', 'tomorrow 03:00'], ['2026-03-02 13:32:00.000Z', '2 Mar 2026, 14:32'], ['never', 'never']]) {
      assert.equal((await shown(utc))[0], words, utc);
    }
    assert.equal((await shown('2026-03-02 13:32:40.550Z'))[1], '2 Mar 2026, 14:32:40 CET · 2026-03-02 13:32:40.550Z');
  });

  test('an address with the id or an old name of a collection leads to its name', async () => {
    const page = await stage.signedIn();
    const { id } = await stage.api('GET', '/api/collections/pears');
    for (const [path, to] of [[`/_/c/${id}`, '/_/c/pears'], [`/_/c/${id}/rules?as=guest`, '/_/c/pears/rules?as=guest']]) {
      await page.goto(stage.url + path);
      assert.equal(page.url(), stage.url + to);
    }
    await stage.api('PATCH', '/api/collections/pears', { name: 'quinces' });
    await page.goto(`${stage.url}/_/c/pears/fields`);
    assert.equal(page.url(), `${stage.url}/_/c/quinces/fields`);
    await stage.api('PATCH', '/api/collections/quinces', { name: 'pears' });
    await page.goto(`${stage.url}/_/c/pears`);
    assert.equal(page.url(), `${stage.url}/_/c/pears`);
  });

  test('without scripts the page comes again', async () => {
    const page = await stage.signedIn({ javaScriptEnabled: false });
    await page.goto(`${stage.url}/_/c/pears?sort=id`);
    await page.getByRole('button', { name: 'Pin pears', exact: true }).click();
    await page.getByRole('button', { name: 'Unpin pears', exact: true }).waitFor();
    assert.match(page.url(), /\/_\/c\/pears\?sort=id$/);
  });
});
