// Collections are created, changed after a review of the change, emptied and deleted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hold, isWell, loads, onStage, picture, saved, takeStored } from './stage.mjs';

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
    await page.getByRole('button', { name: 'New index' }).click();
    await page.getByLabel('Statement').fill('CREATE UNIQUE INDEX idx_my_text ON things (my_text)');
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
    await page.locator('#fieldlist > .fl').last().getByRole('button', { name: /^Move/ }).press('Alt+ArrowUp');
    await save(page);
    await page.getByRole('heading', { name: 'What this does to things' }).waitFor();
    await page.getByText('1 value is deleted with the field').waitFor();
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

  test('the id field says what it is; the limits of a date have the calendar', async () => {
    const page = await stage.signedIn({ timezoneId: 'Europe/Oslo' });
    await page.goto(`${stage.url}/_/c/things/fields`);
    const id = row(page, 'id');
    await id.locator('summary').click();
    await id.getByText('The primary key').waitFor();
    assert.equal(await id.getByRole('button', { name: 'Delete field' }).count(), 0);
    const date = row(page, 'my_date');
    await date.locator('summary').click();
    await date.getByLabel('Earliest', { exact: true }).fill('2027-03-15 08:00:05');
    await date.getByRole('button', { name: 'Calendar of Latest' }).click();
    await page.getByRole('dialog', { name: 'Calendar of Latest' }).getByRole('button', { name: 'Now' }).click();
    await page.keyboard.press('Escape');
    await picture(page, 'collection-id-and-date');
    assert.match(await date.getByLabel('Latest', { exact: true }).inputValue(), /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await date.getByLabel('Latest', { exact: true }).fill('2028-01-01 00:00');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    const { min, max } = (await stored('things')).fields.find((f) => f.name === 'my_date');
    assert.deepEqual([min, max], ['2027-03-15 07:00:05.000Z', '2027-12-31 23:00:00.000Z']);
    await isWell(page);
  });

  test('a collection is created for a relation, and the form keeps its input', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/things/fields`);
    await page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: 'relation', exact: true }).click();
    const added = page.locator('.fl.is-new');
    await option(added, 'name').fill('maker');
    await added.getByRole('button', { name: 'New collection…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('things');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.locator('[data-error=name]:not([hidden])').waitFor();
    await dialog.getByLabel('Name').fill('makers');
    await picture(page, 'relation-new-target');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created makers').waitFor();
    assert.equal(await option(added, 'name').inputValue(), 'maker');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stored('things')).fields.find((f) => f.name === 'maker').collectionId, (await stored('makers')).id);
    await isWell(page);
  });

  const indexRow = (page, at) => page.locator('#indexes > li').nth(at);
  const column = (index, name) => index.getByRole('group', { name: 'Columns of the index' }).getByRole('button', { name, exact: true });

  test('indexes are made of columns or written, become unique, follow renamed fields and are deleted', async () => {
    const page = await stage.signedIn();
    await stage.api('POST', '/api/collections', {
      name: 'parts', type: 'base', fields: [{ name: 'title', type: 'text' }, { name: 'code', type: 'text' }, { name: 'size', type: 'number' }],
      indexes: ['CREATE UNIQUE INDEX idx_code ON parts (code)', 'CREATE INDEX idx_size ON parts (size)', 'CREATE INDEX idx_gone ON parts (title)'],
    });
    await page.goto(`${stage.url}/_/c/parts/fields`);
    await row(page, 'code').locator('.badge', { hasText: 'unique' }).waitFor();
    await row(page, 'code').locator('summary').click();
    await option(row(page, 'code'), 'name').fill('sku');

    // The statement of an edited index has the new name of the field at once.
    const size = indexRow(page, 1);
    await size.locator('summary').click();
    await column(size, 'sku').press('Enter');
    await size.locator('[data-column=sku][aria-pressed=true]:focus').waitFor();
    await column(size, 'size').click();
    await size.locator('[data-column=size][aria-pressed=false]').waitFor();
    assert.equal(await size.getByLabel('Statement').inputValue(), 'CREATE INDEX `idx_size` ON `parts` (`sku`)');

    await page.getByRole('button', { name: 'New index' }).click();
    const added = indexRow(page, 3);
    await added.waitFor();
    await save(page);
    await added.getByText('Choose columns').waitFor();
    await added.getByLabel('Unique').check();
    await added.locator('.badge-accent').waitFor();
    await column(added, 'title').click();
    await added.locator('[data-column=title][aria-pressed=true]').waitFor();
    assert.match(await added.getByLabel('Statement').inputValue(), /^CREATE UNIQUE INDEX `idx_\w{10}` ON `parts` \(`title`\)$/);
    await added.getByLabel('Unique').uncheck();
    await added.locator('.badge-accent').waitFor({ state: 'detached' });
    await added.getByLabel('Statement').fill('CREATE INDEX oops');
    await page.getByLabel('Name', { exact: true }).first().focus();
    await added.getByText('This is no CREATE INDEX statement').waitFor();
    await added.getByLabel('Statement').fill('CREATE INDEX idx_big ON parts (nowhere) WHERE size > 5');
    await page.getByLabel('Name', { exact: true }).first().focus();
    await added.locator('.badge', { hasText: 'partial' }).waitFor();
    await indexRow(page, 2).locator('summary').click();
    await indexRow(page, 2).getByRole('button', { name: 'Delete index' }).click();
    await picture(page, 'collection-indexes');

    await save(page);
    await added.getByText('nowhere', { exact: false }).last().waitFor(); // the database refuses the unknown column
    await added.locator('[data-error]:not([hidden])').waitFor();
    await added.getByLabel('Statement').fill('CREATE INDEX idx_big ON parts (title DESC) WHERE size > 5');
    await save(page);
    await page.getByText('The field code becomes sku').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const { indexes } = await stored('parts');
    assert.deepEqual(indexes.map((text) => text.replace(/\s+/g, ' ')), [
      'CREATE UNIQUE INDEX `idx_code` ON `parts` (`sku`)', 'CREATE INDEX `idx_size` ON `parts` (`sku`)', 'CREATE INDEX idx_big ON parts (title DESC) WHERE size > 5',
    ]);
    await isWell(page);
  });

  test('presets add media types and sizes of small images', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/parts/fields`);
    await page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: 'file', exact: true }).click();
    const added = page.locator('#fieldlist > .is-new');
    await option(added, 'name').fill('scan');
    await option(added, 'mimeTypes').fill('text/plain\nimage/png');
    await added.getByRole('button', { name: 'Images' }).click();
    await added.getByRole('button', { name: '640x0' }).click();
    await option(added, 'protected').check();
    await option(added, 'required').check();
    await added.locator('.badge', { hasText: 'required' }).waitFor();
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    const scan = (await stored('parts')).fields.find((f) => f.name === 'scan');
    assert.deepEqual([scan.mimeTypes, scan.thumbs, scan.required], [['text/plain', 'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml'], ['640x0'], true]);
    await isWell(page);
  });

  test('the query of a view is tried while it is typed', async () => {
    const page = await stage.signedIn();
    for (let i = 0; i < 11; i++) await stage.api('POST', '/api/collections/things/records', { title: `made ${i}`, my_number: i + 1 });
    await page.goto(`${stage.url}/_/new-collection`);
    await page.getByLabel(/^Name/).fill('totals');
    await page.getByRole('radio', { name: /View/ }).check();
    await page.getByText('shown here while you type').waitFor();
    await page.getByLabel(/^Query/).fill('SELECT * FROM things');
    await page.getByText('wildcard columns').waitFor();
    await page.getByLabel(/^Query/).fill('SELECT id, created AS since, COUNT(id) AS number FROM things GROUP BY id');
    await page.getByText('3 columns · first 10 records').waitFor();
    assert.deepEqual(await page.locator('.trial th').allInnerTexts(), ['id', 'since', 'number']);
    assert.equal(await page.locator('.trial tbody tr').count(), 10);
    await picture(page, 'view-new');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created totals').waitFor();
    await page.getByText('3 columns · first 10 records').waitFor();
    await page.getByLabel(/^Query/).fill('SELECT id FROM totals_of_nothing');
    await page.locator('[data-trial-problem]', { hasText: 'totals_of_nothing' }).waitFor();
    await isWell(page);
  });

  test('wrong definitions are said at their fields', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/things/fields`);
    await page.getByText('title').first().click();
    await option(row(page, 'title'), 'pattern').fill('(');
    await page.getByText('my_bool').first().click();
    await option(row(page, 'my_bool'), 'name').fill('no name!');
    assert.equal(await option(row(page, 'no_name_'), 'name').inputValue(), 'no_name_');
    await save(page);
    await page.locator('[data-error$=".pattern"]:not([hidden]), [data-error$=".name"]:not([hidden])').first().waitFor();
    await picture(page, 'collection-errors');
    await isWell(page);
  });

  test('rules', async () => {
    const page = await stage.signedIn();
    let release;
    const released = new Promise((done) => (release = done));
    await page.route('**/rules/try', (route) => released.then(() => route.continue()).catch(() => {})); // a newer request ends the one before
    await page.goto(`${stage.url}/_/c/things/rules`);
    const who = (rule, mode) => page.getByRole('radiogroup', { name: `${rule}: who` }).getByText(mode).click();
    await who('List', 'Everyone');
    await who('View', 'By rule');
    await save(page);
    await page.getByText('Write the rule').waitFor();
    const judged = page.evaluate(() => new Promise((done) => document.addEventListener('htmx:afterSwap', ({ target }) => target.id === 'verdicts' && done())));
    release();
    await judged;
    assert.ok(await page.getByText('Write the rule').isVisible()); // the verdicts of the tester leave the answer to the save
    await page.getByLabel('View rule').fill('nothing = 1');
    await save(page);
    await page.locator('[data-error=viewRule]:not([hidden])').waitFor();
    await picture(page, 'collection-rules');
    await page.getByLabel('View rule').fill("title != ''");
    await save(page);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: /^View Superusers title != ''$/ }).waitFor();
    assert.deepEqual((await dialog.locator('tbody tr').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')), ['List Superusers Everyone', "View Superusers title != ''"]);
    assert.equal((await stored('things')).listRule, null);
    await picture(page, 'rules-review');
    await page.keyboard.press('Enter');
    await page.getByText('Saved', { exact: true }).waitFor();
    const now = await stored('things');
    assert.deepEqual([now.listRule, now.viewRule, now.createRule], ['', "title != ''", null]);
    await isWell(page);
  });

  test('two people change the rules and the sign-in of one collection', async () => {
    const ann = await stage.colleague('ann@orchard.example');
    const providers = [{ name: 'google', clientId: 'g', clientSecret: 's' }, { name: 'github', clientId: 'h', clientSecret: 's' }, { name: 'gitlab', clientId: 'l', clientSecret: 's' }];
    await stage.api('POST', '/api/collections', { name: 'members', type: 'auth', listRule: null, viewRule: null, oauth2: { enabled: true, providers } });
    const patch = (change) => ann('PATCH', '/api/collections/members', change);
    const page = await stage.signedIn();
    const problem = (name) => page.locator(`[data-error="${name}"]:not([hidden])`);
    const keep = () => loads(page, () => page.keyboard.press('Control+s'));

    // Rules: one that ann alone changes is kept, one that both change is a conflict. The save waits for no other request of its form.
    const counts = await hold(page, '**/c/members/count');
    await page.goto(`${stage.url}/_/c/members/rules`);
    await counts.asked;
    const rule = async (label, text) => {
      await page.getByRole('radiogroup', { name: `${label}: who` }).getByText('By rule').click();
      await page.getByLabel(`${label} rule`).fill(text);
    };
    await rule('List', 'verified = true');
    await rule('View', 'verified = true');
    await patch({ listRule: '', deleteRule: 'id = "x"' });
    assert.equal(await saved(page), 409);
    await counts.release();
    await problem('listRule').getByText('ann@orchard.example has changed this to “Everyone”').waitFor();
    assert.deepEqual([await page.getByLabel('List rule').inputValue(), (await stored('members')).viewRule], ['verified = true', null]);
    await picture(page, 'rules-conflict-1440-light');
    await takeStored(page, 'listRule');
    await page.getByText('1 change: View').waitFor();
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog').getByRole('row', { name: /^View Superusers verified = true$/ }).waitFor();
    await loads(page, () => page.keyboard.press('Enter'));
    const { listRule, viewRule, deleteRule } = await stored('members');
    assert.deepEqual([listRule, viewRule, deleteRule], ['', 'verified = true', 'id = "x"']);

    // The form of a collection that somebody else renames still saves.
    await rule('Create', 'verified = true');
    await patch({ name: 'joined' });
    await page.keyboard.press('Control+s');
    await loads(page, () => page.getByRole('dialog').getByRole('button', { name: 'Save' }).click());
    await ann('PATCH', '/api/collections/joined', { name: 'members' });

    // Providers are merged option by option.
    await page.goto(`${stage.url}/_/c/members/sign-in`);
    const entry = (name) => page.locator(`[data-field="providers.${name}"]`);
    const fill = async (name, option, text) => {
      await entry(name).evaluate((item) => (item.querySelector('details').open = true));
      await page.locator(`[name="providers.${name}.${option}"]`).fill(text);
    };
    const remove = async (name) => {
      await entry(name).evaluate((item) => (item.querySelector('details').open = true));
      await entry(name).getByRole('button', { name: 'Remove the provider' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove the provider' }).click();
    };
    await page.locator('[id="i-otp.duration"]').fill('200');
    await page.locator('[id="i-otp.length"]').fill('9');
    await fill('google', 'clientId', 'of mine');
    await fill('google', 'displayName', 'Mine');
    await fill('github', 'clientId', 'of mine');
    await remove('gitlab');
    const [google, , gitlab] = providers;
    await patch({ otp: { duration: 300 }, authToken: { duration: 4000 }, oauth2: { providers: [{ ...google, clientId: 'of ann', clientSecret: 'new' }, { ...gitlab, clientId: 'of ann' }, { ...google, name: 'discord' }] } });
    assert.equal(await saved(page), 409);
    await problem('otp.duration').getByText('ann@orchard.example has changed this to “300”').waitFor();
    await problem('providers.google.clientId').getByText('ann@orchard.example has changed this to “of ann”').waitFor();
    await problem('providers.github').getByText('ann@orchard.example has removed this provider.').waitFor();
    await problem('oauth2.providers').getByText('ann@orchard.example has changed GitLab. Save again to remove it.').waitFor();
    assert.equal((await stored('members')).otp.length, 8);
    await takeStored(page, 'providers.google.clientId');
    await takeStored(page, 'providers.github');
    await keep();
    const now = await stored('members');
    assert.deepEqual(now.oauth2.providers.map((p) => [p.name, p.clientId, p.displayName]), [['google', 'of ann', 'Mine'], ['discord', 'g', '']]);
    assert.deepEqual([now.otp.duration, now.otp.length, now.authToken.duration], [200, 9, 4000]);

    // A secret that both have set, and a provider that both have added.
    await fill('google', 'clientSecret', 'of-mine');
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Spotify' }).click();
    const added = page.locator('[data-provider].is-new');
    await added.getByLabel('Client id').fill('of mine');
    await added.getByLabel('Client secret').fill('of mine');
    await patch({ oauth2: { providers: [{ ...google, clientSecret: 'of-ann' }, { ...google, name: 'spotify', clientId: 'of ann' }] } });
    assert.equal(await saved(page), 409);
    await problem('providers.google.clientSecret').getByText('ann@orchard.example has changed this too.').waitFor();
    assert.doesNotMatch(await page.content(), /of-ann/);
    await added.getByText('ann@orchard.example has added this provider too.').waitFor();
    await keep();
    assert.deepEqual((await stored('members')).oauth2.providers.map((p) => [p.name, p.clientId]), [['google', 'g'], ['spotify', 'of mine']]);

    // A collection that somebody else deletes: the page keeps what was typed.
    await page.locator('[id="i-otp.length"]').fill('7');
    await ann('DELETE', '/api/collections/members');
    await page.keyboard.press('Control+s');
    await page.getByText('This collection was deleted meanwhile. What you have typed is still here.').waitFor();
    assert.equal(await page.locator('[id="i-otp.length"]').inputValue(), '7');
    await isWell(page);
  });

  test('the help of rules lists the names that they complete, with examples', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/things/rules`);
    await page.getByText('What a rule can say').click();
    const topic = (name) => page.locator(`[data-topic^="${name}"]`);
    assert.deepEqual((await topic('Fields').locator('li', { hasText: 'my_select' }).innerText()).split(/\s+/), ['my_select', 'select']);
    assert.match(await topic('Fields').locator('li', { hasText: 'title' }).innerText(), /:lower/);
    await topic('The sent values').locator('summary').click();
    assert.match(await topic('The sent values').locator('li', { hasText: '@request.body.title' }).innerText(), /:isset.*:changed.*:lower/);
    assert.match(await topic('Through my_relation').textContent(), /my_relation\.id/);
    for (const name of ['@request.auth.email', '@request.query', '@request.headers', '@collection.things', '@todayStart']) assert.ok(await page.locator(`[data-topic] code:text-is("${name}")`).count() > 0, name);
    await picture(page, 'rules-help');
    await page.getByRole('radiogroup', { name: 'Update: who' }).getByText('By rule').click();
    const example = await page.locator('[data-examples] code').last().innerText();
    await page.getByLabel('Update rule').fill(example);
    await save(page);
    await loads(page, () => page.getByRole('dialog').getByRole('button', { name: 'Save' }).click());
    assert.equal((await stored('things')).updateRule, example);
    await isWell(page);
  });

  test('the rules of a system collection are read-only', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/_mfas/rules`);
    await page.getByText('The rules of a system collection cannot be changed').waitFor();
    assert.equal(await page.locator('#rules-form :is(input[type=radio], textarea):enabled, [data-save]').count(), 0);
    await isWell(page);
  });

  test('records are deleted, then the collection', async () => {
    const page = await stage.signedIn();
    const dialog = page.getByRole('dialog');
    await stage.api('DELETE', '/api/collections/totals');
    await page.goto(`${stage.url}/_/c/makers/fields`);
    await page.getByRole('button', { name: 'Copy, duplicate or delete the collection' }).click();
    await page.getByRole('button', { name: 'Delete the collection', exact: true }).click();
    await dialog.getByLabel(/^Type/).fill('makers');
    await page.keyboard.press('Enter');
    await dialog.getByText('existing reference in things').waitFor(); // the dialog shows the reason
    for (const [what, verb] of [['Delete all records', 'Delete the records'], ['Delete the collection', 'Delete things']]) {
      await page.goto(`${stage.url}/_/c/things/fields`);
      await page.getByRole('button', { name: 'Copy, duplicate or delete the collection' }).click();
      await page.getByRole('button', { name: what, exact: true }).click();
      await dialog.getByRole('button', { name: verb }).click();
      await dialog.getByText('This is not the name').waitFor();
      await dialog.getByLabel(/^Type/).fill('things');
      await page.keyboard.press('Enter');
      await page.getByText(/^Deleted/).waitFor();
    }
    assert.ok(!(await stage.api('GET', '/api/collections')).items.some((c) => c.name === 'things'));
    await isWell(page);
  });
});
