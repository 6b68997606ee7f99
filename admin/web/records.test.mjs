// The table and the panel of records: every type of field, a save sends only changed fields,
// and conflicts with other changes are shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from './seed.mjs';
import { clipboard, email, hold, isWell, loads, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const evil = await seed(stage);
  const table = `${stage.url}/_/c/products`;
  const stored = (id) => stage.api('GET', `/api/collections/products/records/${id}`);
  const idOf = async (name) => (await stage.api('GET', `/api/collections/products/records?filter=${encodeURIComponent(`name="${name}"`)}`)).items[0].id;
  const input = (page, name) => page.locator(`#f-${name}`);
  const panel = (page) => page.getByRole('region', { name: 'Record', exact: true });

  test('the table: pages, order, filter, columns', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.getByText('50 rows of 61').waitFor();
    await picture(page, 'records');
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('11 rows of 61').waitFor();
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.getByText('50 rows of 61').waitFor();
    await page.getByRole('columnheader', { name: 'price' }).getByRole('link').click();
    await page.getByRole('columnheader', { name: 'price' }).getByRole('link').click();
    await page.waitForURL(/sort=-price/);
    assert.match(await page.locator('tbody tr').first().innerText(), /Tomato 60/);
    await page.keyboard.press('/');
    await page.keyboard.type('price > 58');
    await page.keyboard.press('Enter');
    await page.getByText('2 rows of 2').waitFor();
    await page.getByRole('combobox', { name: 'Filter products' }).fill('tomato 33');
    await page.keyboard.press('Enter');
    await page.getByText('1 row of 1').waitFor();
    await page.getByRole('combobox', { name: 'Filter products' }).fill('prize > 58');
    await page.keyboard.press('Enter');
    await page.getByText(/prize.*All records are shown/).waitFor();
    await picture(page, 'records-filter-error');
    await page.getByRole('button', { name: 'Columns' }).click();
    for (const name of ['notes', 'description', 'contact']) await page.getByRole('checkbox', { name }).uncheck();
    await page.getByRole('button', { name: 'Show these columns' }).click();
    await page.waitForURL(/cols=price/);
    assert.equal(await page.getByRole('columnheader', { name: 'notes' }).count(), 0);
    const other = await stage.signedIn(); // the columns are stored for every browser of the superuser
    await other.goto(table);
    await other.getByText('50 rows of 61').waitFor();
    assert.equal(await other.getByRole('columnheader', { name: 'notes' }).count(), 0);
    await other.getByRole('button', { name: 'Columns' }).click();
    while (await other.locator('#columns input:checked').count()) await other.locator('#columns input:checked').first().uncheck();
    await other.getByRole('button', { name: 'Show these columns' }).click();
    await other.waitForURL(table);
    await other.getByRole('columnheader', { name: 'notes' }).waitFor(); // no chosen columns: the default columns
    await isWell(page);
  });

  test('related records are sorted by their titles; ids are copied; hidden fields are marked; a record is downloaded', async () => {
    const { id: makers } = await stage.api('POST', '/api/collections', { name: 'makers', type: 'base', fields: [{ name: 'name', type: 'text', presentable: true }] });
    await stage.api('POST', '/api/collections', { name: 'pots', type: 'base', fields: [
      { name: 'name', type: 'text' }, { name: 'maker', type: 'relation', collectionId: makers, maxSelect: 1 }, { name: 'cost', type: 'number', hidden: true },
    ] });
    await stage.api('POST', '/api/collections', { name: 'cheap', type: 'view', viewQuery: 'SELECT id, name, maker FROM pots' });
    const page = await stage.signedIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${stage.url}/_/c/pots`);
    await page.getByRole('link', { name: 'Create the first record' }).click();
    await page.getByRole('region', { name: 'Record' }).getByRole('heading', { name: 'New record' }).waitFor();
    for (const [name, maker] of [['a', 'Zed'], ['b', 'Ann'], ['c', 'Moe']]) {
      const { id } = await stage.api('POST', '/api/collections/makers/records', { name: maker });
      await stage.api('POST', '/api/collections/pots/records', { name, maker: id, cost: 3 });
    }
    await page.goto(`${stage.url}/_/c/pots?cols=id&cols=maker&cols=cost`);
    const names = async () => (await page.locator('tbody .row-link').allInnerTexts()).join('');
    const head = page.getByRole('columnheader', { name: 'maker' });
    await head.getByRole('link').click();
    await page.waitForURL(/sort=maker.name/);
    assert.deepEqual([await names(), await head.getAttribute('aria-sort')], ['bca', 'ascending']);
    await head.getByRole('link').click();
    await page.waitForURL(/sort=-maker.name/);
    assert.deepEqual([await names(), await head.getAttribute('aria-sort')], ['acb', 'descending']);
    await page.getByRole('columnheader', { name: 'cost hidden' }).waitFor();
    const row = page.locator('tbody tr').first();
    await row.getByTitle('Copy the id').click();
    const id = await row.getAttribute('data-row');
    await clipboard(page, id);
    await picture(page, 'records-columns');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'records-columns-phone-dark');
    await page.setViewportSize({ width: 1440, height: 900 });
    const opened = page.context().waitForEvent('page');
    await row.getByRole('link').click({ button: 'middle' });
    await (await opened).waitForURL(new RegExp(`r=${id}`));
    await page.goto(`${stage.url}/_/c/cheap?r=${id}`);
    await page.getByRole('region', { name: 'Fields of the record' }).getByText('a', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Fields of the record' }).getByRole('link', { name: 'Zed' }).waitFor();
    assert.equal(await page.getByRole('region', { name: 'Record' }).locator('input').count(), 0); // a view is read only
    await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download JSON' }).click();
    assert.equal((await download).suggestedFilename(), `cheap-${id}.json`);
    await isWell(page);
  });

  test('a view is saved, shown and deleted', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?filter=${encodeURIComponent('price > 50')}&sort=-price&cols=price`);
    await page.getByRole('button', { name: 'Keep this view' }).click();
    await page.getByLabel('Name of this view').fill('Dear <b>');
    await picture(page, 'records-save-view');
    await page.getByRole('button', { name: 'Keep the view' }).click();
    const views = page.getByRole('navigation', { name: 'Saved views' });
    await views.waitFor();
    await page.goto(table);
    await views.getByRole('link', { name: 'Dear <b>' }).click();
    await page.getByText('10 rows of 10').waitFor();
    assert.equal(await views.getByRole('link', { name: 'Dear <b>' }).getAttribute('aria-current'), 'page');
    assert.equal(await page.getByRole('columnheader', { name: 'notes' }).count(), 0);
    await picture(page, 'records-views');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'records-views-phone');
    await page.getByRole('button', { name: 'Rename or delete this view' }).click();
    await page.getByRole('button', { name: 'Delete the view' }).click();
    await views.waitFor({ state: 'detached' });
    await isWell(page);
  });

  test('by keys alone: views are saved, renamed and deleted, and none is lost to a second of its name', async () => {
    const page = await stage.signedIn();
    const names = () => page.getByRole('navigation', { name: 'Saved views' }).getByRole('link').allInnerTexts();
    const shown = (name) => page.locator('.saved [aria-current]').getByText(name, { exact: true }).waitFor();
    /** Opens the form of the view, and types the name over the former name. */
    const type = async (action, name) => {
      await page.getByRole('button', { name: action }).press('Enter');
      await page.waitForFunction(() => document.activeElement.id === 'view-name');
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(name);
      await page.keyboard.press('Enter');
    };
    const fields = (await stage.api('GET', '/api/collections/products')).fields;
    await stage.api('PATCH', '/api/collections/products', { fields: [...fields, { name: 'grade', type: 'number' }] });
    await page.goto(`${table}?filter=${encodeURIComponent('grade > 1')}&cols=grade`);
    await type('Keep this view', 'Good');
    await shown('Good');
    await page.goto(`${table}?filter=${encodeURIComponent('price < 9')}&cols=price`);
    await type('Keep this view', 'Good');
    await page.getByText('There is a view Good already. Keep again to replace it.').waitFor();
    await page.keyboard.type(' value'); // another name is not asked about
    await page.keyboard.press('Enter');
    await shown('Good value');
    await type('Rename or delete this view', 'Good');
    await page.getByText('There is a view Good already.').waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Cheap');
    await page.keyboard.press('Enter');
    await shown('Cheap');
    assert.deepEqual(await names(), ['All', 'Good', 'Cheap']);
    await page.goto(`${table}?sort=-price`);
    await type('Keep this view', 'Cheap');
    await page.getByText('Keep again').waitFor();
    await page.keyboard.press('Enter');
    await shown('Cheap');
    assert.deepEqual([await names(), new URL(page.url()).search], [['All', 'Good', 'Cheap'], '?sort=-price']);

    // A view whose field is gone says so, and can be deleted.
    await stage.api('PATCH', '/api/collections/products', { fields });
    await page.locator('.saved').getByRole('link', { name: 'Good' }).press('Enter');
    await page.getByText(/grade.*All records are shown/).waitFor();
    await shown('Good');
    for (const [name, left] of [['Good', ['All', 'Cheap']], ['Cheap', []]]) {
      if (left.length === 0) await page.locator('.saved').getByRole('link', { name }).press('Enter');
      await shown(name);
      await page.getByRole('button', { name: 'Rename or delete this view' }).press('Enter');
      await loads(page, () => page.getByRole('button', { name: 'Delete the view' }).press('Enter'));
      assert.deepEqual(await names(), left);
    }
    await isWell(page);
  });

  test('a view has pages too, and titles of related records', async () => {
    await stage.api('POST', '/api/collections', { name: 'offers', type: 'view', viewQuery: 'SELECT id, name, supplier, price FROM products' });
    const page = await stage.signedIn();
    const titles = () => page.locator('tbody tr td:first-child').allInnerTexts();
    await page.goto(`${stage.url}/_/c/offers?sort=-price`);
    const first = await titles();
    assert.deepEqual([first[0], first.length], ['Tomato 60', 50]);
    assert.match(await page.locator('tbody tr').first().innerText(), /Halden Growers/);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('11 rows of 61').waitFor();
    assert.equal((await titles())[0], 'Tomato 10');
    await page.getByRole('link', { name: 'Tomato 10' }).click(); // opens a record beside the same page of the table
    await page.locator('#panel [data-record]').waitFor();
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.getByText('50 rows of 61').waitFor();
    assert.deepEqual([await titles(), await page.getByRole('link', { name: 'Previous page' }).count()], [first, 0]);
    await page.locator('tbody tr').nth(1).locator('td').last().click(); // focuses the cell with the price
    await page.keyboard.press('f');
    await page.getByText('1 row of 1').waitFor();
    const opened = page.context().waitForEvent('page');
    await page.locator('tbody td').last().click({ button: 'middle' });
    await (await opened).locator('#panel [data-record]').waitFor();
    await stage.api('DELETE', '/api/collections/offers');
    await isWell(page);
  });

  test('columns keep the widths that they are given', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    const head = page.getByRole('columnheader', { name: 'notes' });
    const width = async () => Math.round((await head.boundingBox()).width);
    const before = await width();
    const handle = await head.locator('[data-resize]').boundingBox();
    await page.mouse.move(handle.x + 2, handle.y + 5);
    await page.mouse.down();
    await page.mouse.move(handle.x + 102, handle.y + 5);
    await page.mouse.up();
    const dragged = await width();
    assert.ok(Math.abs(dragged - before - 100) < 3, `${before} became ${dragged}`);
    await head.getByRole('link').press('Alt+ArrowLeft');
    assert.equal(await width(), dragged - 16);
    await page.reload();
    assert.equal(await width(), dragged - 16);
    await isWell(page);
  });

  test('the filter completes what is typed', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    const filter = page.getByRole('combobox', { name: 'Filter products' });
    const option = (name) => page.getByRole('listbox', { name: 'Names' }).getByRole('option', { name });
    const onlyOf = (n) => page.waitForFunction((n) => document.querySelectorAll('.completions [role=option]').length === n, n);
    await filter.pressSequentially('tego');
    await onlyOf(1);
    assert.equal(await filter.getAttribute('aria-expanded'), 'true');
    await filter.press('ArrowDown');
    await filter.press('Tab');
    await option('!=').waitFor();
    await filter.press('ArrowDown');
    await filter.press('Enter');
    await option('Vegetable').waitFor();
    await filter.press('ArrowDown');
    await filter.press('Enter');
    assert.equal(await filter.inputValue(), "category = 'Vegetable' ");
    await option('&&').click();
    await filter.pressSequentially('suppli');
    await option('supplier').click();
    await option('country').waitFor();
    await filter.pressSequentially('cou');
    await option('id').waitFor({ state: 'detached' });
    await picture(page, 'records-completion');
    await filter.press('Tab'); // takes the first completion of a word that is begun
    assert.equal(await filter.inputValue(), "category = 'Vegetable' && supplier.country ");
    await filter.pressSequentially("= 'SE' && created > @tod");
    await onlyOf(2);
    await filter.press('ArrowUp');
    await filter.press('Enter');
    assert.equal(await filter.inputValue(), "category = 'Vegetable' && supplier.country = 'SE' && created > @todayStart ");
    await option('&&').waitFor();
    await filter.press('Escape');
    await option('&&').waitFor({ state: 'detached' });
    assert.equal(await filter.getAttribute('aria-expanded'), 'false');
    await filter.press('Enter');
    await page.getByText('50 rows of 60').waitFor();
    await filter.fill('');
    await option('supplier relation').waitFor();
    const [bar, names] = [await filter.boundingBox(), await page.getByRole('listbox', { name: 'Names' }).boundingBox()];
    assert.ok(names.y >= bar.y + bar.height && names.x >= bar.x, `the list at ${names.x}, ${names.y} is not below the filter`);
    await filter.pressSequentially("category = 'fl");
    await option("'Flower'").waitFor();
    await filter.press('Enter'); // no completion is marked, so Enter filters
    await page.getByText(/All records are shown/).waitFor();
    assert.equal(await filter.inputValue(), "category = 'fl");
    assert.equal(await filter.getAttribute('aria-invalid'), 'true');

    // A filter in an address keeps its quotes, its emoji and all of its 2,000 characters.
    const long = `name != 'It\\'s "🌱"' && name != '${'x'.repeat(2000)}`.slice(0, 1998) + "'";
    await page.goto(`${table}?filter=${encodeURIComponent(long)}`);
    assert.equal(await filter.inputValue(), long);
    await page.getByText('50 rows of 61').waitFor();
    await stage.api('POST', '/api/collections', { name: 'nothing', type: 'base', fields: [{ name: 'title', type: 'text' }] });
    await page.goto(`${stage.url}/_/c/nothing?filter=${encodeURIComponent('titel = 1')}`);
    await page.getByText(/titel.*All records are shown/).waitFor();
    await page.getByRole('heading', { name: 'No records yet' }).waitFor(); // the filter is wrong: that nothing matches is not known
    await isWell(page);
  });

  test('saving sends only what was changed', async () => {
    const page = await stage.signedIn();
    const before = await stored(evil);
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.postData() ?? ''));
    await page.goto(`${table}?r=${evil}`);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Nothing was changed').waitFor();
    assert.equal(sent.length, 0);
    await input(page, 'name').fill('x'.repeat(97));
    await page.getByText('97 used · text · up to 120').waitFor();
    await input(page, 'price').fill('4.50');
    await page.getByText('2 changes: name, price').waitFor();
    await picture(page, 'record-revert');
    await page.getByRole('button', { name: 'Revert name' }).click();
    await page.getByText('1 change: price').waitFor();
    assert.equal(await input(page, 'name').inputValue(), before.name);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'f-name');
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual([...sent[0].matchAll(/name="([^"]+)"/g)].map((m) => m[1]).sort(), ['_base', 'price']);
    const { price, updated, ...rest } = await stored(evil);
    const { price: oldPrice, updated: oldUpdated, ...oldRest } = before;
    assert.equal(price, 4.5);
    assert.deepEqual(rest, oldRest);
    await isWell(page);
  });

  test('what is typed, sent or pressed before the scripts have arrived is saved or done when they have', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 30');
    const early = async (path, act) => {
      const held = await hold(page, '**/htmx.js');
      await page.goto(stage.url + path, { waitUntil: 'commit' });
      await act();
      await held.release();
    };
    const save = page.getByRole('button', { name: 'Save' });
    await early(`/_/c/products/r/${id}`, async () => {
      await input(page, 'name').fill('Early 30');
      await save.click();
      await save.click();
    });
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stored(id)).name, 'Early 30');
    await early(`/_/c/products/r/${id}`, async () => {
      await input(page, 'name').fill('Tomato 30');
      await page.keyboard.press('Control+s');
    });
    await page.getByText('Saved', { exact: true }).waitFor();
    const { updated, name } = await stored(id);
    assert.equal(name, 'Tomato 30');
    await early('/_/c/products/fields', () => page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: 'bool' }).click());
    await page.locator('.fl.is-new').waitFor();
    assert.equal((await stored(id)).updated, updated);
    await early(`/_/c/products/r/${id}`, () => input(page, 'name').fill('never saved'));
    await page.getByText('1 change: name').waitFor();
    await page.waitForFunction(() => Object.values(localStorage).some((value) => value.includes('never saved'))); // the draft
    await page.getByRole('button', { name: 'Discard' }).click();
    await input(page, 'name').and(page.locator('[value="Tomato 30"]')).waitFor();
    await isWell(page);
  });

  test('every kind is changed, and wrong values are said at their fields', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 7');
    await page.goto(`${table}?r=${id}`);
    await input(page, 'name').fill('');
    await input(page, 'price').fill('-1');
    await input(page, 'contact').fill('no address');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-error=contact]:not([hidden])').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'f-name'); // the first of the three in the form
    assert.match(await page.locator('[data-error=price]').innerText(), /0/);
    assert.equal(await input(page, 'price').inputValue(), '-1');
    await picture(page, 'record-errors');
    await input(page, 'price').fill('12,5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This is no number').waitFor();
    await input(page, 'name').fill('Basil');
    await input(page, 'notes').fill('two\nlines');
    await page.getByRole('button', { name: 'HTML source' }).click();
    await input(page, 'description').fill('<p>x</p>');
    await input(page, 'price').fill('12.5');
    await input(page, 'active').check();
    await input(page, 'contact').fill('b@example.com');
    await input(page, 'source').fill('https://example.com/basil');
    await input(page, 'sown').fill('2028-01-02 03:04:05.000Z');
    await input(page, 'category').selectOption('Flower');
    await page.getByRole('checkbox', { name: 'old' }).check();
    const find = page.getByLabel('Find a record for others');
    await find.fill('halden');
    await page.locator('#found-others [data-pick]').first().waitFor();
    await find.press('Enter');
    await page.locator('input[type=file]').setInputFiles([{ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }]);
    await input(page, 'attributes').fill('{"n": 12345678901234567890}');
    await page.getByLabel('Latitude').fill('1.5');
    await page.getByLabel('Longitude').fill('2.5');
    await input(page, 'code').fill('another-secret');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const now = await stored(id);
    assert.deepEqual(
      [now.name, now.notes, now.description, now.price, now.active, now.contact, now.sown, now.category, now.tags, now.others.length, now.origin, now.pictures.length],
      ['Basil', 'two\nlines', '<p>x</p>', 12.5, true, 'b@example.com', '2028-01-02 03:04:05.000Z', 'Flower', ['rare', 'old'], 1, { lon: 2.5, lat: 1.5 }, 1],
    );
    await page.getByText('Basil').first().waitFor();
    await page.getByRole('button', { name: /^Remove note/ }).click();
    await page.getByRole('button', { name: /^Remove Halden/ }).last().click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('2 changes').waitFor({ state: 'detached' });
    await page.waitForFunction(() => !document.querySelector('.files [data-item]'));
    const after = await stored(id);
    assert.deepEqual([after.pictures, after.others, after.name], [[], [], 'Basil']);
    await isWell(page);
  });

  test('somebody else has changed the same field', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 9');
    await page.goto(`${table}?r=${id}`);
    await stage.api('PATCH', `/api/collections/products/records/${id}`, { price: 77, notes: 'from elsewhere' });
    await input(page, 'name').fill('Mine');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual([(await stored(id)).price, (await stored(id)).name], [77, 'Mine']);
    await stage.api('PATCH', `/api/collections/products/records/${id}`, { price: 78 });
    await input(page, 'price').fill('5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`${email} has changed this to 78`).waitFor();
    assert.equal((await stored(id)).price, 78);
    await picture(page, 'record-conflict');
    await page.getByRole('button', { name: 'Take the stored value' }).click();
    await page.waitForFunction(() => document.getElementById('f-price').value === '78' && !document.querySelector('.is-changed'));
    await stage.api('PATCH', `/api/collections/products/records/${id}`, { price: 79, notes: 'again from elsewhere' });
    await input(page, 'price').fill('5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`${email} has changed this to 79`).waitFor();
    await input(page, 'notes').fill('mine'); // the form still shows the notes before the other change
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`${email} has changed this to "again from elsewhere"`).waitFor();
    await page.getByRole('button', { name: 'Take the stored value' }).click();
    await page.getByText('1 change: price').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-error=price]:not([hidden])').waitFor({ state: 'detached' });
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
    assert.deepEqual([(await stored(id)).price, (await stored(id)).notes], [5, 'again from elsewhere']);
  });

  test('a record that was deleted meanwhile is put back, and the typed values are saved', async () => {
    const page = await stage.signedIn();
    const created = async (title) => (await stage.api('POST', '/api/collections/suppliers/records', { name: title, country: 'SE' })).id;
    const supplier = (id) => stage.api('GET', `/api/collections/suppliers/records/${id}`);
    const id = await created('Short-lived');
    const before = await supplier(id);
    await page.goto(`${stage.url}/_/c/suppliers?r=${id}`);
    await page.locator('#rows [data-live]').waitFor();
    await input(page, 'name').fill('Typed in vain');
    await stage.api('DELETE', `/api/collections/suppliers/records/${id}`);
    const notice = page.locator('[data-live-gone]');
    await notice.getByText(`Short-lived was deleted by ${email}, just now. Its last state is still in the change log.`).waitFor();
    await notice.getByText('Relations of products to it stay empty.').waitFor();
    await picture(page, 'record-gone');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This record was deleted meanwhile. What you have typed is still here.').waitFor();
    await notice.getByRole('button', { name: 'Put it back' }).click();
    await notice.waitFor({ state: 'hidden' });
    assert.deepEqual(await supplier(id), before);
    assert.equal(await input(page, 'name').inputValue(), 'Typed in vain');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await supplier(id)).name, 'Typed in vain');

    await stage.api('DELETE', `/api/collections/suppliers/records/${id}`);
    const answer = await page.goto(`${stage.url}/_/c/suppliers/r/${id}`);
    assert.equal(answer.status(), 404);
    await picture(page, 'record-gone-page');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'record-gone-phone-dark');
    await page.getByRole('button', { name: 'Put it back' }).click();
    await page.getByText('Put back', { exact: true }).waitFor();
    await page.waitForFunction(() => document.getElementById('f-name')?.value === 'Typed in vain');
    await stage.api('DELETE', `/api/collections/suppliers/records/${id}`);
    await page.goto(`${stage.url}/_/c/suppliers?r=${id}`);
    await panel(page).getByRole('heading', { name: 'This record is gone' }).waitFor();
    await stage.api('POST', '/api/collections/suppliers/records', { id, name: 'Another' });
    assert.equal((await page.request.post(`${stage.url}/_/c/suppliers/r/${id}/gone`, { headers: { Origin: stage.url } })).status(), 404); // the record exists

    const secret = (await stage.api('POST', '/api/collections/products/records', { name: 'With a code', code: 'a-secret-code' })).id;
    await stage.api('DELETE', `/api/collections/products/records/${secret}`);
    await page.goto(`${stage.url}/_/c/products/r/${secret}`);
    await page.getByText('It cannot be put back: the change log has no passwords.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Put it back' }).count(), 0);
    assert.equal((await page.request.post(`${stage.url}/_/c/products/r/${secret}/gone`, { headers: { Origin: stage.url } })).status(), 400);
    await isWell(page);
  });

  test('values that are typed during a save stay, and a second save follows the first', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 15');
    const body = new FormData();
    body.append('pictures', new Blob(['text']), 'old.txt');
    await stage.api('PATCH', `/api/collections/products/records/${id}`, body);
    await page.goto(`${table}?r=${id}`);
    await page.locator('.geo-map').waitFor();
    const slow = await hold(page, `**/r/${id}`);
    await input(page, 'price').fill('1.25');
    await page.keyboard.press('Control+s');
    await slow.asked;
    await page.getByRole('checkbox', { name: 'new', exact: true }).check();
    await page.getByRole('textbox', { name: 'description' }).pressSequentially('Rich');
    await input(page, 'sown').fill('2027-05-01 00:00:00.007Z');
    await page.locator('input[type=file]').setInputFiles([{ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }]);
    const contact = input(page, 'contact');
    await contact.fill('late@example.com');
    await stage.api('PATCH', `/api/collections/products/records/${id}`, { contact: 'other@example.com' });
    await contact.evaluate((node) => node.scrollIntoView({ block: 'center' }));
    const { y } = await contact.boundingBox();
    await page.keyboard.press('Control+s');
    await slow.release();
    await page.getByText(`${email} has changed this to "other@example.com"`).waitFor(); // the response to the second save
    assert.deepEqual([(await stored(id)).price, (await stored(id)).contact], [1.25, 'other@example.com']);
    await page.keyboard.press('Control+s');
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
    const now = await stored(id);
    assert.deepEqual([now.price, now.tags, now.description, now.sown, now.contact, now.pictures.length], [1.25, ['rare', 'new'], '<p>Rich</p>', '2027-05-01 00:00:00.007Z', 'late@example.com', 2]);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'f-contact');
    assert.ok(Math.abs((await contact.boundingBox()).y - y) < 60, 'the focused input stays in its place');
    await page.locator(`[data-row="${id}"].is-open`).waitFor();
    const area = page.getByRole('textbox', { name: 'description' });
    await area.focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('1');
    await page.keyboard.press('Control+s');
    await page.waitForFunction(() => !document.querySelector('.is-changed') && document.activeElement.matches('.rich-text'));
    await page.keyboard.type('2'); // at the position before the save
    await page.getByText('1 change: description').waitFor();
    assert.equal(await area.innerText(), 'Ric12h');
    await page.keyboard.press('Control+s');
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
    await isWell(page);
  });

  test('while the line is lost a bar says so, and what was typed is saved afterwards', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 13');
    const bar = page.getByRole('alert').getByText(/^The server cannot be reached.* what you type stays here/);
    await page.goto(`${table}?r=${id}`);
    const save = async () => {
      await page.context().setOffline(true);
      await bar.waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('This is sent when the server answers').last().waitFor();
    };
    const returns = async () => {
      await page.context().setOffline(false);
      await bar.waitFor({ state: 'detached' });
    };
    await input(page, 'name').fill('Typed offline');
    await save();
    page.wrong.splice(0); // the requests without a connection
    await picture(page, 'record-offline');
    await input(page, 'name').fill('Typed later');
    await returns();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stored(id)).name, 'Typed later');

    // Another version of the server answers: the held save is sent, and input stays until the page is loaded anew.
    await page.route('**/_/sign-in', (route) => route.fulfill({ contentType: 'text/html', body: '<script src="/_/assets/0123456789ab/base.js"></script>' }));
    await input(page, 'name').fill('Typed before the new version');
    await save();
    await returns();
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
    assert.equal((await stored(id)).name, 'Typed before the new version');
    const anew = page.getByRole('button', { name: 'Load the page anew' });
    await anew.waitFor();
    page.wrong.splice(0); // the requests without a connection
    await picture(page, 'record-new-version');
    await input(page, 'name').fill('Typed after it');
    await anew.click();
    await loads(page, () => page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Save and leave' }).click());
    assert.equal((await stored(id)).name, 'Typed after it');
    await loads(page, async () => { // without input the page is loaded anew by itself
      await page.context().setOffline(true);
      await bar.waitFor();
      await page.context().setOffline(false);
    });
    await page.unroute('**/_/sign-in');

    // A request without an answer is not sent again.
    await input(page, 'name').fill('Perhaps sent');
    await page.route(`**/r/${id}`, (route) => route.abort());
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The request has got no answer. It may have been carried out or not').waitFor();
    await page.unroute(`**/r/${id}`);
    assert.deepEqual([await input(page, 'name').inputValue(), (await stored(id)).name], ['Perhaps sent', 'Typed after it']);
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#f-name').value === 'Typed after it');
  });

  test('Ctrl and Enter save and open a new form, after a sign-in too, but not after a refused save', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 14');
    const opensNew = () => page.locator('#panel [data-form=new]').waitFor();
    await page.goto(`${table}?r=${id}`);
    await input(page, 'price').fill('14.5');
    await stage.endsAt(page, `**/r/${id}`);
    await page.keyboard.press('Control+Enter');
    await stage.again(page);
    await opensNew();
    assert.equal((await stored(id)).price, 14.5);

    // A file that is too large, and a save without an answer, do not open a form at the next save.
    await page.goto(`${table}?r=${id}`);
    const isSaved = () => page.waitForFunction(() => !document.querySelector('.is-changed'));
    await page.locator('input[type=file]').setInputFiles([{ name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.alloc(5.5e6) }]);
    await page.locator('[data-new-files]').getByText('larger than 5.2 MB').waitFor(); // the script of file inputs has arrived
    await input(page, 'price').press('Control+Enter');
    await page.getByText('large.txt is larger than 5.2 MB. Remove it first.').waitFor();
    await page.getByRole('button', { name: 'Remove large.txt' }).click();
    await input(page, 'price').fill('14.6');
    await page.keyboard.press('Control+s');
    await isSaved();
    await page.route(`**/r/${id}`, (route) => route.abort());
    await input(page, 'price').fill('14.7');
    await page.keyboard.press('Control+Enter');
    await page.getByText('The request has got no answer').waitFor();
    await page.unroute(`**/r/${id}`);
    await page.keyboard.press('Control+s');
    await isSaved();
    assert.deepEqual([await page.locator('#panel [data-record]').getAttribute('data-record'), (await stored(id)).price], [id, 14.7]);

    // A held save opens it when the server answers.
    await input(page, 'price').fill('14.8');
    await page.context().setOffline(true);
    await page.getByText('The server cannot be reached').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.context().setOffline(false);
    await opensNew();
    assert.equal((await stored(id)).price, 14.8);
  });

  test('one record after the other is opened beside the table, and the address says which', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    for (const name of ['Tomato 60', 'Tomato 57']) {
      await page.getByRole('link', { name, exact: true }).click();
      await panel(page).getByRole('heading', { name }).waitFor();
      await page.waitForURL(`**/*r=${await idOf(name)}*`);
    }
    await page.locator('body').click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('j');
    await panel(page).getByRole('heading', { name: 'Tomato 56' }).waitFor();
    await page.keyboard.press('Escape');
    await panel(page).waitFor({ state: 'detached' });
    await isWell(page);
  });

  test('a late answer replaces neither the record that was opened since nor what was typed since', async () => {
    const page = await stage.signedIn();
    const [first, second, third] = await Promise.all(['Tomato 50', 'Tomato 49', 'Tomato 48'].map(idOf));
    const opened = (id) => page.locator(`#panel [data-record="${id}"]`).waitFor();
    const open = (id) => page.locator(`[data-row="${id}"] [data-open]`).click();
    const holds = (id) => hold(page, `**/r/${id}`);
    await page.goto(`${table}?rows=50`);
    let slow = await holds(first);
    await open(first);
    await slow.asked;
    await open(second);
    await opened(second);
    await slow.release();
    assert.equal(await page.locator('#panel [data-record]').getAttribute('data-record'), second);

    slow = await holds(third);
    await open(third);
    await slow.asked;
    await input(page, 'name').fill('Typed meanwhile');
    await slow.release();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.getByRole('button', { name: 'Stay' }).click();
    assert.equal(await input(page, 'name').inputValue(), 'Typed meanwhile');

    slow = await holds(second); // a slow save, during which the record is left
    await page.keyboard.press('Control+s');
    await slow.asked;
    await open(third);
    await question.getByRole('button', { name: 'Leave', exact: true }).click();
    await opened(third);
    await input(page, 'name').fill('Typed in the third');
    await slow.release();
    await page.getByText('The record that you have left is saved').waitFor();
    assert.deepEqual([await input(page, 'name').inputValue(), (await stored(second)).name], ['Typed in the third', 'Typed meanwhile']);
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#f-name').value === 'Tomato 48');

    slow = await holds(first); // closed while another record is being opened
    await open(first);
    await slow.asked;
    await page.keyboard.press('Escape');
    await slow.release();
    assert.equal(await page.locator('#panel [data-record]').count(), 0);

    // A table that is reloaded while a value is edited keeps the edit, and is reloaded after it.
    await page.goto(`${table}?cols=price`);
    await page.locator(`[data-row="${first}"] td`).nth(2).dblclick();
    await page.locator('.is-editing input:not([type=hidden])').fill('50.5');
    const { id: made } = await stage.api('POST', '/api/collections/products/records', { name: 'Made meanwhile' });
    await page.getByRole('link', { name: '1 new record' }).waitFor();
    const reloaded = page.waitForResponse((response) => response.url().includes('/_/c/products?') && response.request().headers()['hx-target'] === 'rows');
    await page.evaluate(() => window.htmx.trigger(document.body, 'changed'));
    await reloaded;
    await page.keyboard.press('Enter');
    await page.locator(`[data-row="${made}"]`).waitFor();
    assert.equal((await stored(first)).price, 50.5);
    await stage.api('DELETE', `/api/collections/products/records/${made}`);
    await isWell(page);
  });

  test('create, duplicate, delete', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.getByRole('link', { name: 'New record' }).click();
    await panel(page).waitFor();
    await picture(page, 'record-new');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.locator('[data-error=name]:not([hidden])').waitFor();
    await input(page, 'name').fill('Zinnia');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    await page.getByText('50 rows of 62').waitFor(); // the table has counted again
    await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
    await page.getByRole('link', { name: 'Duplicate' }).click();
    await page.getByRole('button', { name: 'Create' }).waitFor();
    assert.equal(await input(page, 'name').inputValue(), 'Zinnia');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Zinnia' }).click();
    await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('heading', { name: 'Delete Zinnia?' }).waitFor();
    await picture(page, 'record-delete');
    await page.getByRole('button', { name: 'Delete', exact: true }).last().click();
    await page.getByText('50 rows of 61').waitFor();
    await isWell(page);
  });

  test('a session that ends while somebody types', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 11');
    await page.goto(`${table}?r=${id}`);
    await input(page, 'name').fill('Typed before');
    await stage.endsAt(page, `**/r/${id}`);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await stage.again(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stored(id)).name, 'Typed before');
    await isWell(page);
  });

  test('on a phone', async () => {
    const page = await stage.signedIn({ width: 390, height: 844, scheme: 'dark' });
    await page.goto(table);
    await picture(page, 'records-phone-dark');
    await page.getByRole('link', { name: 'Tomato 60' }).click();
    await panel(page).getByRole('heading', { name: 'Tomato 60' }).waitFor();
    const { x, y, width, height } = await panel(page).boundingBox();
    assert.deepEqual([x, y, width, height], [0, 0, 390, 844]); // the panel fills the screen
    await picture(page, 'record-phone-dark');
  });
});
