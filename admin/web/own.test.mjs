// The additions of the program examples/console: a page, a tab, an input, and scripts and a style
// sheet on every page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isUsable, pictures } from './looks.mjs';
import { attack } from './seed.mjs';
import { isWell, onStage } from './stage.mjs';

const program = fileURLToPath(new URL('../../.build/console-example', import.meta.url));

await onStage(async (stage) => {
  await stage.superuser();
  const beans = await stage.api('POST', '/api/collections/products/records', { name: 'Beans', stock: 2 });
  await stage.api('POST', '/api/collections/products/records', { name: attack, stock: 3 });
  const tea = await stage.api('POST', '/api/collections/products/records', { name: 'Tea', stock: 10 });
  const put = (stock) => stage.api('PATCH', `/api/collections/products/records/${beans.id}`, { stock });
  const entry = (page) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: /^Stock/ });
  const isSafe = async (page) => {
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await isWell(page);
  };

  test('a page of the program: its form, its looks, its place in the navigation and the palette', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/`);
    await entry(page).click();
    await page.waitForURL('**/_/x/stock');
    assert.equal(await entry(page).getAttribute('aria-current'), 'page');
    assert.equal(await page.title(), 'Stock · Acme');
    await page.getByRole('heading', { name: 'Stock' }).waitFor();
    await page.getByText(attack).waitFor();
    await pictures(page, 'own-page');
    await isUsable(page, 'own-page');

    await page.goto(`${stage.url}/_/x/stock`);
    await page.getByLabel('Beans').check();
    await page.getByLabel('New stock').fill('1');
    await page.getByRole('button', { name: 'Set the stock' }).click();
    await page.getByRole('alert').getByText('Order 5 at least.').waitFor();
    assert.equal(await page.getByLabel('New stock').inputValue(), '1'); // a refused form keeps its input
    await page.getByLabel('New stock').fill('12');
    await page.getByRole('button', { name: 'Set the stock' }).click();
    await page.getByLabel('Beans').waitFor({ state: 'detached' });
    assert.equal((await stage.api('GET', `/api/collections/products/records/${beans.id}`)).stock, 12);
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Stock', exact: true }).waitFor();
    await page.keyboard.type('total');
    await page.getByRole('option', { name: 'products › Total' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/c/products/x/total');
    await page.getByText('There are 25 pieces').waitFor();
    await isSafe(page);
  });

  test('a tab of the program, on the pages of its collection only', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/products/rules`);
    await page.getByRole('navigation', { name: 'products' }).getByRole('link', { name: 'Total' }).click();
    await page.waitForURL('**/_/c/products/x/total');
    await page.getByText(/There are \d+ pieces/).waitFor();
    await pictures(page, 'own-tab');
    await isUsable(page, 'own-tab');
    await page.goto(`${stage.url}/_/c/users`);
    assert.equal(await page.getByRole('link', { name: 'Total' }).count(), 0);
    assert.equal((await page.goto(`${stage.url}/_/c/users/x/total`)).status(), 404);
  });

  test('a script of the program hears of the changes that a page makes', async () => {
    const page = await stage.signedIn();
    await put(12);
    const low = (n) => entry(page).getByText(`${n} low`).waitFor();
    await page.goto(`${stage.url}/_/c/products?sort=stock`);
    await low(1);
    await page.evaluate(() => document.addEventListener('loam:changed', ({ detail }) => (window.heard ??= []).push(detail)));
    await page.getByRole('row', { name: /Beans/ }).getByRole('link').first().click();
    await page.locator('#panel').getByLabel('stock').fill('4');
    await page.keyboard.press('Control+s');
    await low(2);
    await page.getByRole('row', { name: /Beans/ }).getByLabel(/Select/).check();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 record' }).click();
    await low(1);
    const told = { collection: 'products', record: beans.id };
    assert.deepEqual((await page.evaluate(() => window.heard)).map(({ total, changes }) => ({ total, changes })), [
      { total: 1, changes: [{ action: 'update', ...told }] },
      { total: 1, changes: [{ action: 'delete', ...told }] },
    ]);

    // After a collection is saved, another page opens. The script gets the event before that.
    await page.goto(`${stage.url}/_/c/products/rules`);
    await page.evaluate(() => document.addEventListener('loam:changed', ({ detail }) => sessionStorage.setItem('heard', JSON.stringify(detail.changes))));
    await page.locator('[data-rule=listRule]').getByText('Everyone', { exact: true }).click();
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual(JSON.parse(await page.evaluate(() => sessionStorage.getItem('heard'))), [{ action: 'update', collection: 'products' }]);
    await isSafe(page);
  });

  test('an input of the program: by pointer and keyboard, its errors, drafts, and the answer to a save', async () => {
    const page = await stage.signedIn();
    const stored = async () => (await stage.api('GET', `/api/collections/products/records/${tea.id}`)).colour;
    const field = page.locator('#panel [data-field=colour]');
    const swatch = (name) => field.getByRole('button', { name, exact: true });
    const isPressed = (name) => field.locator(`button[aria-label=${name}][aria-pressed=true]`).waitFor();
    const usual = page.locator('#f-colour');
    const hasFocus = (name) => page.waitForFunction((wanted) => document.activeElement.ariaLabel === wanted, name);
    await page.goto(`${stage.url}/_/c/products/r/${tea.id}`);
    await field.getByRole('group', { name: /^colour/ }).waitFor();
    assert.equal(await usual.isVisible(), false);
    await swatch('Red').click();
    await isPressed('Red');
    await page.locator('#panel [data-changes]').getByText('1 change: colour').waitFor();
    await isUsable(page, 'own-input');

    await page.goto(`${stage.url}/_/c/products/r/${tea.id}`);
    await page.getByRole('button', { name: /^Restore draft/ }).click();
    await isPressed('Red');
    const [request] = await Promise.all([page.waitForRequest((r) => r.method() === 'POST' && r.url().endsWith(tea.id)), page.keyboard.press('Control+s')]);
    assert.doesNotMatch(request.postData(), /name="(name|stock)"/); // the request has the changed value only
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal(await stored(), '#c62828');

    await page.locator('#panel').getByLabel('stock').focus();
    for (const name of ['Red', 'Yellow', 'Green']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), name);
    }
    await page.keyboard.press('Space');
    await isPressed('Green');
    await page.keyboard.press('Control+s');
    await isPressed('Green');
    await page.locator('#panel .field.is-changed').waitFor({ state: 'detached' });
    assert.equal(await stored(), '#2e7d32');
    await hasFocus('Green'); // after the save

    await field.getByLabel('Another colour').fill('pink');
    await page.keyboard.press('Control+s');
    await field.locator('[data-error=colour]:not([hidden])').waitFor();
    await hasFocus('Another colour');
    assert.equal(await field.locator('shop-colour').getAttribute('aria-invalid'), 'true');
    assert.equal(await stored(), '#2e7d32');
    await field.getByRole('button', { name: 'Revert colour' }).click();
    await isPressed('Green');
    await hasFocus('Green');
    await page.locator('#panel').getByLabel('stock').focus();
    await field.locator('.label').click();
    await hasFocus('Green');
    await isSafe(page);
  });

  test('the usual input, without a working element of the program', async () => {
    const page = await stage.signedIn();
    await page.route('**/colour.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await page.goto(`${stage.url}/_/c/products/r/${tea.id}`);
    await page.getByLabel('colour').fill('#1565c0');
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stage.api('GET', `/api/collections/products/records/${tea.id}`)).colour, '#1565c0');

    // A script that is loaded later gets the typed value.
    await page.getByLabel('colour').fill('#000000');
    await page.evaluate(() => customElements.define('shop-colour', class extends HTMLElement {
      connectedCallback() { this.textContent = `late: ${this.input.value}`; }
    }));
    await page.getByText('late: #000000').waitFor();
    assert.equal(await page.locator('#f-colour').isVisible(), false);
    await isSafe(page);

    // If the constructor of the element fails, the usual input stays.
    const broken = "customElements.define('shop-colour', class extends HTMLElement { constructor() { super(); throw new Error('broken'); } });";
    await page.route('**/colour.js', (route) => route.fulfill({ contentType: 'text/javascript', body: broken }));
    await Promise.all([page.waitForEvent('pageerror'), page.goto(`${stage.url}/_/c/products/r/${tea.id}`)]);
    assert.equal(await page.locator('#f-colour').isVisible(), true);
    assert.equal(await page.locator('shop-colour').count(), 0);
  });

  test('an input of the program in the dialog for a new related record, and for a URL', async () => {
    const { id: products, fields } = await stage.api('GET', '/api/collections/products');
    await stage.api('POST', '/api/collections', { name: 'orders', type: 'base', fields: [{ name: 'product', type: 'relation', collectionId: products, maxSelect: 1 }] });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/orders/new`);
    await page.getByRole('combobox', { name: 'Find a record for product' }).fill('Peas');
    await page.locator('#found-product').getByText('Nothing found').waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New record in products' });
    const [box, problem] = [dialog.getByLabel('Another colour'), dialog.locator('[data-error=colour]:not([hidden])')];
    const create = dialog.getByRole('button', { name: 'Create' });
    await box.fill('pea green');
    assert.equal(await dialog.locator('#new-f-colour').isVisible(), false);
    await create.click();
    await problem.waitFor();
    await page.waitForFunction(() => document.activeElement.ariaLabel === 'Another colour');
    await pictures(page, 'own-input-dialog');
    await dialog.getByRole('button', { name: 'Green', exact: true }).click();
    await create.click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('[data-relation=product] [data-item]').getByText('Peas').waitFor();
    const peas = async () => (await stage.api('GET', `/api/collections/products/records?filter=${encodeURIComponent("name = 'Peas'")}`)).items[0];
    assert.equal((await peas()).colour, '#2e7d32');

    // A field for URLs replaces the field of the same name. The input of a URL has a button that opens the page, which is hidden too.
    const others = fields.filter((f) => f.name !== 'colour');
    for (const list of [others, [...others, { name: 'colour', type: 'url' }]]) await stage.api('PATCH', '/api/collections/products', { fields: list });
    const { id } = await peas();
    await page.goto(`${stage.url}/_/c/products/r/${id}`);
    const field = page.locator('#panel [data-field=colour]');
    await field.getByLabel('Another colour').fill('no address');
    await page.keyboard.press('Control+s');
    await field.locator('[data-error=colour]:not([hidden])').waitFor();
    assert.equal(await field.locator('.input-wrap').isVisible(), false);
    await field.getByLabel('Another colour').fill('https://example.com/peas');
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await peas()).colour, 'https://example.com/peas');
    assert.equal(await field.getByLabel('Another colour').inputValue(), 'https://example.com/peas');
    await isSafe(page);
  });

  test('without a session there is the sign-in, and then the page', async () => {
    const page = await stage.window();
    await page.goto(`${stage.url}/_/x/stock`);
    await page.waitForURL('**/_/sign-in?to=**');
    for (const path of ['/_/x/stock', '/_/c/products/x/total', '/_/x-files/stock.js']) {
      const answer = await fetch(stage.url + path, { redirect: 'manual' });
      assert.equal(answer.status, 303, path);
      assert.doesNotMatch(await answer.text(), /Beans|pieces|badge/, path);
    }
  });
}, { program });
