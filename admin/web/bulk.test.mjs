// Actions on many records: on selected records, or on all records that match the filter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const tags = await stage.api('POST', '/api/collections', { name: 'tags', type: 'base', fields: [{ name: 'title', type: 'text' }] });
  await stage.api('POST', '/api/collections', {
    name: 'orders',
    type: 'base',
    fields: [
      { name: 'number', type: 'text', presentable: true, max: 9 },
      { name: 'status', type: 'select', maxSelect: 1, values: ['open', 'old'] },
      { name: 'total', type: 'number', max: 5000 },
      { name: 'tags', type: 'relation', collectionId: tags.id, maxSelect: 5 },
      { name: 'data', type: 'json' },
      { name: 'created', type: 'autodate', onCreate: true },
    ],
  });
  const tag = await stage.api('POST', '/api/collections/tags/records', { title: 'rush' });
  const path = '/api/collections/orders/records';
  await stage.api('PATCH', '/api/settings', { batch: { enabled: true, maxRequests: 500 } });
  for (let i = 0; i < 1500; i += 500) {
    const requests = Array.from({ length: 500 }, (_, j) => ({
      method: 'POST',
      url: path,
      body: { number: `O-${i + j}`, status: i + j < 1300 ? 'old' : 'open', total: i + j, tags: j % 2 ? [tag.id] : [], data: { n: i + j } },
    }));
    await stage.api('POST', '/api/batch', { requests });
  }
  const table = `${stage.url}/_/c/orders`;
  const count = async (filter) => (await stage.api('GET', `${path}?perPage=1&filter=${encodeURIComponent(filter)}`)).totalItems;
  const bar = (page) => page.locator('[data-bulk]');
  const dialog = (page) => page.getByRole('dialog');

  test('some records: copied, changed, deleted and put back', async () => {
    const page = await stage.signedIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${table}?filter=${encodeURIComponent("status = 'open'")}&sort=total`);
    const box = (i) => page.locator('[data-select]').nth(i);
    await box(0).click();
    await box(2).click({ modifiers: ['Shift'] });
    await bar(page).getByText('3 selected').waitFor();
    await picture(page, 'bulk-selected');
    await bar(page).getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByText('Copied').waitFor();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(copied.map((r) => r.number).sort(), ['O-1300', 'O-1301', 'O-1302']);

    await bar(page).getByRole('button', { name: 'Set a field' }).click();
    await dialog(page).getByLabel('Field', { exact: true }).selectOption('total');
    await dialog(page).locator('#set-f-total').fill('9999');
    await dialog(page).getByRole('button', { name: 'Change 3 records' }).click();
    await page.getByText(/Nothing was changed.*total/).waitFor(); // 5000 is the maximum value of total
    assert.equal(await count('total = 9999'), 0);
    await dialog(page).locator('#set-f-total').fill('4999');
    await picture(page, 'bulk-set');
    await dialog(page).getByRole('button', { name: 'Change 3 records' }).click();
    await page.getByText('Changed 3 records').waitFor();
    assert.equal(await count('total = 4999'), 3);

    await page.goto(`${table}?filter=${encodeURIComponent('total = 4999')}`);
    const before = (await stage.api('GET', `${path}?filter=${encodeURIComponent('total = 4999')}&sort=id`)).items;
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await page.keyboard.press('Tab');
    await box(0).focus();
    await page.keyboard.press('Delete');
    await dialog(page).getByRole('heading', { name: 'Delete 3 records?' }).waitFor();
    await picture(page, 'bulk-delete');
    await dialog(page).getByRole('button', { name: 'Delete 3 records' }).click();
    await page.getByText('Deleted 3 records').waitFor();
    assert.equal(await count('total = 4999'), 0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Put back 3 records').waitFor();
    assert.deepEqual((await stage.api('GET', `${path}?filter=${encodeURIComponent('total = 4999')}&sort=id`)).items, before); // with their dates
    await isWell(page);
  });

  test('all that match, by their number, as work that goes on', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?filter=${encodeURIComponent("status = 'old'")}`);
    await page.getByText('50 rows of 1,300').waitFor();
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await bar(page).getByRole('button', { name: 'Select all 1,300 that match' }).click();
    await bar(page).getByText('All 1,300 selected').waitFor();
    await bar(page).getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByText('More than 1,000 records are not copied.').waitFor();
    await picture(page, 'bulk-all');
    await bar(page).getByRole('button', { name: 'Delete' }).click();
    await dialog(page).getByLabel('Type 1,300 to go on').fill('50');
    await dialog(page).getByRole('button', { name: 'Delete 1,300 records' }).click();
    await page.getByText('There are 1,300 records now.').waitFor();
    assert.equal(await count("status = 'old'"), 1300);
    await picture(page, 'bulk-number');
    await dialog(page).getByLabel('Type 1,300 to go on').fill('1,300');
    await dialog(page).getByRole('button', { name: 'Delete 1,300 records' }).click();
    await page.getByText('1,300 of 1,300 – done').waitFor();
    await picture(page, 'bulk-progress');
    assert.equal(await count("status = 'old'"), 0);
    assert.equal(await count(''), 200); // only the matching records are deleted
    await page.getByRole('link', { name: 'Back to the records' }).click();
    await page.getByText('50 rows of 200').waitFor();
    await isWell(page);
  });

  test('all matching records are copied; with a wrong filter only the page can be selected', async () => {
    const page = await stage.signedIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    const select = async (filter, rows) => {
      await page.goto(`${table}?filter=${encodeURIComponent(filter)}`);
      await page.getByText(rows).waitFor();
      await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    };
    await select('total >= 1400 && total < 1500', '50 rows of 100');
    await bar(page).getByRole('button', { name: 'Select all 100 that match' }).click();
    await bar(page).getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).length, 100);
    await select('gone > 5', '50 rows of 200'); // an unknown field: the table shows all records
    await bar(page).getByText('50 selected').waitFor();
    assert.equal(await bar(page).getByRole('button', { name: /Select all/ }).count(), 0);
    const refused = await page.request.post(`${table}/bulk/ask-delete`, { form: { all: '1', filter: 'gone > 5' }, headers: { 'HX-Request': 'true', Origin: stage.url } });
    assert.match(await refused.text(), /unknown field &#34;gone&#34;/i);
    await isWell(page);
  });

  test('where something would be lost there is no undo', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/tags`);
    await page.getByRole('checkbox', { name: 'Select rush' }).check();
    await bar(page).getByRole('button', { name: 'Delete' }).click();
    await dialog(page).getByText('taken out of the relations of orders').waitFor();
    await dialog(page).getByRole('button', { name: 'Delete 1 record' }).click();
    await page.getByText('Deleted 1 record').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
    await isWell(page);
  });

  test('on a phone', async () => {
    const page = await stage.signedIn({ width: 390, height: 844, scheme: 'dark' });
    await page.goto(table);
    await page.locator('[data-select]').first().check();
    await bar(page).getByText('1 selected').waitFor();
    await picture(page, 'bulk-phone-dark');
  });
});
