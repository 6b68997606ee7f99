// The list "Not yet right"; channels, cron expressions and the lock in the settings; copies of
// collections and fields.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { clipboard, isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const settings = () => stage.api('GET', '/api/settings');
  const set = (change) => stage.api('PATCH', '/api/settings', change);
  const save = async (page) => {
    const loaded = page.waitForEvent('load'); // the notice of the earlier save may still be shown
    await page.getByRole('button', { name: 'Save' }).click();
    await loaded;
  };
  const pictures = async (page, name) => {
    for (const [width, scheme] of [[390, 'light'], [390, 'dark'], [1440, 'dark'], [1440, 'light']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, `${name}-${width}-${scheme}`);
    }
  };

  test('an unknown address of the console is a page for a browser, and JSON for other clients', async () => {
    const page = await stage.signedIn();
    const answer = await page.goto(`${stage.url}/_/unknown`);
    assert.equal(answer.status(), 404);
    await page.getByText('The console has no such page.').waitFor();
    await picture(page, 'unknown-page');
    const plain = await fetch(`${stage.url}/_/unknown`);
    assert.deepEqual([plain.status, (await plain.json()).status], [404, 404]);
    const guest = await fetch(`${stage.url}/_/unknown`, { headers: { Accept: 'text/html' }, redirect: 'manual' });
    assert.match(guest.headers.get('Location'), /sign-in/);
    await isWell(page);
  });

  test('each item of "Not yet right" comes with its cause, and goes with it', async () => {
    const page = await stage.signedIn();
    const shown = async () => {
      await page.goto(`${stage.url}/_/`);
      return page.locator('.todo li div').evaluateAll((list) => list.map((e) => e.firstChild.textContent));
    };
    const both = async (words, cause, cure) => {
      await cause?.();
      assert.ok((await shown()).some((text) => words.test(text)), `${words} is not shown`);
      const link = page.locator('.todo li').filter({ hasText: words }).first().getByRole('link');
      const path = await link.getAttribute('href');
      assert.equal((await page.request.get(stage.url + path)).status(), 200, path);
      await cure();
      assert.ok(!(await shown()).some((text) => words.test(text)), `${words} is still shown`);
    };
    const rules = (rule) => ({ listRule: rule, viewRule: rule, createRule: rule, updateRule: rule, deleteRule: rule });
    const change = (name, body) => stage.api('PATCH', `/api/collections/${name}`, body);
    await stage.api('POST', '/api/collections', { name: 'papers', type: 'base', ...rules(null), fields: [{ name: 'title', type: 'text' }, { name: 'scan', type: 'file', maxSelect: 1, protected: true }] });
    await stage.api('POST', '/api/collections', { name: 'titles', type: 'view', viewQuery: 'SELECT id, title FROM papers' });

    await both(/address of the app/, null, () => set({ meta: { appURL: 'https://orchard.example' } }));
    await both(/No mail server/, null, () => set({ smtp: { enabled: true, host: '127.0.0.1', port: 2525 } }));
    await both(/Backups have no schedule/, null, () => set({ backups: { cron: '0 3 * * *' } }));
    await both(/Rate limits are off/, null, () => set({ rateLimits: { enabled: true } }));
    await page.setExtraHTTPHeaders({ 'X-Forwarded-For': '192.0.2.7' });
    await both(/header X-Forwarded-For/, null, () => set({ trustedProxy: { headers: ['X-Forwarded-For'], peers: ['127.0.0.1'] } }));
    await page.setExtraHTTPHeaders({});
    await both(/Files of papers\.scan are protected and anybody may view/, () => change('papers', { viewRule: '' }), () => change('papers', { viewRule: null }));
    await both(/Anybody may create, change, delete records of papers/, () => change('papers', rules('')), () => change('papers', rules(null)));
    await both(
      /The view titles cannot be read/,
      () => stage.server.sql('DROP VIEW "titles"; CREATE VIEW "titles" AS SELECT id FROM papers'),
      () => stage.api('DELETE', '/api/collections/titles'),
    );
    assert.deepEqual(await shown(), ['Nothing is left to do.']);

    await set({ backups: { cron: '' } });
    await shown();
    await page.getByRole('button', { name: 'Put away for 30 days: Backups have no schedule' }).press('Enter');
    const away = page.getByText('1 put away for 30 days');
    await away.waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Not yet right');
    await page.reload();
    await page.getByText('Nothing else is left to do.').waitFor();
    await away.click();
    await pictures(page, 'put-away');
    await page.getByRole('button', { name: 'Show again: Backups have no schedule' }).click();
    await away.waitFor({ state: 'detached' });
    assert.deepEqual(await shown(), ['Backups have no schedule']);
    const refused = await page.request.post(`${stage.url}/_/put-away`, { form: { id: 'nothing' }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(refused.status(), 404);
    await set({ backups: { cron: '0 3 * * *' } });
    await set({ rateLimits: { enabled: false }, trustedProxy: { headers: [], peers: [] }, smtp: { enabled: false } });
    await isWell(page);
  });

  test('channels: patterns with rules, in their order', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/realtime`);
    const entry = (n) => page.locator('#channels > li').nth(n);
    const rule = (n, name) => entry(n).getByRole('radiogroup', { name: `${name}: who` });
    await page.getByRole('button', { name: 'Add a pattern' }).click();
    await entry(0).getByLabel('Pattern').fill('room:?');
    await entry(0).getByLabel('History').fill('1000');
    await rule(0, 'Join').getByText('By rule').click();
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(0).getByText('Write the rule, or choose Superusers.').waitFor();
    await entry(0).getByLabel('Join rule').fill('nobody = 1');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(0).getByText(/Use segments of/).waitFor();
    await entry(0).locator('[data-error$=".history"]:not([hidden])').waitFor();
    await entry(0).getByLabel('Pattern').fill('room:*');
    await entry(0).getByLabel('History').fill('20');
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(0).getByText(/Invalid rule/).waitFor();
    const text = entry(0).getByLabel('Join rule');
    await text.fill('');
    await text.pressSequentially('@chan');
    await page.getByRole('option', { name: /@channel/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: /first wildcard/ }).waitFor();
    await page.keyboard.press('Escape');
    await text.fill('@request.auth.id = @channel.1');
    await rule(0, 'Send').getByText('Everyone').click();
    await entry(0).getByLabel('Presence').check();
    await page.getByRole('button', { name: 'Add a pattern' }).click();
    await entry(1).getByLabel('Pattern').fill('lobby');
    await pictures(page, 'channels');
    await save(page);
    const room = { pattern: 'room:*', joinRule: '@request.auth.id = @channel.1', sendRule: '', presence: true, history: 20, graceSeconds: 0 };
    const lobby = { pattern: 'lobby', joinRule: null, sendRule: null, presence: false, history: 0, graceSeconds: 0 };
    assert.deepEqual((await settings()).realtime.channels, [room, lobby]);

    await page.getByRole('button', { name: /^Move lobby/ }).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByText(/the order/).waitFor();
    await save(page);
    assert.deepEqual((await settings()).realtime.channels, [lobby, room]);
    for (const n of [0, 1]) {
      await entry(n).locator('summary').click();
      await entry(n).getByRole('button', { name: 'Delete the entry' }).click();
    }
    await save(page);
    const { channels, ...others } = (await settings()).realtime;
    assert.deepEqual(channels, []);
    assert.equal(others.maxChannels, 100);
    await isWell(page);
  });

  test('a cron expression has presets, and its next times are shown', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/backups`);
    const preview = page.locator('[data-cron]');
    await page.getByRole('button', { name: 'Sundays at 3:00' }).click();
    await page.waitForFunction(() => {
      const times = [...document.querySelectorAll('[data-cron] time')];
      return times.length === 3 && times.every((time) => new Date(time.dateTime).getUTCDay() === 0);
    });
    assert.match(await preview.innerText(), /\(03:00 UTC\)/);
    await page.getByLabel('When', { exact: true }).fill('0 25 * * *');
    await preview.getByText('"25" is no hour from 0 to 23').waitFor();
    await page.getByLabel('When', { exact: true }).fill('0 0 31 2 *');
    await preview.getByText('No date fits').waitFor();
    await page.getByRole('button', { name: 'Every hour' }).click();
    await save(page);
    assert.equal((await settings()).backups.cron, '0 * * * *');
    await pictures(page, 'cron');
  });

  test('a collection is copied as JSON and duplicated, and so are fields', async () => {
    const page = await stage.signedIn();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async () => JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    const seeds = await stage.api('POST', '/api/collections', {
      name: 'seeds', type: 'base', listRule: 'sort != ""', fields: [{ name: 'sort', type: 'text', max: 7 }, { name: 'kinds', type: 'select', maxSelect: 2, values: ['a', 'b'] }],
      indexes: ['CREATE UNIQUE INDEX `idx_seeds_sort` ON `seeds` (`sort`)'],
    });
    await page.goto(`${stage.url}/_/c/seeds/fields`);
    const menu = () => page.getByRole('button', { name: 'Copy, duplicate or delete the collection' });
    await menu().click();
    await page.locator('.collection-menu').getByRole('button', { name: 'Copy as JSON' }).click();
    await page.getByText('Copied').waitFor();
    const { created, updated, system, ...definition } = await stage.api('GET', '/api/collections/seeds');
    assert.ok(created && updated && system === false);
    assert.deepEqual(await copied(), definition);
    const asCode = page.getByRole('region', { name: 'As code' });
    await asCode.getByRole('button', { name: 'Copy migration' }).press('Enter');
    const migration = await clipboard(page, /^package migrations/);
    assert.match(migration, /Name: "\d+_collection_seeds",\n\t\tUp: func\(tx \*core\.Tx\) error \{\n\t\t\treturn tx\.SetCollections\(`\[/);
    assert.deepEqual(JSON.parse(migration.match(/SetCollections\(([^]*?)\)\n\t\t\},/)[1].replaceAll('` + "`" + `', '\0').slice(1, -1).replaceAll('\0', '`')), [definition]);
    const download = page.waitForEvent('download');
    await asCode.getByRole('link', { name: 'Download migration' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^\d+_collection_seeds\.go$/);
    assert.equal((await readFile(await file.path(), 'utf8')).replaceAll(/\d+_c/g, '_c'), migration.replaceAll(/\d+_c/g, '_c'));
    await asCode.getByRole('button', { name: 'Copy JSON' }).click();
    assert.deepEqual(JSON.parse(await clipboard(page, /^{/)), definition);
    await pictures(page, 'as-code');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.route('**/migration', (route) => route.fulfill({ status: 404, body: '<p>gone' }));
    await asCode.getByRole('button', { name: 'Copy migration' }).click();
    await page.getByText('The value could not be read.').waitFor();
    assert.deepEqual(await copied(), definition);

    const row = (name) => page.locator('.fl').filter({ has: page.locator('[data-name-of]', { hasText: new RegExp(`^${name}$`) }) });
    await row('sort').locator('summary').click();
    await row('sort').getByRole('button', { name: 'Copy as JSON' }).click();
    const copy = await clipboard(page, /^(?!.*"fields").*"sort"/s);
    assert.deepEqual(JSON.parse(copy), seeds.fields.find((f) => f.name === 'sort'));
    await row('sort').getByLabel('Characters at most').fill('9'); // the copy has the typed options
    await row('sort').getByRole('button', { name: 'Duplicate field' }).click();
    await row('sort_copy').waitFor();
    await row('kinds').locator('summary').click();
    await row('kinds').getByRole('button', { name: 'Duplicate field' }).click();
    await row('kinds_copy').waitFor();
    await save(page);
    const now = await stage.api('GET', '/api/collections/seeds');
    const field = (of, name) => of.fields.find((f) => f.name === name);
    assert.deepEqual(now.fields.map((f) => f.name), ['id', 'sort', 'sort_copy', 'kinds', 'kinds_copy']);
    assert.deepEqual({ ...field(now, 'sort_copy'), id: '', name: '' }, { ...field(now, 'sort'), id: '', name: '' });
    assert.deepEqual([field(now, 'kinds_copy').values, field(now, 'kinds_copy').maxSelect], [['a', 'b'], 2]);

    for (const [of, name] of [['seeds', 'seeds_copy'], ['users', 'users_copy']]) {
      await page.goto(`${stage.url}/_/c/${of}/fields`);
      await menu().click();
      await page.getByRole('button', { name: 'Duplicate', exact: true }).click();
      const dialog = page.getByRole('dialog');
      assert.equal(await dialog.getByLabel('Name').inputValue(), name);
      await dialog.getByLabel('Name').fill(of);
      await dialog.getByRole('button', { name: 'Duplicate' }).click();
      await dialog.locator('[data-error=name]:not([hidden])').waitFor();
      await dialog.getByLabel('Name').fill(name);
      if (of === 'seeds') await picture(page, 'duplicate-1440-light');
      await dialog.getByRole('button', { name: 'Duplicate' }).click();
      await page.waitForURL(`**/_/c/${name}/fields`);
      const [was, is] = [await stage.api('GET', `/api/collections/${of}`), await stage.api('GET', `/api/collections/${name}`)];
      const shape = (c) => ({ ...c, id: '', name: '', created: '', updated: '', indexes: c.indexes.length, fields: c.fields.map((f) => ({ ...f, id: '' })) });
      assert.deepEqual(shape(is), shape(was));
    }
    await isWell(page);
  });

  test('the lock: collections are read-only, records wait for Unlock, SQL that writes asks', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/application`);
    await page.getByLabel('Lock collections and records here').check();
    await save(page);
    const papers = `${stage.url}/_/c/papers`;
    for (const path of ['/fields', '/rules', '/../users/sign-in']) {
      await page.goto(papers + path);
      await page.getByText('Collections are locked here').waitFor();
      assert.equal(await page.locator('[data-save]').count(), 0);
      assert.equal(await page.locator('fieldset.locked input:enabled').count(), 0);
    }
    await page.goto(`${papers}/fields`);
    await pictures(page, 'locked-fields');
    assert.equal(await page.getByRole('link', { name: 'New collection' }).count(), 0);
    for (const path of ['/_/new-collection', '/_/c/papers/fields', '/_/c/papers/drop', '/_/c/papers/truncate', '/_/c/papers/rules', '/_/collections']) {
      const answer = await page.request.post(stage.url + path, { form: { name: 'papers' }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
      assert.equal(answer.status(), 403, path);
    }
    const { id } = await stage.api('POST', '/api/collections/papers/records', { title: 'first' }); // the API is not locked
    await page.goto(`${papers}?r=${id}`);
    const panel = page.locator('#panel');
    await panel.getByLabel('title').fill('second');
    await panel.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Records are locked').waitFor();
    assert.equal((await stage.api('GET', `/api/collections/papers/records/${id}`)).title, 'first');
    await picture(page, 'locked-record-1440-light');
    await page.locator('.top').getByRole('button', { name: 'Unlock' }).click();
    await panel.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.equal((await stage.api('GET', `/api/collections/papers/records/${id}`)).title, 'second');

    await page.goto(`${stage.url}/_/sql`);
    const run = async (sql) => {
      await page.getByLabel('SQL', { exact: true }).fill(sql);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^Run/ }).click();
    };
    await run('SELECT title FROM papers');
    await page.getByRole('cell', { name: 'second' }).waitFor();
    await run(`UPDATE papers SET title = 'third' WHERE id = '${id}'`);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The settings lock collections').waitFor();
    await dialog.getByRole('button', { name: 'Change 1 row' }).click();
    await page.getByText('1 row changed').waitFor();
    await set({ meta: { hideControls: false } });
    await isWell(page);
  });
});
