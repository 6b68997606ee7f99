// The table of records as a grid: keys, and the editing of values in their cells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from './seed.mjs';
import { email, isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await seed(stage);
  const records = '/api/collections/products/records';
  const all = (await stage.api('GET', `${records}?perPage=100`)).items;
  const idOf = (name) => all.find((r) => r.name === name).id;
  const stored = (id) => stage.api('GET', `${records}/${id}`);
  const columns = ['notes', 'price', 'active', 'contact', 'sown', 'category', 'tags', 'attributes', 'created'];
  const table = `${stage.url}/_/c/products?${columns.map((name) => `cols=${name}`).join('&')}`;
  const cell = (page, id, name) => page.locator(`[data-row="${id}"] > td`).nth(2 + columns.indexOf(name));
  /** The focused cell: the title of its row, the name of its column. */
  const at = (page) =>
    page.evaluate(() => {
      const cell = document.activeElement.closest('td, th');
      const row = cell.parentElement;
      const head = document.querySelector('#rows thead').rows[0].cells[cell.cellIndex];
      return [row.dataset.row ? row.querySelector('.row-link').innerText : 'head', head.dataset.column ?? 'box'];
    });
  const open = async (address = table) => {
    const page = await stage.signedIn();
    await page.goto(address);
    await page.locator('#rows table[role=grid]').waitFor();
    return page;
  };
  const input = (page) => page.locator('[data-cell-form] :is(input:not([type=hidden]), select)');
  const first = 'Tomato 60'; // the second row: the first row has the record with the attacks

  test('arrows go from cell to cell, and Tab goes to the grid once', async () => {
    const page = await open();
    await cell(page, idOf(first), 'price').click();
    assert.deepEqual(await at(page), [first, 'price']);
    const walk = [
      ['ArrowDown', 'Tomato 59', 'price'], ['ArrowRight', 'Tomato 59', 'active'], ['Home', 'Tomato 59', 'box'], ['ArrowRight', 'Tomato 59', 'name'],
      ['End', 'Tomato 59', 'created'], ['ArrowUp', first, 'created'], ['Control+End', 'Tomato 12', 'created'], ['ArrowDown', 'Tomato 12', 'created'],
      ['Control+Home', 'head', 'created'], ['Home', 'head', 'box'], ['ArrowLeft', 'head', 'box'],
    ];
    for (const [key, row, column] of walk) {
      await page.keyboard.press(key);
      assert.deepEqual(await at(page), [row, column], key);
    }
    await page.keyboard.press('PageDown');
    const [down] = await at(page);
    assert.match(down, /^Tomato [34]\d$/, 'a page is about twenty rows');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowRight');
    const stops = await page.locator('#rows table :is(a, input, td, th)[tabindex="0"]').count();
    assert.equal(stops, 1);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.closest('#rows table')), null);
    await page.keyboard.press('Shift+Tab');
    assert.equal((await at(page))[1], 'name');
    await isWell(page);
  });

  test('the roles of a grid, also in the list of a phone', async () => {
    const page = await open();
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      const grid = page.getByRole('grid', { name: 'Records of products' });
      await grid.getByRole('row', { name: /Tomato 60/ }).getByRole('gridcell').first().waitFor();
    }
    assert.equal(await cell(page, idOf(first), 'created').getAttribute('aria-readonly'), 'true');
  });

  test('Space selects, O opens, and the focus stays when rows are read again', async () => {
    const page = await open();
    await cell(page, idOf(first), 'price').click();
    await page.keyboard.press(' ');
    await page.getByText('1 selected').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Control+a');
    await page.getByText('50 selected').waitFor();
    const answered = page.waitForResponse((answer) => answer.request().headers()['hx-target'] === 'rows');
    await page.evaluate(() => window.htmx.trigger(document.body, 'changed'));
    await answered;
    await page.getByText('50 selected').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement.closest('#rows td'));
    assert.deepEqual(await at(page), ['Tomato 59', 'price']);
    await page.keyboard.press('o');
    await page.getByRole('region', { name: 'Record', exact: true }).getByRole('heading', { name: 'Tomato 59' }).waitFor();
  });

  test('a value is edited in its cell; only this field is sent, and undone', async () => {
    const page = await open();
    const id = idOf('Tomato 50');
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(new URLSearchParams(request.postData())));
    await cell(page, id, 'price').click();
    await page.keyboard.press('Enter');
    assert.equal(await input(page).inputValue(), '50');
    await page.keyboard.press('Enter'); // untouched: nothing is sent
    await input(page).waitFor({ state: 'detached' });
    assert.deepEqual([sent.length, await at(page)], [0, ['Tomato 49', 'price']]);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await input(page).fill('50.25');
    await picture(page, 'records-cell');
    await page.keyboard.press('Tab');
    await page.getByText('price saved').waitFor();
    assert.deepEqual(await at(page), ['Tomato 50', 'active']);
    assert.deepEqual([...sent[0].keys()].sort(), ['_base', 'price']);
    const { price, updated, ...rest } = await stored(id);
    const { price: oldPrice, updated: oldUpdated, ...before } = all.find((r) => r.id === id);
    assert.equal(price, 50.25);
    assert.deepEqual(rest, before);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('price is as before').waitFor();
    assert.equal((await stored(id)).price, 50);
    assert.equal(await cell(page, id, 'price').innerText(), '50');
    await isWell(page);
  });

  test('keys that are pressed before the input has arrived are kept', async () => {
    const page = await open();
    const id = idOf('Tomato 36');
    let hold;
    await page.route('**/cell?**', (route) => (route.request().method() === 'GET' ? hold(route) : route.continue()));
    /** Presses the keys one after another, then lets the input arrive. */
    const press = async (...keys) => {
      const held = new Promise((resolve) => (hold = resolve));
      for (const key of ['Enter', ...keys]) await page.keyboard.press(key);
      await (await held).continue();
    };
    await cell(page, id, 'price').click();
    await press('1', '2', '9', 'Backspace', '5', 'Tab');
    await page.getByText('price saved').waitFor();
    await page.locator('.is-editing').waitFor({ state: 'detached' });
    assert.deepEqual(await at(page), ['Tomato 36', 'active']);
    await press('Escape', 'ArrowLeft');
    await page.locator('.is-editing').waitFor({ state: 'detached' });
    assert.deepEqual(await at(page), ['Tomato 36', 'price']);
    await press(' ', '7');
    await page.waitForFunction(() => document.activeElement.matches('[data-cell-form] input')); // then it has the text
    assert.equal(await input(page).inputValue(), ' 7');
    await input(page).press('Escape');
    assert.equal((await stored(id)).price, 125);
    await isWell(page);
  });

  test('each kind that fits a cell is edited there', async () => {
    const page = await open();
    const id = idOf('Tomato 48');
    const change = async (name, act) => {
      await cell(page, id, name).dblclick();
      await act(input(page));
      await input(page).press('Enter');
      await input(page).waitFor({ state: 'detached' });
    };
    await change('notes', (field) => field.fill('A <b>note</b>'));
    await change('active', (field) => field.uncheck());
    await change('contact', (field) => field.fill('c@example.com'));
    await change('sown', (field) => field.fill('2028-05-06 07:08:09.000Z'));
    await change('category', (field) => field.selectOption('Flower'));
    await cell(page, id, 'category').press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('F2');
    await input(page).fill('Renamed');
    await input(page).press('Enter');
    await page.getByRole('link', { name: 'Renamed' }).waitFor();
    const { name, notes, active, contact, sown, category, tags, price } = await stored(id);
    assert.deepEqual([name, notes, active, contact, sown, category, tags, price], ['Renamed', 'A <b>note</b>', false, 'c@example.com', '2028-05-06 07:08:09.000Z', 'Flower', ['rare'], 48]);
    await isWell(page);
  });

  test('what is wrong is said below the cell, Escape gives up', async () => {
    const page = await open();
    const id = idOf('Tomato 46');
    await cell(page, id, 'price').dblclick();
    await input(page).fill('-4');
    await input(page).press('Enter');
    const problem = page.locator('[data-cell-problem] .err');
    await problem.waitFor();
    await input(page).fill('many');
    await input(page).press('Enter');
    await page.getByText('This is no number').waitFor();
    assert.equal(await input(page).getAttribute('aria-invalid'), 'true');
    await picture(page, 'records-cell-problem');
    await input(page).press('Escape');
    assert.equal(await cell(page, id, 'price').innerText(), '46');
    assert.deepEqual(await at(page), ['Tomato 46', 'price']);
    assert.equal((await stored(id)).price, 46);
    await cell(page, id, 'sown').dblclick();
    await input(page).fill('yesterday'); // the API would store "" for a text that is not a date
    await input(page).press('Enter');
    await page.getByText('This is no date').waitFor();
    await input(page).press('Escape');
    assert.equal((await stored(id)).sown, '2027-03-15 07:00:00.000Z');
    await cell(page, id, 'created').dblclick();
    await page.getByText('created cannot be changed').waitFor();
    await isWell(page);
  });

  test('somebody else has changed the value meanwhile', async () => {
    const page = await open();
    const id = idOf('Tomato 44');
    await cell(page, id, 'price').dblclick();
    await input(page).fill('5');
    await stage.api('PATCH', `${records}/${id}`, { price: 77, notes: 'from elsewhere' });
    await input(page).press('Enter');
    await page.getByText(`${email} has changed this to 77`).waitFor();
    assert.equal((await stored(id)).price, 77);
    await input(page).fill('no number');
    await input(page).press('Enter'); // a second problem keeps the marks of the stored value
    await page.getByText('This is no number').waitFor();
    await input(page).fill('5');
    await input(page).press('Enter');
    await page.getByText('price saved').waitFor();
    assert.deepEqual([(await stored(id)).price, (await stored(id)).notes], [5, 'from elsewhere']);
    await stage.api('PATCH', `${records}/${id}`, { price: 6 });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Nothing was undone').waitFor();
    assert.equal((await stored(id)).price, 6);
  });

  test('a row in which somebody types is not replaced, and is afterwards', async () => {
    const page = await open();
    await page.locator('#rows [data-live]:not([hidden])').waitFor();
    const [mine, other] = [idOf('Tomato 42'), idOf('Tomato 41')];
    await cell(page, mine, 'price').dblclick();
    await input(page).fill('4');
    for (const id of [mine, other]) await stage.api('PATCH', `${records}/${id}`, { notes: 'changed' });
    await cell(page, other, 'notes').getByText('changed').waitFor();
    assert.equal(await input(page).inputValue(), '4');
    await input(page).press('Escape');
    await cell(page, mine, 'notes').getByText('changed').waitFor();
  });

  test('what needs room is edited beside the table', async () => {
    const page = await open();
    const id = idOf('Tomato 40');
    await cell(page, id, 'attributes').click();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'f-attributes');
    await page.keyboard.press('Escape');
    assert.deepEqual(await at(page), ['Tomato 40', 'attributes']);
    await page.goto(`${stage.url}/_/c/products?cols=supplier`);
    await page.locator(`[data-row="${id}"] > td`).last().click();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.matches('[data-find]'));
    await page.keyboard.type('hald');
    const found = page.getByRole('option', { name: 'Halden Growers' });
    await found.waitFor();
    await page.keyboard.press('Escape'); // closes the list
    await found.waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape'); // closes the panel
    assert.deepEqual(await at(page), ['Tomato 40', 'supplier']);
    await page.goto(table);
    await cell(page, id, 'tags').dblclick();
    await page.waitForFunction(() => document.activeElement?.name === 'tags');
    await isWell(page);
  });

  test('leaving the cell saves; a session that ends asks for the sign-in and goes on', async () => {
    const page = await open();
    const id = idOf('Tomato 38');
    await cell(page, id, 'contact').dblclick();
    await input(page).fill('left@example.com');
    await cell(page, id, 'price').click();
    await page.getByText('contact saved').waitFor();
    await cell(page, id, 'price').dblclick();
    await input(page).fill('3');
    await stage.endsAt(page, '**/cell?*');
    await input(page).press('Enter');
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await stage.again(page);
    await page.getByText('price saved').waitFor();
    assert.deepEqual([(await stored(id)).contact, (await stored(id)).price], ['left@example.com', 3]);
  });
});
