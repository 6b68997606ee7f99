// Exports and imports of records.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { attack, seed } from './seed.mjs';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await seed(stage);
  const table = `${stage.url}/_/c/products`;
  const all = async (name) => (await stage.api('GET', `/api/collections/${name}/records?perPage=500&sort=id`)).items;

  /** The file that a click downloads. */
  async function downloaded(page, click) {
    const download = page.waitForEvent('download');
    await click();
    const file = await download;
    return [file.suggestedFilename(), await readFile(await file.path(), 'utf8')];
  }

  /** Uploads a file and waits for the step of the columns. */
  async function upload(page, collection, name, text) {
    await page.goto(`${stage.url}/_/c/${collection}/import`);
    await page.locator('#file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Read the file' }).click();
    await page.getByRole('button', { name: 'Check all rows' }).waitFor();
  }

  test('what is shown is exported, and imported again changes nothing', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?filter=${encodeURIComponent('price > 58')}`);
    await page.getByRole('button', { name: 'Import, export' }).click();
    await picture(page, 'move-menu');
    const [name, json] = await downloaded(page, () => page.getByRole('link', { name: 'Export as JSON' }).click());
    assert.match(name, /^products-\d{4}-\d\d-\d\d\.json$/);
    assert.deepEqual(JSON.parse(json).map((r) => r.price).sort(), [59, 60]);

    await page.goto(table);
    await page.getByRole('button', { name: 'Import, export' }).click();
    const [, csv] = await downloaded(page, () => page.getByRole('link', { name: 'Export as CSV', exact: true }).click());
    assert.equal(csv.split('\r\n').length, 63);
    const before = await all('products');
    await upload(page, 'products', 'products.csv', csv);
    await picture(page, 'import-columns');
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('0 will be created, 61 will change, 0 are left out').waitFor();
    await picture(page, 'import-checked');
    await page.getByRole('button', { name: 'Import 61 rows' }).click();
    await page.getByText('0 created, 61 updated, 0 skipped. products holds 61 records.').waitFor();
    await picture(page, 'import-done');
    assert.deepEqual(await all('products'), before);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await isWell(page);
  });

  test('the chosen records alone', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.locator('[data-select]').nth(1).check();
    const [, csv] = await downloaded(page, () => page.getByRole('button', { name: 'CSV', exact: true }).click());
    assert.equal(csv.trim().split('\r\n').length, 2);
    const [name, json] = await downloaded(page, () => page.getByRole('button', { name: 'JSON', exact: true }).click());
    assert.match(name, /\.json$/);
    assert.equal(JSON.parse(json).length, 1);
    await isWell(page);
  });

  test('a file of another program, with bad rows', async () => {
    const page = await stage.signedIn();
    const text = `Variety;Cost;Group;Grower;Sown\nTomato A;3,40;Herb;Halden Growers;15/03/2027\nTomato B;cheap;Herb;;\nTomato C;1,5;Nothing;;\n${attack.replaceAll(';', '')};2;Herb;;\n`;
    await upload(page, 'products', '<img src=x onerror=window.hacked=1>.csv', text);
    await page.getByRole('combobox', { name: 'Variety goes to' }).selectOption('name');
    await page.getByRole('combobox', { name: 'Cost goes to' }).selectOption('price');
    await page.getByRole('combobox', { name: 'How Cost is read' }).waitFor();
    assert.equal(await page.getByRole('combobox', { name: 'How Cost is read' }).inputValue(), 'comma');
    await page.getByRole('combobox', { name: 'Group goes to' }).selectOption('category');
    await page.getByRole('combobox', { name: 'Grower goes to' }).selectOption('supplier');
    await page.getByRole('combobox', { name: 'How Grower is read' }).waitFor();
    assert.equal(await page.getByRole('combobox', { name: 'How Grower is read' }).inputValue(), 'by name');
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByText('2 will be created').waitFor();
    await page.getByText('"cheap" is no number.').waitFor();
    await picture(page, 'import-bad');
    assert.equal(await page.getByRole('button', { name: /^Import / }).count(), 0); // bad rows prevent the import
    const [, rejects] = await downloaded(page, () => page.getByRole('link', { name: 'Get them as CSV' }).click());
    assert.match(rejects, /Tomato B,cheap,Herb,,,3,"price: ""cheap"" is no number\."/);
    await page.getByLabel('If rows are bad').selectOption('true');
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('button', { name: 'Import 2 rows' }).waitFor(); // the form of the new check is shown
    await page.getByLabel('If rows are bad').selectOption('false');
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByText('Check them again').waitFor(); // a plan that was not checked is not run
    await page.getByLabel('If rows are bad').selectOption('true');
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByText('2 created, 0 updated, 0 skipped. products holds 63 records.').waitFor();
    const made = (await all('products')).find((r) => r.name === 'Tomato A');
    assert.deepEqual([made.price, made.sown, made.category], [3.4, '2027-03-15 00:00:00.000Z', 'Herb']);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await isWell(page);
  });

  test('a column becomes a new field, and the columns are remembered', async () => {
    const page = await stage.signedIn();
    const goesTo = (column) => page.getByRole('combobox', { name: `${column} goes to` });
    const file = 'Grower;Seed weight (g);Since\nKullaberg;1,25;2027-03-15\nSkanör;0,5;\n';
    await upload(page, 'suppliers', 'a.csv', file);
    await goesTo('Grower').selectOption('name');
    await goesTo('Seed weight (g)').selectOption('a new field …');
    const kind = page.getByRole('combobox', { name: 'Kind of the field for Seed weight (g)' });
    await kind.waitFor();
    assert.equal(await kind.inputValue(), 'number'); // all values are numbers
    const name = page.getByRole('textbox', { name: 'Name of the field for Seed weight (g)' });
    assert.equal(await name.inputValue(), 'Seed_weight__g');
    await name.fill('name');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('alert').getByText(/name/).waitFor();
    await name.fill('weight');
    await picture(page, 'import-new-field');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'import-new-field-phone-dark');
    await page.setViewportSize({ width: 1440, height: 900 });
    await name.press('Enter');
    await page.getByRole('combobox', { name: 'How Seed weight (g) is read' }).waitFor();
    assert.equal(await page.getByRole('combobox', { name: 'How Seed weight (g) is read' }).inputValue(), 'comma');
    assert.equal(await goesTo('Grower').inputValue(), 'name');
    await goesTo('Since').selectOption('a new field …');
    assert.equal(await page.getByRole('combobox', { name: 'Kind of the field for Since' }).inputValue(), 'date');
    await page.getByRole('button', { name: 'Check all rows' }).click(); // a column without a field is left out
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByText('2 created').waitFor();
    assert.deepEqual((await all('suppliers')).filter((s) => s.weight).map((s) => [s.name, s.weight]).sort(), [['Kullaberg', 1.25], ['Skanör', 0.5]]);

    await upload(page, 'suppliers', 'b.csv', 'Since;Grower;Seed weight (g)\n;Arild;2\n');
    await page.getByText('where they went in your last import').waitFor();
    assert.deepEqual([await goesTo('Grower').inputValue(), await goesTo('Seed weight (g)').inputValue(), await goesTo('Since').inputValue()], ['name', 'weight', '']);
    assert.equal(await page.getByRole('combobox', { name: 'How Seed weight (g) is read' }).inputValue(), 'comma');
    await upload(page, 'suppliers', 'c.csv', 'Grower;Seed weight (g)\nArild;2\n'); // other columns
    assert.equal(await goesTo('Seed weight (g)').inputValue(), '');
    for (const s of await all('suppliers')) if (s.weight) await stage.api('DELETE', `/api/collections/suppliers/records/${s.id}`);
    await isWell(page);
  });

  test('it goes on when the page is left, and can be cancelled', async () => {
    const page = await stage.signedIn();
    const rows = Array.from({ length: 60000 }, (_, i) => `Grower ${i},SE`).join('\n');
    await upload(page, 'suppliers', 'many.csv', `name,country\n${rows}\n`);
    const address = page.url();
    let progress; // the response to the check, which also answers the requests for its progress
    await page.route(address, async (route) => {
      if (!route.request().headers()['hx-request']) return route.continue();
      progress ??= await (await route.fetch()).text();
      await route.fulfill({ contentType: 'text/html', body: progress });
    });
    await page.getByRole('button', { name: 'Check all rows' }).click();
    await page.getByRole('progressbar').waitFor();
    const cancel = page.getByRole('button', { name: 'Cancel' });
    await cancel.focus();
    await page.evaluate(() => new Promise((done) => document.addEventListener('htmx:load', done, { once: true }))); // waits for the next progress
    assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Cancel');
    await page.unroute(address);
    await page.goto(`${stage.url}/_/`);
    await page.goto(address);
    await page.getByText('60,000 will be created').waitFor();
    await page.getByRole('button', { name: 'Import 60,000 rows' }).click();
    const place = await cancel.boundingBox();
    await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
    await page.mouse.down();
    await page.evaluate(() => new Promise((done) => document.addEventListener('htmx:load', done, { once: true })));
    await page.mouse.up(); // the progress that was shown anew in between has not replaced the button
    await page.getByText('Nothing was written.').waitFor();
    await page.getByText('The import was cancelled.').waitFor();
    assert.equal((await all('suppliers')).length, 2);
    await isWell(page);
  });

  test('what is no file of records', async () => {
    const page = await stage.signedIn({ width: 390, height: 844, scheme: 'dark' });
    await page.goto(`${stage.url}/_/c/products/import`);
    await page.getByRole('button', { name: 'Read the file' }).click();
    await page.getByText('Choose a file.').waitFor();
    await page.locator('#file').setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from('a\n"b') });
    await page.getByRole('button', { name: 'Read the file' }).click();
    await page.getByText('Row 2 has a quote that does not end.').waitFor();
    await picture(page, 'import-phone-dark');
    await upload(page, 'products', 'a.json', '[{"name": "A"}]');
    await picture(page, 'import-columns-phone-dark');
    assert.equal((await page.goto(`${stage.url}/_/c/products/import/gone`)).status(), 404);
  });
});
