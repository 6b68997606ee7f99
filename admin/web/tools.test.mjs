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
});
