// Unsaved changes of a record: drafts, and the question before they are lost; steps from record to
// record; recent filters, and filters by the value of a cell.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hold, isWell, loads, onStage, picture, saved, signIn } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const { id: authors } = await stage.api('POST', '/api/collections', { name: 'authors', type: 'base', fields: [{ name: 'name', type: 'text', presentable: true }] });
  await stage.api('POST', '/api/collections', {
    name: 'books', type: 'base', fields: [
      { name: 'title', type: 'text', presentable: true },
      { name: 'story', type: 'editor' },
      { name: 'price', type: 'number' },
      { name: 'sold', type: 'bool' },
      { name: 'printed', type: 'date' },
      { name: 'tags', type: 'select', maxSelect: 3, values: ['new', "it's", 'old'] },
      { name: 'writers', type: 'relation', collectionId: authors, maxSelect: 5 },
      { name: 'place', type: 'geoPoint' },
      { name: 'extra', type: 'json' },
      { name: 'code', type: 'password' },
      { name: 'scans', type: 'file', maxSelect: 3, protected: true },
    ],
  });
  const ann = await stage.api('POST', '/api/collections/authors/records', { name: 'Ann <b>' });
  const ids = {};
  for (const [title, body] of Object.entries({
    One: { price: 1.5, tags: ['old'], story: 'x'.repeat(300) }, Two: { price: 2, tags: ["it's", 'new'], sold: true, place: { lon: 1.5, lat: -2 } }, "Three's \\": { price: 2, tags: ['old', 'new'] }, Four: {},
  })) ids[title] = (await stage.api('POST', '/api/collections/books/records', { title, ...body })).id;
  const table = `${stage.url}/_/c/books`;
  const stored = (id) => stage.api('GET', `/api/collections/books/records/${id}`);
  const panel = (page) => page.getByRole('region', { name: 'Record', exact: true });
  const input = (page, name) => page.locator(`#f-${name}`);
  const ready = (page) => page.locator('.rich-bar').waitFor();
  const drafts = (page) => page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.startsWith('loam.draft.')));
  const fillStorage = () => (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); });
  const question = (page) => page.getByRole('dialog', { name: 'Leave without saving?' });
  const keptDraft = (page, text) => page.waitForFunction((text) => Object.entries(localStorage).some(([key, value]) => key.startsWith('loam.draft.') && value.includes(text)), text);

  test('a draft survives a reload and the end of the session, and is gone when it is saved', async () => {
    const page = await stage.signedIn({ timezoneId: 'Europe/Oslo' });
    await page.goto(`${table}?r=${ids.One}`);
    await ready(page);
    await input(page, 'title').fill('One more');
    await page.getByRole('textbox', { name: 'story' }).fill('A long story');
    await input(page, 'price').fill('12.50');
    await input(page, 'sold').check();
    await input(page, 'printed').fill('2027-03-15 08:00');
    await page.getByRole('checkbox', { name: 'new', exact: true }).check();
    await page.getByLabel('Find a record for writers').fill('ann');
    await page.locator('#found-writers [data-pick]').click();
    await page.getByLabel('Latitude').fill('5.5');
    await input(page, 'extra').fill('{"big": 12345678901234567890}');
    await input(page, 'code').fill('a-secret-password');
    await page.locator('input[type=file]').setInputFiles([{ name: 'private.txt', mimeType: 'text/plain', buffer: Buffer.from('private text') }]);
    await keptDraft(page, '12345678901234567890');
    const [[, text]] = await drafts(page);
    for (const secret of ['a-secret-password', 'private']) assert.ok(!text.includes(secret), text);
    await page.context().clearCookies({ name: 'loam_session' });
    page.once('dialog', (dialog) => dialog.accept()); // the browser asks before the page is left
    await page.goto(`${table}?r=${ids.One}`);
    await signIn(page);
    await ready(page);
    assert.equal(await input(page, 'title').inputValue(), 'One');
    await picture(page, 'draft');
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    await page.getByText(/\d+ changes/).waitFor();
    assert.equal(await input(page, 'printed').inputValue(), '2027-03-15 08:00:00');
    await page.getByRole('textbox', { name: 'story' }).getByText('A long story').waitFor();
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).first().waitFor();
    const now = await stored(ids.One);
    assert.deepEqual(
      [now.title, now.story, now.price, now.sold, now.printed, now.writers, now.place, now.extra.big > 1e19, now.scans],
      ['One more', 'A long story', 12.5, true, '2027-03-15 07:00:00.000Z', [ann.id], { lon: 0, lat: 5.5 }, true, []],
    );
    assert.deepEqual([...now.tags].sort(), ['new', 'old']);
    assert.deepEqual(await drafts(page), []);
    await isWell(page);
  });

  test('a draft of values that others have changed since is a conflict', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?r=${ids.Two}`);
    await ready(page);
    await input(page, 'price').fill('7');
    await keptDraft(page, '"price"');
    await stage.api('PATCH', `/api/collections/books/records/${ids.Two}`, { price: 2.5 });
    page.once('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/ has changed this to 2\.5/).waitFor();
    await page.keyboard.press('Escape');
    await question(page).getByText('Not saved: price.').waitFor();
    await question(page).getByRole('button', { name: 'Leave', exact: true }).click();
    await panel(page).waitFor({ state: 'detached' });
    assert.equal((await drafts(page)).length, 1); // the draft is kept
    assert.equal((await stored(ids.Two)).price, 2.5);
    await stage.api('PATCH', `/api/collections/books/records/${ids.Two}`, { price: 2 });
  });

  test('a change from elsewhere marks its fields; new values come on demand, and typed ones stay', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?r=${ids.Two}`);
    await ready(page);
    await page.locator('#rows [data-live]').waitFor();
    await input(page, 'price').fill('9');
    await stage.api('PATCH', `/api/collections/books/records/${ids.Two}`, { title: 'Two too', price: 3, story: '<p>Told</p>', printed: '2027-01-01 00:00:00.000Z' });
    const badges = page.getByText('changed elsewhere', { exact: true });
    await page.getByText('Somebody else has changed this record: title, story, price, printed.').waitFor();
    assert.equal(await badges.count(), 4);
    assert.equal(await input(page, 'title').inputValue(), 'Two');
    await picture(page, 'record-merge');
    await page.getByRole('button', { name: 'Show the new values' }).click();
    await page.getByRole('textbox', { name: 'story' }).getByText('Told').waitFor();
    assert.deepEqual([await input(page, 'title').inputValue(), await input(page, 'price').inputValue(), await badges.count()], ['Two too', '9', 1]);
    await panel(page).getByRole('heading', { name: 'Two too' }).waitFor();
    await page.getByText('1 change: price').waitFor();
    await page.getByText('You have edited price too.').waitFor();
    await page.keyboard.press('Control+s');
    await page.getByText(/ has changed this to 3/).waitFor();
    assert.equal((await stored(ids.Two)).price, 3);
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual([(await stored(ids.Two)).price, (await stored(ids.Two)).story], [9, '<p>Told</p>']);
    await stage.api('PATCH', `/api/collections/books/records/${ids.Two}`, { title: 'Two', price: 2, story: '' });
    await isWell(page);
  });

  test('a field that somebody else renames or removes while it is edited: the value goes to the renamed field, and no text is lost', async () => {
    const made = await stage.api('POST', '/api/collections', { name: 'notes', type: 'base', fields: ['title', 'text', 'extra', 'more'].map((name) => ({ name, type: 'text' })) });
    const redefine = async (change) => stage.api('PATCH', '/api/collections/notes', { fields: change((await stage.api('GET', '/api/collections/notes')).fields) });
    const { id } = await stage.api('POST', '/api/collections/notes/records', { title: 'a' });
    const only = async () => (await stage.api('GET', '/api/collections/notes/records')).items[0];
    const page = await stage.signedIn();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const save = () => page.keyboard.press('Control+s');
    const removed = page.getByText(/Somebody else has removed this field\./);
    await page.goto(`${stage.url}/_/c/notes?r=${id}`);
    await input(page, 'title').fill('b');
    await redefine((fields) => fields.map((f) => (f.name === 'title' ? { ...f, name: 'heading' } : f)));
    await save();
    await page.getByText('Saved: title is called heading now').waitFor();
    assert.equal((await only()).heading, 'b');
    await redefine((fields) => fields.map((f) => (f.name === 'heading' ? { ...f, name: 'title' } : f)));
    await page.goto(`${stage.url}/_/c/notes?r=${id}`);
    await input(page, 'title').fill('c');
    await input(page, 'text').fill('A long text');
    await redefine((fields) => fields.filter((f) => f.name !== 'text'));
    await save();
    await removed.waitFor();
    await picture(page, 'field-removed');
    assert.deepEqual([await input(page, 'text').inputValue(), (await only()).title], ['A long text', 'b']);
    await stage.api('PATCH', `/api/collections/notes/records/${id}`, { title: 'theirs' });
    await save();
    await page.getByText(/ has changed this to "theirs"/).waitFor();
    await save();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await only()).title, 'c');
    // A new record, and drafts.
    await page.goto(`${stage.url}/_/c/notes`);
    await page.getByRole('link', { name: 'New record' }).click();
    await input(page, 'title').fill('z');
    await input(page, 'extra').fill('Removed soon');
    await keptDraft(page, 'Removed soon');
    await redefine((fields) => fields.filter((f) => f.name !== 'extra').map((f) => (f.name === 'title' ? { ...f, name: 'heading' } : f)));
    page.once('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.getByRole('link', { name: 'New record' }).click();
    await page.getByText('Typed and not saved: heading, extra, which was removed meanwhile').waitFor();
    await page.getByRole('button', { name: 'Copy extra' }).click();
    await page.getByText('Copied', { exact: true }).first().waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Removed soon');
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    assert.equal(await input(page, 'heading').inputValue(), 'z');
    await redefine((fields) => fields.filter((f) => f.name !== 'more'));
    await input(page, 'more').fill('Gone too');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await removed.waitFor();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    assert.equal((await stage.api('GET', "/api/collections/notes/records?filter=heading='z'")).totalItems, 1);
    await stage.api('DELETE', `/api/collections/${made.id}`);
    await isWell(page);
  });

  test('a second tab of a record leaves the draft of the first', async () => {
    const page = await stage.signedIn();
    const other = await page.context().newPage();
    for (const tab of [page, other]) {
      await tab.goto(`${table}?r=${ids.Four}`);
      await ready(tab);
    }
    await input(page, 'price').fill('41');
    await keptDraft(page, '"41"');
    await other.goto(table); // leaves the record
    assert.equal((await drafts(page)).length, 1);
    await other.goto(`${table}?r=${ids.Four}`);
    const offer = other.getByRole('button', { name: /^Restore draft \(/ });
    await offer.waitFor();
    await other.goto(table); // an offer that is left open stays as it is
    await other.goto(`${table}?r=${ids.Four}`);
    await input(other, 'price').fill('42'); // typed after the offer: the latest value is restored
    await offer.click();
    assert.equal(await input(other, 'price').inputValue(), '42');
    await other.keyboard.press('Control+s');
    await other.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual([(await stored(ids.Four)).price, (await drafts(other)).length], [42, 0]);
    await input(page, 'price').fill('43'); // the first tab still has its form, and a conflict
    await page.keyboard.press('Control+s');
    await page.getByText(/ has changed this to 42/).waitFor();
    await stage.api('PATCH', `/api/collections/books/records/${ids.Four}`, { price: 0 });
    await other.close();
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#f-price').value === '0');
  });

  test('a save beside the offer of a draft keeps what else the draft has', async () => {
    const page = await stage.signedIn();
    const open = () => page.goto(`${table}?r=${ids.Four}`);
    const offer = (words) => page.getByText(`Typed and not saved: ${words}`, { exact: true }).waitFor();
    await open();
    await ready(page);
    await input(page, 'title').fill('Kept');
    await input(page, 'price').fill('61');
    await keptDraft(page, '"61"');
    page.once('dialog', (dialog) => dialog.accept());
    await open();
    await offer('title, price');
    await input(page, 'price').fill('62');
    assert.equal(await saved(page), 200);
    await offer('title'); // the form after the save
    await input(page, 'price').fill('63');
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#f-price').value === '62');
    await offer('title');
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    assert.equal(await saved(page), 200);
    await page.waitForFunction(() => Object.keys(localStorage).every((key) => !key.startsWith('loam.draft.')));
    const { title, price } = await stored(ids.Four);
    assert.deepEqual([title, price], ['Kept', 62]);

    const name = page.getByLabel('Name', { exact: true });
    const settings = () => page.goto(`${stage.url}/_/settings/application`);
    await settings();
    await name.fill('Draft name');
    await keptDraft(page, 'Draft name');
    page.once('dialog', (dialog) => dialog.accept());
    await settings();
    await offer('Name');
    await page.getByLabel('Address', { exact: true }).fill('http://orchard.example');
    await loads(page, () => page.getByRole('button', { name: 'Save' }).click());
    await offer('Name');
    await page.getByRole('button', { name: 'Discard draft' }).click();
    assert.deepEqual(await drafts(page), []);
    await stage.api('PATCH', `/api/collections/books/records/${ids.Four}`, { title: 'Four', price: 0 });
  });

  test('if the storage of the browser is full, the older draft stays, and the page tells it', async () => {
    const page = await stage.signedIn({ own: true });
    const open = async () => {
      await page.goto(`${table}?r=${ids.Four}`);
      await ready(page);
    };
    await open();
    await input(page, 'title').fill('Older');
    await keptDraft(page, 'Older');
    await page.evaluate(fillStorage);
    await input(page, 'title').fill('Newer');
    await page.getByText(/^This browser has no room for a draft/).waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await open();
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    assert.equal(await input(page, 'title').inputValue(), 'Older');
    await page.evaluate(fillStorage);
    await input(page, 'title').fill('Four'); // the stored value: nothing is left to keep
    await page.waitForFunction(() => Object.keys(localStorage).every((key) => !key.startsWith('loam.draft.')));
    await page.goto(`${stage.url}/_/sql`);
    await page.evaluate(fillStorage);
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT 1');
    await page.getByText(/^This browser has no room for a draft/).waitFor();
    await isWell(page);
  });

  test('without room in the storage of the browser, or without the storage, everything else works', async () => {
    const block = () => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } });
    for (const [price, init] of [['5', fillStorage], ['6', block]]) {
      const page = await stage.signedIn({ own: true });
      await page.addInitScript(init);
      await page.goto(`${table}?r=${ids.Four}`);
      await ready(page);
      await input(page, 'price').fill(price);
      await page.keyboard.press('Control+s');
      await page.getByText('Saved', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await panel(page).waitFor({ state: 'detached' });
      await page.keyboard.press('[');
      await page.waitForFunction(() => document.documentElement.hasAttribute('data-no-side'));
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search or jump' }).fill('metrics');
      await page.getByRole('option', { name: 'Metrics', exact: true }).click();
      await page.waitForURL('**/_/metrics');
      await page.goto(`${stage.url}/_/sql`);
      await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT 4712');
      await page.keyboard.press('Escape'); // closes the completions
      await page.keyboard.press('Control+Enter');
      await page.getByRole('cell', { name: '4712' }).waitFor();
      await isWell(page);
    }
    await stage.api('PATCH', `/api/collections/books/records/${ids.Four}`, { price: 0 });
  });

  test('a draft of a new record, and the guard of its form', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.getByRole('link', { name: 'New record' }).click();
    await ready(page);
    await input(page, 'title').fill('Brand new');
    await page.getByRole('link', { name: 'Two', exact: true }).click();
    await question(page).waitFor();
    await page.keyboard.press('Escape'); // closes the question and keeps the page
    await question(page).waitFor({ state: 'detached' });
    assert.equal(await input(page, 'title').inputValue(), 'Brand new');
    await keptDraft(page, 'Brand new');
    page.once('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.getByRole('link', { name: 'New record' }).click();
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    assert.deepEqual(await drafts(page), []);
    await input(page, 'price').fill('3');
    await keptDraft(page, '"price"');
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#f-price').value === '0');
    assert.equal(await page.getByRole('button', { name: /^Restore draft \(/ }).isVisible(), false);
    const [made] = (await stage.api('GET', `/api/collections/books/records?filter=${encodeURIComponent("title = 'Brand new'")}`)).items;
    await stage.api('DELETE', `/api/collections/books/records/${made.id}`);
  });

  test('new records in two tabs have a draft each', async () => {
    const page = await stage.signedIn();
    const other = stage.watched(await page.context().newPage());
    const offer = (tab) => tab.getByRole('button', { name: /^Restore draft \(/ });
    const create = async (tab) => {
      await tab.goto(table);
      await tab.getByRole('link', { name: 'New record' }).click();
      await ready(tab);
    };
    for (const tab of [page, other]) await create(tab);
    await input(page, 'title').fill('From the first');
    await input(other, 'title').fill('From the second');
    for (const text of ['From the first', 'From the second']) await keptDraft(page, text);
    for (const [tab, text] of [[page, 'From the first'], [other, 'From the second']]) {
      tab.once('dialog', (dialog) => dialog.accept());
      await create(tab);
      await offer(tab).click();
      assert.equal(await input(tab, 'title').inputValue(), text);
    }
    other.once('dialog', (dialog) => dialog.accept());
    await create(other);
    await other.getByRole('button', { name: 'Discard draft' }).click();
    assert.equal((await drafts(page)).length, 1);

    // Now the draft of the other tab is offered. A value that was typed before stays.
    await input(other, 'title').fill('Typed here');
    await offer(other).click();
    assert.equal(await input(other, 'title').inputValue(), 'Typed here');
    await other.getByRole('button', { name: 'Create', exact: true }).click();
    await other.getByText('Created', { exact: true }).first().waitFor();
    assert.deepEqual(await drafts(other), []);
    const [made] = (await stage.api('GET', `/api/collections/books/records?filter=${encodeURIComponent("title = 'Typed here'")}`)).items;
    await stage.api('DELETE', `/api/collections/books/records/${made.id}`);
    await isWell(other);
  });

  test('each kind of form asks before its changes are lost: stay, leave, or save and leave', async () => {
    const page = await stage.signedIn();
    const answer = (name) => question(page).getByRole('button', { name, exact: true }).click();
    const logs = () => page.getByRole('link', { name: 'Logs', exact: true }).first().click();
    const add = () => page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: 'text', exact: true }).click();
    for (const [path, edit, words] of [
      ['/_/new-collection', () => page.getByLabel(/^Name/).fill('shelves'), 'Not saved: Name.'],
      ['/_/c/books/fields', () => page.locator('#collection-name').fill('tomes'), 'Not saved: Name.'],
      ['/_/c/authors/fields', () => add().then(() => page.locator('.fl.is-new').waitFor()), 'Not saved: a new entry.'],
      ['/_/c/books/rules', () => page.getByRole('radiogroup', { name: 'List: who' }).getByText('Everyone').click(), 'Not saved: List.'],
      ['/_/c/users/sign-in', () => page.locator('[id="i-passwordAuth.enabled"]').uncheck(), 'Not saved: Password.'],
      ['/_/settings/limits', () => page.getByLabel('Limit how often clients may ask').check(), 'Not saved: Limit how often clients may ask.'],
    ]) {
      await page.goto(stage.url + path);
      await edit();
      await logs();
      await question(page).getByText(words, { exact: true }).waitFor();
      await page.keyboard.press('Enter'); // the button Stay has the focus
      await question(page).waitFor({ state: 'detached' });
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search or jump' }).fill('metrics');
      await page.getByRole('option', { name: 'Metrics', exact: true }).click();
      await answer('Leave');
      await page.waitForURL('**/_/metrics');
    }
    await page.goto(`${stage.url}/_/settings/application`);
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('');
    await logs();
    await picture(page, 'leave');
    await answer('Save and leave');
    await page.locator('[data-error]:not([hidden])').first().waitFor(); // the save is refused, and the page stays
    await name.fill('Library');
    await logs();
    await answer('Save and leave');
    await page.waitForURL('**/_/logs');
    assert.equal((await stage.api('GET', '/api/settings')).meta.appName, 'Library');
    await page.goto(`${table}?r=${ids.Four}`);
    await ready(page);
    await input(page, 'price').fill('4');
    await page.getByRole('link', { name: 'Two', exact: true }).click();
    await answer('Save and leave');
    await panel(page).getByRole('heading', { name: 'Two', exact: true }).waitFor();
    assert.equal((await stored(ids.Four)).price, 4);
    await stage.api('PATCH', `/api/collections/books/records/${ids.Four}`, { price: 0 });
    await input(page, 'title').fill('Two and a half');
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await answer('Stay');
    let asked = 0; // the number of questions of the browser
    page.once('dialog', (dialog) => dialog.accept().then(() => asked++));
    await page.reload();
    assert.equal(asked, 1);
    await isWell(page);
  });

  test('an answer that opens a page while the question is open waits for the choice of the user', async () => {
    const page = await stage.signedIn();
    const asks = async () => {
      await page.goto(`${table}?r=${ids.Four}&cols=price`);
      await ready(page);
      await input(page, 'price').fill('44');
      const slow = await hold(page, '**/filter?**');
      await page.locator(`[data-row="${ids.Two}"] td`).nth(2).focus();
      await page.keyboard.press('f');
      await slow.asked;
      await page.getByRole('link', { name: 'Two', exact: true }).click();
      await question(page).waitFor();
      await slow.release();
    };
    await asks();
    await page.keyboard.press('Enter'); // Stay has the focus
    await question(page).waitFor({ state: 'detached' });
    assert.equal(await input(page, 'price').inputValue(), '44');
    page.once('dialog', (dialog) => dialog.accept());
    await asks();
    await question(page).getByRole('button', { name: 'Leave', exact: true }).click();
    await page.waitForURL(/filter=price/);
    await isWell(page);
  });

  test('pages of settings and collections keep drafts too, without secrets and added rows', async () => {
    const page = await stage.signedIn();
    const accept = () => page.once('dialog', (dialog) => dialog.accept());
    const offered = page.getByText(/^Typed and not saved: /);
    const reopen = async () => {
      accept();
      await page.reload();
      await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    };
    await page.goto(`${stage.url}/_/settings/mail`);
    await page.getByLabel('Host', { exact: true }).fill('mail.example');
    await page.getByLabel('Password', { exact: true }).fill('a-secret');
    await page.getByLabel('TLS from the beginning').check();
    await keptDraft(page, 'mail.example');
    assert.ok(!(await drafts(page))[0][1].includes('a-secret'));
    await reopen();
    await page.getByText('2 changes: Host, TLS from the beginning').waitFor();
    assert.deepEqual([await page.getByLabel('Host', { exact: true }).inputValue(), await page.getByLabel('Password', { exact: true }).inputValue()], ['mail.example', '']);
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('[name="smtp.host"]')?.value !== 'mail.example');
    assert.deepEqual(await drafts(page), []);

    // What is typed during a slow save is offered by the page that opens after it.
    const name = page.getByLabel('Name', { exact: true });
    await page.goto(`${stage.url}/_/settings/application`);
    await name.fill('Sent');
    const slow = await hold(page, '**/_/settings/application');
    await page.getByRole('button', { name: 'Save' }).click();
    await slow.asked;
    await name.fill('Typed late');
    await loads(page, () => slow.release());
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    assert.deepEqual([(await stage.api('GET', '/api/settings')).meta.appName, await name.inputValue()], ['Sent', 'Typed late']);
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('[name="meta.appName"]')?.value === 'Sent');

    // A draft of a value that others have changed since is a conflict.
    await name.fill('Of the draft');
    await keptDraft(page, 'Of the draft');
    await stage.api('PATCH', '/api/settings', { meta: { appName: 'Of Ann' } });
    await reopen();
    assert.equal(await saved(page), 409);
    await page.getByText('has changed this to “Of Ann”').waitFor();
    assert.equal((await stage.api('GET', '/api/settings')).meta.appName, 'Of Ann');
    await loads(page, () => page.keyboard.press('Control+s'));
    assert.equal((await stage.api('GET', '/api/settings')).meta.appName, 'Of the draft');

    await page.goto(`${stage.url}/_/c/books/rules`);
    await page.getByRole('radiogroup', { name: 'Update: who' }).getByText('By rule').click();
    const rule = page.getByRole('textbox', { name: 'Update rule' });
    await rule.fill('price < 10');
    await keptDraft(page, 'price < 10');
    accept();
    await page.reload();
    await offered.waitFor();
    await picture(page, 'draft-rules');
    await page.getByRole('button', { name: /^Restore draft \(/ }).click();
    assert.equal(await rule.inputValue(), 'price < 10');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stage.api('GET', '/api/collections/books')).updateRule, 'price < 10');
    assert.deepEqual(await drafts(page), []);

    await page.goto(`${stage.url}/_/c/books/fields`);
    await page.locator('#collection-name').fill('tomes');
    await page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: 'text', exact: true }).click();
    await page.locator('.fl.is-new').waitFor();
    await keptDraft(page, 'tomes');
    await reopen();
    await page.getByText('1 change: Name').waitFor();

    // A value that somebody else has changed since the draft is a conflict.
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#collection-name')?.value === 'books');
    const change = async (definition) => {
      const { fields } = await stage.api('GET', '/api/collections/books');
      await stage.api('PATCH', '/api/collections/books', { ...definition, fields: fields.map((f) => (f.name === 'price' ? { ...f, max: definition.max } : f)), indexes: [`CREATE INDEX idx_price ON books (${definition.by})`] });
    };
    await change({ max: 100, by: 'price' });
    for (const [path, edit, other, words] of [
      ['settings/application', () => name.fill('Mine'), () => stage.api('PATCH', '/api/settings', { meta: { appName: 'Theirs' } }), ['“Theirs”']],
      ['c/books/rules', () => rule.fill('price < 11'), () => stage.api('PATCH', '/api/collections/books', { updateRule: 'price < 12' }), ['price < 12']],
      ['c/books/fields', async () => {
        for (const text of ['price', 'idx_price']) await page.locator('.fl', { has: page.locator(`[data-name-of]:text-is("${text}")`) }).locator('summary').first().click();
        await page.locator('.fl[open] [name$=".max"], [name$=".max"]:visible').fill('101');
        await page.locator('textarea[name^="indexes."]:visible').fill('CREATE INDEX idx_price ON books (price, sold)');
      }, () => change({ max: 102, by: 'sold' }), ['“102”', 'idx_price ON books (sold)']],
    ]) {
      await page.goto(`${stage.url}/_/${path}`);
      await edit();
      await page.locator('[data-changes]:not(:empty)').waitFor();
      await other();
      await reopen();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      for (const text of words) await page.locator('[data-error]', { hasText: `has changed this to` }).filter({ hasText: text }).waitFor();
      await page.getByRole('button', { name: 'Discard', exact: true }).click();
      await page.waitForFunction(() => document.querySelector('[data-changes]')?.textContent === '');
    }
    await isWell(page);
  });

  test('the next record and the one before, by buttons and keys', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?r=${ids.Four}`);
    const shows = (title) => panel(page).getByRole('heading', { name: title, exact: true }).waitFor();
    await shows('Four');
    const [before, after] = [page.getByRole('button', { name: 'Previous record' }), page.getByRole('button', { name: 'Next record' })];
    assert.equal(await before.isDisabled(), true);
    await after.click();
    await shows("Three's \\");
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Next record');
    await page.keyboard.press('Enter');
    await shows('Two');
    await page.keyboard.press('<');
    await shows("Three's \\");
    await page.keyboard.press('>');
    await shows('Two');
    await input(page, 'price').focus();
    await page.keyboard.press('Alt+j');
    await shows('One more');
    await page.waitForFunction(() => document.activeElement.id === 'f-price');
    assert.equal(await after.isDisabled(), true);
    await page.waitForURL(`**/*r=${ids.One}*`);
    await isWell(page);
  });

  test('filters by the values of cells: the condition, and the records that meet it', async () => {
    const page = await stage.signedIn();
    for (const [title, query, filter, count] of [
      ['Two', 'field=price', 'price = 2', 2],
      ['Two', 'field=sold&not', 'sold != true', 2],
      ['Four', 'field=printed', "printed = ''", 2],
      ["Three's \\", 'field=title', "title = 'Three\\'s \\\\'", 1],
      ['Two', 'field=tags', `tags = '["it\\'s","new"]'`, 1],
      ['Two', 'field=tags&not', `tags != '["it\\'s","new"]'`, 3],
      ['Four', 'field=tags', 'tags:length = 0', 1],
      ['Four', 'field=tags&not', 'tags:length > 0', 3],
      ['One', 'field=writers', `writers:each ?= '${ann.id}'`, 1],
      ['One', 'field=writers&not', `writers:each != '${ann.id}'`, 3],
      ['Two', 'field=place', 'place.lon = 1.5 && place.lat = -2', 1],
      ['Two', 'field=place&not', '(place.lon != 1.5 || place.lat != -2)', 3],
      ['Two', 'field=price&filter=sold+%3D+true+%7C%7C+price+%3E+9', '(sold = true || price > 9) && price = 2', 1],
      ['Two', 'field=price&filter=price+%3D+25', 'price = 25 && price = 2', 0],
      ['Two', 'field=price&filter=price+%3D+2', 'price = 2', 2],
      ['Two', 'field=price&not&filter=two', "(id ~ 'two' || title ~ 'two' || story ~ 'two') && price != 2", 0],
    ]) {
      const { location } = (await page.request.get(`${table}/r/${ids[title]}/filter?${query}`, { maxRedirects: 0 })).headers();
      assert.equal(new URL(location, stage.url).searchParams.get('filter'), filter);
      assert.equal((await stage.api('GET', `/api/collections/books/records?filter=${encodeURIComponent(filter)}`)).totalItems, count, filter);
    }
    assert.equal((await page.request.get(`${table}/r/${ids.One}/filter?field=extra`)).status(), 400);
    assert.equal((await page.request.get(`${table}/r/${ids.One}/filter?field=code`)).status(), 404);
  });

  test('F filters by the value of a cell, Shift-F excludes it, and filters are offered again', async () => {
    const page = await stage.signedIn();
    const filter = page.getByRole('combobox', { name: 'Filter books' });
    const cell = (title, column) => page.locator(`[data-row="${ids[title]}"] td`).nth(column);
    await page.goto(`${table}?cols=price&cols=extra`);
    await cell('Two', 2).focus();
    await page.keyboard.press('f');
    await page.waitForURL(/filter=/);
    await page.getByText('2 rows of 2').waitFor();
    await cell('Two', 1).locator('a').focus();
    await page.keyboard.press('Shift+F');
    await page.waitForURL(/title/);
    assert.equal(await filter.inputValue(), "price = 2 && title != 'Two'");
    await page.getByText('1 row of 1').waitFor();
    await page.goto(`${table}?cols=extra&filter=${encodeURIComponent("nothing = 'wrong'")}`);
    await filter.fill('');
    const option = (name) => page.getByRole('listbox', { name: 'Names' }).getByRole('option', { name });
    await option("price = 2 && title != 'Two'").waitFor();
    assert.equal(await option("nothing = 'wrong'").count(), 0);
    await picture(page, 'filter-history');
    await filter.fill('price = 2 &');
    await option("price = 2 && title != 'Two'").click();
    assert.equal(await filter.inputValue(), "price = 2 && title != 'Two'");
    await filter.press('Enter');
    await page.getByText('1 row of 1').waitFor();
    await page.goto(`${table}?cols=extra`);
    await cell('One', 2).focus();
    await page.keyboard.press('f');
    await page.getByText('There is no filter by this value of extra.').waitFor();

    // Without an answer the bar is shown, and no error is left to the browser.
    await page.context().setOffline(true);
    await page.keyboard.press('f');
    await page.getByText(/^The server cannot be reached/).waitFor();
    await page.context().setOffline(false);
    await page.getByText(/^The server cannot be reached/).waitFor({ state: 'detached' });
    page.wrong = page.wrong.filter((words) => !/net::ERR_INTERNET_DISCONNECTED|^htmx:/.test(words));
    await isWell(page);
  });
});
