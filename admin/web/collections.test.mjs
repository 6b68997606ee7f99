// Collections are created, changed after a review of the change, emptied and deleted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const stored = (name) => stage.api('GET', `/api/collections/${name}`);
  const save = (page) => page.getByRole('button', { name: 'Save', exact: true }).first().click();
  const option = (row, name) => row.locator(`[name$=".${name}"]`).last();
  const row = (page, name) => page.locator('.fl', { has: page.locator(`[data-name-of]:text-is("${name}")`) });

  test('a collection with a field of every kind', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/`);
    await page.getByRole('link', { name: 'New collection' }).click();
    await picture(page, 'collection-new');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.locator('[data-error=name]:not([hidden])').waitFor();
    await page.getByLabel(/^Name/).fill('things');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created things').waitFor();
    const kinds = ['text', 'editor', 'number', 'bool', 'email', 'url', 'date', 'autodate', 'select', 'file', 'relation', 'json', 'geoPoint', 'password'];
    for (const kind of kinds) {
      await page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: kind, exact: true }).click();
      const added = page.locator('.fl').last();
      await added.locator(`[name$=".type"][value=${kind}]`).waitFor({ state: 'attached' });
      await option(added, 'name').fill(`my_${kind}`);
      if (kind === 'select') await option(added, 'values').fill('one\ntwo');
      if (kind === 'number') await option(added, 'min').fill('x');
    }
    await save(page);
    await page.getByText('This is no number').waitFor();
    const number = row(page, 'my_number');
    await option(number, 'min').fill('0.5');
    await number.locator('input[type=checkbox][name$=".required"]').check();
    await page.getByLabel(/^Indexes/).fill('CREATE UNIQUE INDEX idx_my_text ON things (my_text)');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    const made = await stored('things');
    assert.deepEqual(made.fields.map((f) => f.name), ['id', 'created', 'updated', ...kinds.map((kind) => `my_${kind}`)]);
    const field = (name) => made.fields.find((f) => f.name === name);
    assert.deepEqual([field('my_number').min, field('my_number').max, field('my_number').required, field('my_select').values], [0.5, null, true, ['one', 'two']]);
    assert.equal(made.indexes.length, 1);
    await picture(page, 'collection-fields');
    await isWell(page);
  });

  test('a change that loses values is looked at first', async () => {
    const page = await stage.signedIn();
    await stage.api('POST', '/api/collections/things/records', { my_text: 'a', my_number: 3, my_bool: true });
    await page.goto(`${stage.url}/_/c/things/fields`);
    await page.getByText('my_text').first().click();
    await option(row(page, 'my_text'), 'name').fill('title');
    await page.getByText('my_number').first().click();
    await row(page, 'my_number').getByRole('button', { name: 'Delete field' }).click();
    await page.locator('.fl').last().getByRole('button', { name: /^Move/ }).press('Alt+ArrowUp');
    await save(page);
    await page.getByRole('heading', { name: 'What this does to things' }).waitFor();
    await page.getByText('1 value of a field that goes').waitFor();
    assert.ok((await stored('things')).fields.some((f) => f.name === 'my_number'));
    await picture(page, 'collection-review');
    await page.getByLabel(/^Type/).fill('thing');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('This is not the name').waitFor();
    await page.getByLabel(/^Type/).fill('things');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const { fields, indexes } = await stored('things');
    assert.deepEqual([fields.some((f) => f.name === 'my_number'), fields.some((f) => f.name === 'title'), fields.at(-1).name], [false, true, 'my_geoPoint']);
    assert.match(indexes[0], /title/);
    await isWell(page);
  });

  test('wrong definitions are said at their fields', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/things/fields`);
    await page.getByText('title').first().click();
    await option(row(page, 'title'), 'pattern').fill('(');
    await page.getByText('my_bool').first().click();
    await option(row(page, 'my_bool'), 'name').fill('no name!');
    await save(page);
    await page.locator('[data-error$=".pattern"]:not([hidden]), [data-error$=".name"]:not([hidden])').first().waitFor();
    await picture(page, 'collection-errors');
    await isWell(page);
  });

  test('rules', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/things/rules`);
    const who = (rule, mode) => page.getByRole('radiogroup', { name: `${rule}: who` }).getByText(mode).click();
    await who('List', 'Everyone');
    await who('View', 'By rule');
    await save(page);
    await page.getByText('Write the rule').waitFor();
    await page.getByLabel('View rule').fill('nothing = 1');
    await save(page);
    await page.locator('[data-error=viewRule]:not([hidden])').waitFor();
    await picture(page, 'collection-rules');
    await page.getByLabel('View rule').fill("title != ''");
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    const now = await stored('things');
    assert.deepEqual([now.listRule, now.viewRule, now.createRule], ['', "title != ''", null]);
    await isWell(page);
  });

  test('records are deleted, then the collection', async () => {
    const page = await stage.signedIn();
    const dialog = page.getByRole('dialog');
    await page.goto(`${stage.url}/_/c/things/fields`);
    for (const [what, verb] of [['Delete all records', 'Delete the records'], ['Delete the collection', 'Delete things']]) {
      await page.goto(`${stage.url}/_/c/things/fields`);
      await page.getByRole('button', { name: 'Copy, duplicate or delete the collection' }).click();
      await page.getByRole('button', { name: what, exact: true }).click();
      await dialog.getByRole('button', { name: verb }).click();
      await dialog.getByText('This is not the name').waitFor();
      await dialog.getByLabel(/^Type/).fill('things');
      await dialog.getByRole('button', { name: verb }).click();
      await page.getByText(/^Deleted/).waitFor();
    }
    assert.ok(!(await stage.api('GET', '/api/collections')).items.some((c) => c.name === 'things'));
    await isWell(page);
  });
});
