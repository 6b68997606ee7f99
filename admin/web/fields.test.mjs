// The options of all kinds of fields can be set, reset and refused; two users change one
// collection; lost data are shown before a save; locked collections are read-only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { email, isWell, loads, onStage, picture, saved, takeStored } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const stored = (name) => stage.api('GET', `/api/collections/${name}`);
  const fieldOf = async (collection, name) => (await stored(collection)).fields.find((f) => f.name === name);
  const row = (page, name) => page.locator('#fieldlist > .fl', { has: page.locator(`[data-name-of]:text-is("${name}")`) });
  const option = (row, name) => row.locator(`:is([name$=".${name}"], [id$=".${name}"]):visible`).last();
  const open = async (page, name) => {
    await row(page, name).locator('summary').click();
    return row(page, name);
  };
  const dialog = (page) => page.getByRole('dialog');

  async function set(row, values) {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'boolean') await row.locator(`[type=checkbox][name$=".${name}"]`).setChecked(value);
      else await option(row, name).fill(String(value));
    }
  }

  /** Saves the form, and waits for the new page. */
  const save = (page) => loads(page, () => page.keyboard.press('Control+s'));

  /** Presses Save in the review dialog, and waits for the new page. */
  const confirm = (page) => loads(page, () => dialog(page).getByRole('button', { name: 'Save' }).click());

  /** Presses Save, and returns the messages of the refused options by their names. */
  async function refused(page) {
    const answer = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/fields'));
    await page.keyboard.press('Control+s');
    assert.equal((await answer).status(), 422);
    await page.locator('details.has-problem[open] [data-error]:not([hidden])').first().waitFor(); // closed fields hide their names
    const list = await page.locator('[data-error]:not([hidden])').evaluateAll((all) => all.map((e) => [e.dataset.error.split('.').at(-1), e.textContent.trim()]));
    return Object.fromEntries(list);
  }

  const every = { help: 'for people', required: true, hidden: true, presentable: true };
  /** By kind of field: the options, the values to set, and lists of wrong values with the option that is refused. */
  const kinds = {
    text: [{ ...every, min: 2, max: 10, pattern: '^[a-z]+$', autogeneratePattern: '[a-z]{5}' }, '2 to 10 characters, ^[a-z]+$',
      [{ min: 'x' }, { max: '1.5' }, { max: -1 }, { min: 9, max: 3 }, { pattern: '(' }, { autogeneratePattern: '[a-' }, { name: '' }, { name: 'id' }, { name: 'expand' }]],
    editor: [{ ...every, maxSize: 100, convertURLs: true }, '', [{ maxSize: 'many' }, { maxSize: -1 }, { maxSize: '99999999999999999999' }]],
    number: [{ ...every, min: -1.5, max: 10.25 }, '-1.5 to 10.25', [{ min: 'x' }, { min: '1,5' }, { min: 'Infinity' }, { max: '1_000' }, { min: 11, max: 3 }, { min: 1.5, onlyInt: true }]],
    bool: [{ ...every }, '', []],
    email: [{ ...every, onlyDomains: 'a.com\nb.org' }, 'only a.com, b.org', [{ onlyDomains: 'no domain!' }, { exceptDomains: 'b.org', onlyDomains: 'a.com' }]],
    url: [{ ...every, exceptDomains: 'a.com' }, 'not a.com', [{ exceptDomains: 'http://a.com/b' }]],
    date: [{ ...every, min: '2027-03-15 08:00:05.000Z', max: '2028-01-01 00:00:00.000Z' }, '2027-03-15 08:00:05.000Z to 2028-01-01 00:00:00.000Z', [{ min: 'soon' }, { min: '2029-01-01', max: '2028-01-01' }]],
    autodate: [{ hidden: true, presentable: true, onUpdate: true }, 'on create, on update', [{ onCreate: false }]],
    select: [{ ...every, values: 'a\nb\nc\nd', maxSelect: 3 }, 'a, b, c and 1 more, up to 3', [{ values: '' }, { maxSelect: 5 }, { maxSelect: 'x' }]],
    file: [{ ...every, maxSelect: 3, maxSize: 1000, mimeTypes: 'image/png', thumbs: '100x100\n10x0', protected: true }, 'image/png, up to 3, protected', [{ thumbs: 'big' }, { thumbs: '0x0' }, { maxSize: -1 }]],
    relation: [{ ...every, minSelect: 1, maxSelect: 3, cascadeDelete: true }, 'up to 3, deleted along', [{ minSelect: 5, maxSelect: 2 }, { minSelect: -1 }]],
    json: [{ ...every, maxSize: 50 }, '', [{ maxSize: 'x' }]],
    geoPoint: [{ ...every }, '', []],
    password: [{ ...every, presentable: false, min: 8, max: 40, cost: 11, pattern: '^.+$' }, '8 to 40 characters, ^.+$', [{ cost: 99 }, { min: 50, max: 40 }, { max: 100 }, { pattern: '(' }]],
  };

  test('every option of every kind is set, put back, and refused at its input', async () => {
    await stage.api('POST', '/api/collections', { name: 'kinds', type: 'base', fields: Object.keys(kinds).map((type) => ({ name: `my_${type}`, type,
      ...(type === 'select' && { values: ['a', 'b'] }), ...(type === 'autodate' && { onCreate: true }), ...(type === 'relation' && { collectionId: '_pb_users_auth_' }) })) });
    const plain = Object.fromEntries((await stored('kinds')).fields.map((f) => [f.type, f]));
    const page = await stage.signedIn({ timezoneId: 'UTC' });
    await page.goto(`${stage.url}/_/c/kinds/fields`);
    const text = (value) => (Array.isArray(value) ? value.join('\n') : value ?? '');
    for (const [kind, [values]] of Object.entries(kinds)) await set(await open(page, `my_${kind}`), values);
    await save(page);
    const shown = Object.fromEntries((await stored('kinds')).fields.filter((f) => f.name.startsWith('my_')).map((f) => [f.type, f]));
    for (const [kind, [values, summary]] of Object.entries(kinds)) {
      for (const [name, value] of Object.entries(values)) assert.equal(text(shown[kind][name]), value, `${kind}.${name}`);
      assert.ok((await row(page, `my_${kind}`).locator('.sum').innerText()).endsWith(summary), kind);
    }
    await picture(page, 'fields-summaries');
    for (const [kind, [values]] of Object.entries(kinds)) {
      await set(await open(page, `my_${kind}`), Object.fromEntries(Object.keys(values).map((name) => [name, text(plain[kind][name])])));
    }
    await page.keyboard.press('Control+s');
    await dialog(page).getByText('The field my_relation holds one value instead of a list').waitFor();
    await confirm(page);
    for (const kind of Object.keys(kinds)) assert.deepEqual(await fieldOf('kinds', `my_${kind}`), plain[kind]);

    for (const [kind, [, , wrong]] of Object.entries(kinds)) {
      await open(page, `my_${kind}`);
      const field = page.locator(`#fieldlist > .fl:has(input[name$=".type"][value=${kind}])`).last(); // found by its type, since its name changes
      for (const values of wrong) {
        const right = Object.fromEntries(Object.keys(values).map((name) => [name, text(plain[kind][name])]));
        await set(field, values);
        const problems = await refused(page);
        assert.ok(Object.keys(values).some((name) => problems[name]), `${kind} ${JSON.stringify(values)}: ${JSON.stringify(problems)}`);
        await set(field, right);
      }
    }
    await isWell(page);
  });

  test('two users change one collection', async () => {
    await stage.api('POST', '/api/collections', { name: 'shared', type: 'base', indexes: ['CREATE INDEX idx_mine ON shared (a)', 'CREATE INDEX idx_theirs ON shared (b)'],
      fields: ['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'text', max: 10 })) });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/shared/fields`);
    for (const name of ['a', 'b', 'c']) await open(page, name);
    await set(row(page, 'a'), { max: 20 });
    await set(row(page, 'b'), { max: 20, min: 2 });
    await row(page, 'c').getByRole('button', { name: 'Delete field' }).click();

    // Another user renames the collection, changes other options, and moves, adds and deletes
    // fields and indexes.
    const theirs = await stored('shared');
    const [id, a, b, c] = theirs.fields;
    const fields = [id, { name: 'e', type: 'number' }, { ...b, max: 30 }, { ...a, min: 1 }, c];
    await stage.api('PATCH', '/api/collections/shared', { name: 'renamed', fields, indexes: [theirs.indexes[0], 'CREATE INDEX idx_added ON shared (a, b)'] });

    assert.equal(await saved(page), 409);
    await page.locator('[data-error$=".max"]', { hasText: `${email} has changed this to “30”` }).waitFor();
    await picture(page, 'fields-conflict');
    await page.keyboard.press('Control+s');
    await dialog(page).getByText('The field c is deleted').waitFor();
    await confirm(page);
    const now = await stored('renamed');
    assert.deepEqual(now.fields.map((f) => f.name), ['id', 'e', 'b', 'a']);
    assert.deepEqual(['a', 'b'].map((name) => now.fields.find((f) => f.name === name)).map((f) => [f.min, f.max]), [[1, 20], [2, 20]]);
    assert.deepEqual(now.indexes.map((text) => text.match(/idx_\w+/)[0]), ['idx_mine', 'idx_added']);

    // A field that another user has deleted disappears, unless the form changes it.
    await page.waitForURL('**/_/c/renamed/fields');
    await set(await open(page, 'a'), { max: 25 });
    await stage.api('PATCH', '/api/collections/renamed', { fields: now.fields.filter((f) => f.name === 'id'), indexes: [] });
    await page.keyboard.press('Control+s');
    await page.getByText(`${email} has deleted this field with its values`).waitFor();
    await save(page);
    assert.deepEqual((await stored('renamed')).fields.map((f) => [f.name, f.max]).slice(1), [['a', 25]]);

    // The stored value is taken, or the deletion.
    await set(await open(page, 'a'), { max: 26, min: 3 });
    const [primary, only] = (await stored('renamed')).fields;
    await stage.api('PATCH', '/api/collections/renamed', { fields: [primary, { ...only, max: 27 }, { name: 'f', type: 'bool' }] });
    assert.equal(await saved(page), 409);
    await takeStored(page, await page.locator('[data-take$=".max"]').getAttribute('data-take'));
    assert.equal(await option(row(page, 'a'), 'max').inputValue(), '27');
    await save(page);
    const merged = (await stored('renamed')).fields;
    assert.deepEqual(merged.slice(1).map((f) => [f.name, f.min, f.max]), [['a', 3, 27], ['f', undefined, undefined]]);
    await set(await open(page, 'a'), { max: 28 });
    await stage.api('PATCH', '/api/collections/renamed', { fields: [merged[0], merged[2]] });
    assert.equal(await saved(page), 409);
    await takeStored(page, await page.locator('[data-take]').getAttribute('data-take'));
    assert.deepEqual(await page.locator('[data-changes]').innerText(), '');
    await isWell(page);
  });

  test('two people change the indexes of one collection', async () => {
    const statement = (name, columns) => `CREATE INDEX ${name} ON sorted (${columns})`;
    await stage.api('POST', '/api/collections', { name: 'sorted', type: 'base', fields: ['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'text' })),
      indexes: [statement('idx_one', 'a'), statement('idx_two', 'b'), statement('idx_three', 'c'), statement('idx_four', 'd')] });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/sorted/fields`);
    const index = (name) => page.locator('#indexes > .fl', { has: page.locator(`[data-name-of]:text-is("${name}")`) });
    const write = async (name, columns) => {
      await index(name).locator('summary').click();
      await index(name).getByLabel('Statement').fill(statement(name, columns));
      const row = page.waitForResponse((r) => r.url().endsWith('/fields/index'));
      await index(name).getByLabel('Statement').press('Tab');
      await row;
      await index(name).locator('.sum', { hasText: columns }).waitFor();
    };
    await write('idx_one', 'a, c'); // somebody else changes it too
    await write('idx_two', 'b, c'); // somebody else deletes it
    await index('idx_three').locator('summary').click();
    await index('idx_three').getByRole('button', { name: 'Delete index' }).click(); // somebody else changes it
    await write('idx_four', 'd, a');
    await stage.api('PATCH', '/api/collections/sorted', { indexes: [statement('idx_one', 'a, b'), statement('idx_three', 'c, a'), statement('idx_four', 'd')] });
    assert.equal(await saved(page), 409);
    const words = (name) => index(name).locator('[data-error]:not([hidden])').first().innerText();
    assert.match(await words('idx_one'), new RegExp(`^${email} has changed this to “CREATE INDEX idx_one ON sorted \\(a, b\\)”`));
    assert.match(await words('idx_two'), new RegExp(`^${email} has deleted this index`));
    assert.match(await words('idx_three'), new RegExp(`^${email} has changed this index`));
    await takeStored(page, `indexes.${await index('idx_two').getAttribute('data-key')}`);
    await takeStored(page, `indexes.${await index('idx_three').getAttribute('data-key')}`);
    await save(page);
    assert.deepEqual((await stored('sorted')).indexes.toSorted(), [statement('idx_four', 'd, a'), statement('idx_one', 'a, c'), statement('idx_three', 'c, a')]);
    await isWell(page);
  });

  test('lost values are shown before a save, and can be kept', async () => {
    await stage.api('POST', '/api/collections', { name: 'stock', type: 'base', listRule: '', fields: [{ name: 'code', type: 'text' }, { name: 'seasons', type: 'select', values: ['spring', 'summer'], maxSelect: 2 }, { name: 'unit_price', type: 'number' }] });
    const { id } = await stage.api('POST', '/api/collections/stock/records', { code: 'A-77120', seasons: ['spring', 'summer'], unit_price: 3 });
    await stage.call('GET', '/api/collections/stock/records?filter=unit_price%3E1');
    await stage.call('GET', '/api/collections/stock/records?fields=unit-price'); // another name, which a pattern with _ would match
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/stock/fields`);
    await (await open(page, 'code')).getByRole('button', { name: 'Delete field' }).click();
    await row(page, 'code').getByRole('button', { name: 'Put back' }).click();
    assert.equal(await page.locator('[data-changes]').innerText(), '');
    await row(page, 'code').getByRole('button', { name: 'Delete field' }).click();
    await set(await open(page, 'seasons'), { maxSelect: 1 });
    await set(await open(page, 'unit_price'), { name: 'cost' });
    await page.keyboard.press('Control+s');
    await dialog(page).getByText('1 value is deleted with the field').waitFor();
    await dialog(page).getByText('A-77120', { exact: true }).waitFor();
    await dialog(page).getByRole('link', { name: `Open the record ${id}` }).first().waitFor();
    await dialog(page).getByText('["spring","summer"]').waitFor();
    await dialog(page).getByRole('link', { name: '1 request', exact: true }).waitFor();
    await picture(page, 'fields-review');
    const [file] = await Promise.all([page.waitForEvent('download'), dialog(page).getByRole('link', { name: 'Export stock as JSON' }).click()]);
    assert.match(file.suggestedFilename(), /stock.*\.json/);
    await dialog(page).getByRole('button', { name: 'Back up the server' }).click();
    await dialog(page).getByText(/Made .*\.zip/).waitFor();
    assert.equal((await stage.api('GET', '/api/backups')).length, 1);
    await dialog(page).getByLabel(/^Type/).fill('stock');
    await loads(page, () => page.keyboard.press('Enter'));
    const record = await stage.api('GET', `/api/collections/stock/records/${id}`);
    assert.deepEqual([record.code, record.seasons, record.cost], [undefined, 'summer', 3]);
    await isWell(page);
  });

  test('wrong names are shown while they are typed', async () => {
    await stage.api('POST', '/api/collections', { name: 'named', type: 'base', fields: [{ name: 'seasons', type: 'select', values: ['spring'] }, { name: 'cost', type: 'number' }] });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/named/fields`);
    const problem = (row) => row.locator('[data-error$=".name"]');
    await open(page, 'cost');
    const field = page.locator('#fieldlist > .fl').last();
    for (const [name, words] of [['expand', 'This is reserved'], ['ID', 'Duplicated'], ['seasons', 'Duplicated'], ['x_via_y', '_via_']]) {
      await option(field, 'name').fill(name);
      await option(field, 'name').press('Tab');
      await problem(field).filter({ hasText: words, visible: true }).waitFor();
      assert.equal(await option(field, 'name').getAttribute('aria-invalid'), 'true');
      assert.equal(await option(field, 'help').evaluate((input) => input === document.activeElement), true);
    }
    await picture(page, 'fields-name');
    await row(page, 'seasons').locator('summary').focus();
    await page.keyboard.press('Delete'); // frees the name
    await option(field, 'name').fill('Seasons');
    await option(field, 'name').press('Tab');
    await problem(field).waitFor({ state: 'hidden' });
    await page.getByLabel('Name', { exact: true }).first().fill('users');
    await page.getByLabel('Name', { exact: true }).first().press('Tab');
    await page.locator('[data-error=name]', { hasText: 'unique' }).waitFor();
    assert.deepEqual((await stored('named')).fields.map((f) => f.name), ['id', 'seasons', 'cost']); // nothing is stored
    await isWell(page);
  });

  test('locked collections are read-only', async () => {
    await stage.api('POST', '/api/collections', { name: 'held', type: 'base', fields: [{ name: 'cost', type: 'number' }] });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/held/fields`);
    await set(await open(page, 'cost'), { max: 9 });
    await stage.api('PATCH', '/api/settings', { meta: { hideControls: true } });
    await page.keyboard.press('Control+s');
    await page.getByText('Collections are locked here. Settings').waitFor(); // the open form keeps its values
    assert.equal(await option(row(page, 'cost'), 'max').inputValue(), '9');
    for (const path of ['c/held/fields', 'c/held/rules', 'c/users/fields', 'c/users/sign-in']) {
      await page.goto(`${stage.url}/_/${path}`);
      await page.getByText('Collections are locked here').waitFor();
      assert.equal(await page.locator('main form[data-form=change] :is(input, select, textarea, button):enabled:not([type=hidden], [data-copy-from])').count(), 0, path);
      assert.equal(await page.getByRole('link', { name: 'New collection' }).count(), 0, path);
      await picture(page, `locked-${path.replaceAll('/', '-')}`);
    }
    await page.goto(`${stage.url}/_/c/held/fields`);
    await row(page, 'cost').locator('summary').focus();
    await page.keyboard.press('Delete');
    assert.equal(await page.locator('.fl.is-del').count(), 0);
    await page.getByRole('button', { name: 'Copy, duplicate or delete the collection' }).click();
    assert.deepEqual(await page.locator('#collection-menu button').allInnerTexts(), ['Copy as JSON']);
    await page.goto(`${stage.url}/_/new-collection`);
    await page.getByText('Collections are locked here').waitFor();
    await stage.api('PATCH', '/api/settings', { meta: { hideControls: false } });
    assert.equal((await fieldOf('held', 'cost')).max, null);
  });
});
