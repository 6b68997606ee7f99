// The search over every page, and the tools: who may do what, the API of a collection, SQL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const user = async (email, role) => {
    const password = 'a long password';
    return stage.api('POST', '/api/collections/people/records', { email, role, password, passwordConfirm: password, verified: true });
  };
  await stage.api('POST', '/api/collections', { name: 'people', type: 'auth', fields: [{ name: 'role', type: 'text' }] });
  const people = await stage.api('GET', '/api/collections/people');
  await stage.api('POST', '/api/collections', {
    name: 'notes',
    type: 'base',
    listRule: '',
    viewRule: '@request.auth.id != "" && (author = @request.auth.id || @request.auth.role = "editor")',
    createRule: 'author = @request.auth.id && @request.body.title:isset = true',
    fields: [
      { name: 'title', type: 'text', required: true, presentable: true },
      { name: 'author', type: 'relation', collectionId: people.id, maxSelect: 1 },
      { name: 'stars', type: 'number' },
    ],
  });
  const ann = await user('ann@example.com', 'member');
  const bob = await user('bob@example.com', 'editor');
  const note = await stage.api('POST', '/api/collections/notes/records', { title: 'Water the beans', author: ann.id, stars: 4 });

  test('the palette goes everywhere by keys alone', async () => {
    const page = await stage.signedIn();
    const palette = page.getByRole('dialog', { name: 'Search or jump' });
    const option = (name) => palette.getByRole('option', { name });
    const type = async (words) => {
      await page.keyboard.press('Control+k');
      await option(/Overview|notes/).first().waitFor();
      await page.keyboard.type(words);
    };
    await page.goto(`${stage.url}/_/`);
    await type('mail');
    await option('Settings › Mail').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/settings/mail');
    await type('notes › rules');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/c/notes/rules');
    await type('beans');
    await option(/Water the beans/).waitFor();
    await picture(page, 'palette-1440-light');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/_/c/notes/r/${note.id}`);
    await type(`#${bob.id}`);
    await option(/bob@example.com/).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/_/c/people/r/${bob.id}`);
    await type('> record in notes');
    await option('New record in notes').waitFor();
    assert.equal(await palette.getByRole('group', { name: 'Go to' }).count(), 0);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/c/notes/new');
    await type('zzzz');
    await palette.getByText('Nothing has that name').waitFor();
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'hidden' });
    await isWell(page);
  });

  test('the rule tester says who may do what, and why', async () => {
    const page = await stage.signedIn();
    const tester = page.getByRole('region', { name: 'Try the rules' });
    const verdict = (rule) => tester.getByRole('listitem').filter({ has: page.locator('b', { hasText: new RegExp(`^${rule}$`) }) });
    await page.goto(`${stage.url}/_/c/notes/rules`);
    await verdict('List').getByText('everyone may').waitFor();
    await verdict('View').getByText('does not hold: @request.auth.id != "" · answers 404').waitFor();
    await verdict('Update').getByText('superusers only · answers 403').waitFor();
    await tester.getByText('A user', { exact: true }).click();
    await tester.getByText('Choose the user who asks').waitFor();
    await tester.getByRole('combobox', { name: 'Collection of the user' }).selectOption('people');
    const user = tester.getByRole('combobox', { name: 'User', exact: true });
    await user.fill('bob');
    await tester.getByRole('option', { name: /bob@example.com/ }).waitFor();
    await user.press('Enter');
    await verdict('View').getByText('the rule holds').waitFor();
    await verdict('View').getByRole('button').press('Enter');
    await verdict('View').getByText('author = @request.auth.id').waitFor();
    assert.match(await verdict('View').innerText(), /author = @request.auth.id\s+not needed · would be false: "\w{15}" beside "\w{15}"/);
    assert.match(await verdict('View').innerText(), /@request.auth.role = "editor"\s+true: "editor" beside "editor"/);
    await verdict('View').getByText('SQL and plan').click();
    assert.match(await verdict('View').getByRole('region', { name: 'Query plan' }).innerText(), /SEARCH|Index|Scan/);
    await picture(page, 'rule-tester-1440-light');

    // What is typed counts, saved or not.
    const rule = page.getByRole('textbox', { name: 'View rule' });
    await rule.fill('stars > 9');
    await verdict('View').getByText('does not hold: stars > 9').waitFor();
    assert.equal((await page.locator('[data-rule=viewRule] .hit-no').allInnerTexts()).join(''), 'stars > 9');
    await rule.fill('title != "" && @request.auth.rol');
    await page.getByRole('listbox', { name: 'Names' }).getByRole('option', { name: 'role' }).waitFor();
    await rule.press('Enter');
    assert.equal(await rule.inputValue(), 'title != "" && @request.auth.role');
    await rule.fill('title != "" && autor = 1');
    await page.locator('[data-rule=viewRule] .tok-invalid', { hasText: 'autor' }).waitFor();
    assert.match(await page.locator('[data-rule=viewRule] [data-error]').innerText(), /autor/);

    // A body that nobody has sent.
    await tester.getByText('A body I write').click();
    await tester.getByRole('textbox', { name: /^Body/ }).fill(JSON.stringify({ author: bob.id }));
    await verdict('Create').getByText('does not hold: @request.body.title:isset = true · answers 400').waitFor();
    await tester.getByRole('textbox', { name: /^Body/ }).fill(JSON.stringify({ author: bob.id, title: 'Mine' }));
    await verdict('Create').getByText('the rule holds').waitFor();
    await tester.getByText('Superuser', { exact: true }).click();
    await verdict('Delete').getByText('superusers always may').waitFor();
    assert.equal((await stage.api('GET', '/api/collections/notes/records')).totalItems, 1);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 390, height: 844 });
      await picture(page, `rule-tester-390-${scheme}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await picture(page, 'rule-tester-1440-dark');
  });
});
