// The search for related records in the input of a relation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hold, isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const api = (...args) => stage.api(...args);
  const { id: authors } = await api('POST', '/api/collections', {
    name: 'authors', type: 'base', fields: [{ name: 'name', type: 'text', required: true, presentable: true }, { name: 'age', type: 'number', min: 0 }],
  });
  await api('POST', '/api/collections', {
    name: 'books', type: 'base', fields: [
      { name: 'title', type: 'text', presentable: true },
      { name: 'writers', type: 'relation', collectionId: authors, maxSelect: 30 },
      { name: 'editor', type: 'relation', collectionId: authors, maxSelect: 1 },
    ],
  });
  await api('PATCH', '/api/settings', { batch: { enabled: true, maxRequests: 100 } });
  const requests = [...Array(65).keys()].map((i) => ({ method: 'POST', url: '/api/collections/authors/records', body: { name: `${i < 25 ? 'Ann' : 'Bert'} ${String(i).padStart(2, '0')}` } }));
  await api('POST', '/api/batch', { requests });
  const find = (page, name) => page.getByRole('combobox', { name: `Find a record for ${name}` });
  const list = (page, name) => page.locator(`#found-${name}`);
  const marked = (page, name) => list(page, name).locator('[aria-selected=true]').innerText();
  const chosen = (page, name) => page.locator(`[data-relation=${name}] [data-item] [data-label]`).allInnerTexts();
  const open = async (address = '/_/c/books/new') => {
    const page = await stage.signedIn();
    await page.goto(stage.url + address);
    await find(page, 'writers').waitFor();
    return page;
  };

  test('the total, and more of what was found, by keys', async () => {
    const page = await open();
    await find(page, 'writers').focus();
    await list(page, 'writers').getByText('65 match').waitFor();
    assert.equal(await list(page, 'writers').locator('[data-pick]').count(), 20);
    assert.equal(await list(page, 'writers').locator('[data-all]').count(), 0); // without words there is no "Add all"
    await picture(page, 'relation-found');
    for (let i = 0; i < 21; i++) await page.keyboard.press('ArrowDown');
    assert.match(await marked(page, 'writers'), /Show more/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('#found-writers [data-pick]').length === 40);
    assert.match(await marked(page, 'writers'), /^Ann 20/);
    await page.keyboard.press('Enter');
    assert.deepEqual(await chosen(page, 'writers'), ['Ann 20']);

    // The search that the end of the session has refused is repeated after the sign-in.
    await stage.endsAt(page, '**/pick?*', 'GET');
    await find(page, 'editor').focus();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await stage.again(page);
    await list(page, 'editor').getByText('65 match').waitFor();
    await isWell(page);
  });

  test('Enter never chooses from the records of a search for earlier words', async () => {
    const page = await stage.signedIn({ own: true });
    await page.clock.install();
    const held = await hold(page, /\/pick\?(?!.*_q=Bert)/);
    await page.goto(`${stage.url}/_/c/books/new`);
    await find(page, 'writers').focus();
    await held.asked;
    await page.clock.pauseAt(Date.now() + 60_000); // the search for the typed words waits for the clock
    await page.keyboard.type('Bert 30');
    const answered = page.evaluate(() => new Promise((done) => document.addEventListener('htmx:afterRequest', () => done(), { once: true })));
    await held.release();
    await answered;
    await page.keyboard.press('Enter');
    assert.deepEqual(await chosen(page, 'writers'), []);
    await page.clock.resume();
    await list(page, 'writers').getByText('1 match').waitFor();
    await page.keyboard.press('Enter');
    assert.deepEqual(await chosen(page, 'writers'), ['Bert 30']);
    await isWell(page);
  });

  test('all that match, as far as there is room', async () => {
    const page = await open();
    await find(page, 'writers').fill('ann');
    await list(page, 'writers').getByText('25 match').waitFor();
    await list(page, 'writers').getByRole('option', { name: 'Add all 25' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-relation=writers] [data-item]').length === 25);
    await find(page, 'writers').fill('bert');
    await list(page, 'writers').getByText('40 match').waitFor();
    await list(page, 'writers').getByRole('option', { name: 'Add the first 30' }).click();
    await page.getByText('writers holds 30 at most').waitFor();
    const names = await chosen(page, 'writers');
    assert.deepEqual([names.length, names[0], names[24], names[29]], [30, 'Ann 00', 'Ann 24', 'Bert 29']);
    await page.locator('#f-title').fill('Many hands');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    assert.equal((await api('GET', '/api/collections/books/records')).items[0].writers.length, 30);
    await find(page, 'editor').fill('ann');
    await list(page, 'editor').getByText('25 match').waitFor();
    assert.equal(await list(page, 'editor').locator('[data-all]').count(), 0);
  });

  test('a part of an id finds the record, from four characters on', async () => {
    await api('POST', '/api/collections/authors/records', { id: 'zzquuxbert00001', name: 'Zadie' });
    await api('POST', '/api/collections/books/records', { id: 'volumequux00001' });
    const page = await open();
    const finds = async (words, name) => {
      await find(page, name).fill(words);
      await list(page, name).getByRole('option', { name: 'zzquuxbert00001' }).waitFor();
    };
    await finds('QUUXB', 'editor');
    await list(page, 'editor').getByText('1 matches').waitFor();
    await page.keyboard.press('Enter');
    assert.deepEqual(await chosen(page, 'editor'), ['Zadie']);
    await finds('zzquuxbert00001', 'writers');
    await find(page, 'writers').fill('quu');
    await list(page, 'writers').getByText('Nothing found').waitFor();
    await find(page, 'writers').fill('bert');
    await list(page, 'writers').getByText('41 match').waitFor(); // by 40 names and one id
    const found = await (await page.request.get(`${stage.url}/_/find?q=quux`)).json();
    assert.deepEqual(found.map((item) => item.label).sort(), ['Zadie', 'volumequux00001']);
    await isWell(page);
  });

  test('a record is made for the relation, by keys', async () => {
    const page = await open();
    await find(page, 'editor').fill('Zoë <b>');
    await list(page, 'editor').getByText('Nothing found').waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New record in authors' });
    await dialog.waitFor();
    assert.equal(await dialog.locator('#new-f-name').inputValue(), 'Zoë <b>');
    await dialog.locator('#new-f-age').fill('-1');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.locator('[data-error=age]:not([hidden])').waitFor();
    await picture(page, 'relation-new');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'relation-new-phone-dark');
    await dialog.locator('#new-f-age').fill('41');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(await chosen(page, 'editor'), ['Zoë <b>']);
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Find a record for editor');
    await page.locator('#f-title').fill('New hands');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    const [made] = (await api('GET', `/api/collections/authors/records?filter=${encodeURIComponent("name ~ 'Zo'")}`)).items;
    const [book] = (await api('GET', `/api/collections/books/records?filter=${encodeURIComponent("title = 'New hands'")}`)).items;
    assert.deepEqual([made.age, book.editor], [41, made.id]);
    await isWell(page);
  });
});
