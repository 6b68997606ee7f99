// Settings, backups, jobs, logs: changes are stored, problems are shown at their inputs, and
// actions that cannot be undone need a confirmation.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { isWell, loads, onStage, picture, saved, takeStored } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const settings = () => stage.api('GET', '/api/settings');
  const input = (page, name) => page.locator(`[id="i-${name}"]`);
  const save = (page) => page.getByRole('button', { name: 'Save' }).click();

  test('a setting is changed, and only that one', async () => {
    const page = await stage.signedIn();
    const before = await settings();
    await page.goto(`${stage.url}/_/settings`);
    await input(page, 'meta.appName').fill('Orchard <b>Seeds</b>');
    await page.getByText('1 change: Name').waitFor();
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual(await settings(), { ...before, meta: { ...before.meta, appName: 'Orchard <b>Seeds</b>' } });
    assert.match(await page.title(), /Orchard <b>Seeds<\/b>/);
    await input(page, 'meta.appURL').fill('nowhere at all');
    await save(page);
    await page.locator('[data-error="meta.appURL"]:not([hidden])').waitFor();
    assert.equal(await input(page, 'meta.appURL').inputValue(), 'nowhere at all');
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.waitForFunction((url) => document.getElementById('i-meta.appURL')?.value === url, before.meta.appURL);
    await input(page, 'meta.accentColor').fill('#8a3f86');
    await save(page);
    await page.locator('link[href="/_/theme.css?v=8a3f86"]').waitFor({ state: 'attached' });
    await isWell(page);
  });

  test('a secret is set, never shown, and kept', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/mail`);
    await input(page, 'smtp.password').fill('a-secret');
    await input(page, 'smtp.port').fill('much');
    await save(page);
    await page.getByText('This is no whole number').waitFor();
    await input(page, 'smtp.port').fill('2525');
    await input(page, 'smtp.host').fill('127.0.0.1');
    await page.getByLabel('Send through SMTP').check();
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.doesNotMatch(await page.content(), /a-secret/);
    assert.equal((await settings()).smtp.port, 2525);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.locator('[data-tried]').getByText('at this step: connect').waitFor(); // no server listens at this address

    // For a server that refuses the sign-in, the page names the completed steps.
    const server = createServer((socket) => {
      socket.unref();
      socket.write('220 here\r\n');
      socket.on('data', (line) => socket.write(/^EHLO/.test(line) ? '250-here\r\n250 AUTH PLAIN\r\n' : /^AUTH/.test(line) ? '535 5.7.8 not you\r\n' : '250 fine\r\n'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    const { port } = server.address();
    await stage.api('PATCH', '/api/settings', { smtp: { port, username: 'maya' } });
    await page.reload();
    await page.getByRole('button', { name: 'Send a test' }).click();
    const tried = page.locator('[data-tried]');
    await tried.getByText('Not sent. It failed at this step: sign-in: 535 5.7.8 not you').waitFor();
    await tried.getByText(new RegExp(`^Before: connected to 127\\.0\\.0\\.1:${port} · greeted as `)).waitFor();
    await picture(page, 'settings-mail-test-1440-light');
    await isWell(page);
  });

  test('a bucket with the keys of the machine, that clients fetch files from', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/settings/files`);
    await page.getByLabel('Keys', { exact: true }).selectOption({ label: 'Those that the machine of the server offers' });
    await page.getByLabel('Clients fetch files from the bucket itself').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const { s3 } = await stage.api('GET', '/api/settings');
    assert.deepEqual([s3.credentials, s3.presigned, s3.enabled], ['ambient', true, false]);
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'settings-bucket-390-light');
  });

  test('rules of rate limits', async () => {
    const page = await stage.signedIn();
    const before = (await settings()).rateLimits.rules;
    await page.goto(`${stage.url}/_/settings/limits`);
    await page.getByText('You come from 127.0.0.1').waitFor();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const row = page.locator('[data-rows] tr').last();
    await page.getByLabel('Label', { exact: true }).last().fill('nothing:at:all here');
    await row.getByLabel('Requests').fill('many');
    await save(page);
    await row.getByText('This is no whole number.').waitFor();
    await row.getByLabel('Requests').fill('100');
    await save(page);
    await row.getByText('Must be in a valid format').waitFor();
    assert.deepEqual(await page.locator('[data-rows] [aria-invalid]').evaluateAll((list) => list.map((e) => e.value)), ['nothing:at:all here']);
    await page.getByLabel('Label', { exact: true }).last().fill('*:list');
    await page.getByLabel('Audience').last().selectOption('@guest');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual((await settings()).rateLimits.rules, [...before, { label: '*:list', audience: '@guest', maxRequests: 100, duration: 10 }]);
    await page.getByRole('button', { name: 'Remove *:list' }).click();
    await loads(page, () => save(page)); // a save opens the page again
    assert.deepEqual((await settings()).rateLimits.rules, before);
    await isWell(page);
  });

  test('the page of the limits shows the requests that rules have refused, or that other rules would refuse', async () => {
    const { rateLimits } = await settings();
    const page = await stage.signedIn();
    const refused = page.locator('#refusals');
    const rules = (...list) => stage.api('PATCH', '/api/settings', { rateLimits: { enabled: true, rules: list.map((rule) => ({ audience: '', duration: 600, ...rule })) } });
    await rules({ label: '/api/health', maxRequests: 3 }, { label: 'users:authMethods', maxRequests: 100 }, { label: 'users:list', audience: '@guest', maxRequests: 2 });
    const status = async (path) => (await fetch(stage.url + path)).status;
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await status('/api/health'));
    for (let i = 0; i < 4; i++) answers.push(await status('/api/collections/users/records'));
    assert.deepEqual(answers, [200, 200, 200, 429, 429, 200, 200, 429, 429]);
    await page.goto(`${stage.url}/_/settings/limits`);
    await refused.getByText('4 requests', { exact: true }).waitFor();
    assert.deepEqual((await refused.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')), ['/api/health 2 requests from 1 address', 'users:list @guest 2 requests from 1 address']);
    await page.getByLabel('Requests', { exact: true }).first().fill('1');
    await page.getByRole('button', { name: 'Try these rules on the log' }).click();
    await refused.getByText('With these rules, saved or not').waitFor();
    const health = await refused.getByRole('listitem').first().innerText();
    assert.ok(Number(health.match(/(\d+) requests/)[1]) >= 4, health); // other tests have also requested /api/health
    await picture(page, 'settings-refused-1440-light');
    await page.setViewportSize({ width: 390, height: 844 });
    await refused.scrollIntoViewIfNeeded();
    await picture(page, 'settings-refused-390-light');
    await page.getByLabel('Requests', { exact: true }).first().fill('some');
    await page.getByRole('button', { name: 'Try these rules on the log' }).click();
    await refused.getByText('Rule 1, maxRequests: This is no whole number.').waitFor();
    const remove = page.getByRole('button', { name: /^Remove / });
    while ((await remove.count()) > 0) await remove.first().click();
    await input(page, 'rateLimits.enabled').uncheck();
    await loads(page, () => save(page));
    assert.deepEqual((await settings()).rateLimits.rules, []); // the last rule can be removed
    await stage.api('PATCH', '/api/settings', { rateLimits });
    await isWell(page);
  });

  test('two people change the same settings', async () => {
    const ann = await stage.colleague('ann@orchard.example');
    const patch = (change) => ann('PATCH', '/api/settings', change);
    const page = await stage.signedIn();
    const open = async (id) => page.goto(`${stage.url}/_/settings/${id}`);
    const problem = (name) => page.locator(`[data-error="${name}"]:not([hidden])`);

    // Of the changed values one is changed by both: nothing is stored, until one of both is chosen.
    await open('application');
    await input(page, 'meta.appName').fill('Mine');
    await input(page, 'meta.appURL').fill('https://mine.example');
    await patch({ meta: { appName: 'Of <Ann>', senderName: 'Ann' } });
    assert.equal(await saved(page), 409);
    await problem('meta.appName').getByText('ann@orchard.example has changed this to “Of <Ann>”. Save again to put yours in its place.').waitFor();
    assert.notEqual((await settings()).meta.appURL, 'https://mine.example');
    assert.deepEqual([await input(page, 'meta.appName').inputValue(), await input(page, 'meta.appURL').inputValue()], ['Mine', 'https://mine.example']);
    await picture(page, 'settings-conflict-1440-light');
    await takeStored(page, 'meta.appName');
    assert.equal(await input(page, 'meta.appName').inputValue(), 'Of <Ann>');
    await page.getByText('1 change: Address').waitFor();
    await loads(page, () => page.keyboard.press('Control+s'));
    const { appName, appURL, senderName } = (await settings()).meta;
    assert.deepEqual([appName, appURL, senderName], ['Of <Ann>', 'https://mine.example', 'Ann']);

    // A value that both have set to the same text is no conflict.
    await open('application');
    await input(page, 'meta.appName').fill('Both');
    await patch({ meta: { appName: 'Both' } });
    await loads(page, () => page.keyboard.press('Control+s'));

    // No message has a secret.
    await open('mail');
    await input(page, 'smtp.password').fill('of-mine');
    await patch({ smtp: { password: 'of-ann' } });
    assert.equal(await saved(page), 409);
    await problem('smtp.password').getByText('ann@orchard.example has changed this too.').waitFor();
    assert.doesNotMatch(await page.content(), /of-ann/);
    assert.equal(await input(page, 'smtp.password').inputValue(), 'of-mine');
    await loads(page, () => page.keyboard.press('Control+s'));

    // Every other page: the second person is told, and overwrites by another save.
    for (const [id, name, theirs, mine, words] of [
      ['files', 's3.region', 'eu-1', 'us-1', 'eu-1'], ['backups', 'backups.cron', '1 1 * * *', '2 2 * * *', '1 1 * * *'], ['logs', 'logs.maxDays', 3, '4', '3'],
      ['api', 'graphql.documents', { a: '{ a }' }, '{"b":"{ b }"}', '{ "a": "{ a }" }'], ['limits', 'rateLimits.excludedIPs', ['10.0.0.1', '10.0.0.2'], '10.0.0.3', '10.0.0.1, 10.0.0.2'],
      ['realtime', 'realtime.maxChannels', 11, '12', '11'],
    ]) {
      const at = name.split('.');
      await open(id);
      await input(page, name).fill(mine);
      await patch({ [at[0]]: { [at[1]]: theirs } });
      assert.equal(await saved(page), 409, id);
      assert.match((await problem(name).innerText()).replace(/\s+/g, ' '), new RegExp(`^ann@orchard.example has changed this to “${words.replace(/[*{}]/g, '\\$&')}”`), id);
      await loads(page, () => page.keyboard.press('Control+s'));
      assert.notDeepEqual((await settings())[at[0]][at[1]], theirs, id);
    }

    // A list is one value: an entry that somebody else has removed is not lost silently, nor put back.
    const { rateLimits, realtime } = await settings();
    await open('limits');
    const requests = page.locator('[data-rows] [name="rule.maxRequests"]');
    await requests.nth(1).fill('77');
    await patch({ rateLimits: { rules: rateLimits.rules.filter((rule, i) => i !== 1) } });
    assert.equal(await saved(page), 409);
    await problem('rule').getByText('ann@orchard.example has changed this to “').waitFor();
    assert.equal(await requests.nth(1).inputValue(), '77');
    await takeStored(page, 'rule');
    assert.equal(await requests.count(), rateLimits.rules.length - 1);
    assert.equal(await page.locator('[data-changes]').innerText(), '');

    await patch({ realtime: { channels: [{ pattern: 'one' }, { pattern: 'two' }] } });
    await open('realtime');
    await page.locator('#channels summary').first().click();
    await page.getByLabel('Pattern').first().fill('mine');
    await patch({ realtime: { channels: [{ pattern: 'two' }] } });
    assert.equal(await saved(page), 409);
    await problem('channel').getByText('ann@orchard.example has changed this to “two”').waitFor();
    await loads(page, () => page.keyboard.press('Control+s'));
    assert.deepEqual((await settings()).realtime.channels.map((c) => c.pattern), ['mine', 'two']);
    await patch({ realtime, rateLimits, meta: { appName: 'Orchard' }, graphql: { documents: {} }, s3: { region: '' }, backups: { cron: '' } });
    await isWell(page);
  });

  test('documents of GraphQL', async () => {
    const page = await stage.signedIn();
    const documents = input(page, 'graphql.documents');
    for (const wrong of ['{"a": ', '["{ __typename }"]', '{"a": 1}', '{"a": ""}']) {
      await page.goto(`${stage.url}/_/settings/api`);
      assert.equal(await documents.inputValue(), '{}');
      await documents.fill(wrong);
      await save(page);
      await page.locator('[data-error="graphql.documents"]:not([hidden])').waitFor();
    }
    await page.getByLabel('Only the documents below').check();
    await documents.fill('{"names": "{ __typename }"}');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor();
    const { graphql } = await settings();
    assert.deepEqual([graphql.persistedOnly, graphql.documents], [true, { names: '{ __typename }' }]);
    const extensions = encodeURIComponent(JSON.stringify({ persistedQuery: { version: 1, sha256Hash: 'names' } }));
    assert.deepEqual((await (await fetch(`${stage.url}/api/graphql?extensions=${extensions}`)).json()).data, { __typename: 'Query' });
    assert.equal(await documents.inputValue(), JSON.stringify(graphql.documents, null, 2));
    await page.getByLabel('Only the documents below').uncheck();
    await documents.fill('{}');
    await loads(page, () => save(page));
    assert.equal(await documents.inputValue(), '{}');
    await isWell(page);
  });

  test('a backup is made, downloaded, restored and deleted', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/backups`);
    const current = page.locator('.side [aria-current]');
    assert.equal((await current.innerText()).trim(), 'Backups');
    await page.getByRole('link', { name: 'Backup schedule', exact: true }).click();
    await page.getByRole('heading', { name: 'Backup schedule' }).waitFor();
    assert.equal((await current.innerText()).trim(), 'Backup schedule');
    await page.goto(`${stage.url}/_/backups`);
    await picture(page, 'backups-side');
    await page.getByLabel(/^Name/).fill('Not a name!');
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.locator('[data-error=name]:not([hidden])').waitFor();
    await page.getByLabel(/^Name/).fill('before.zip');
    await page.getByRole('button', { name: 'Back up now' }).click();
    await page.getByText('Made before.zip').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
    assert.equal(download.suggestedFilename(), 'before.zip');
    // The progress of a backup: the page asks for it while it is open.
    let asked = 0;
    await page.route('**/_/backups/-/progress*', async (route) => {
      const answer = await route.fetch();
      assert.match(await answer.text(), /^<div id="backup-progress"/);
      asked++;
      await route.fulfill({ response: answer });
    });
    await page.waitForResponse('**/_/backups/-/progress*');
    assert.ok(asked > 0);
    await page.unroute('**/_/backups/-/progress*');
    // When the backup of somebody else has ended, the list shows it, and the forms of the page stay.
    await page.getByLabel(/^Name/).fill('typed.zip');
    await stage.api('POST', '/api/backups', { name: 'by-ann.zip' });
    await page.route('**/_/backups/-/progress', (route) => route.continue({ url: `${stage.url}/_/backups/-/progress?running` }));
    await page.getByRole('button', { name: 'Delete by-ann.zip' }).waitFor();
    await page.unroute('**/_/backups/-/progress');
    assert.equal(await page.getByLabel(/^Name/).inputValue(), 'typed.zip');
    await stage.api('DELETE', '/api/backups/by-ann.zip');
    await page.reload();
    await stage.api('POST', '/api/collections', { name: 'later', type: 'base', fields: [] });
    await page.getByRole('button', { name: 'Restore' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Type/).fill('before.zip');
    await stage.unconfirm(page);
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await stage.confirm(page);
    await page.getByText('Restored').waitFor();
    assert.ok(!(await stage.api('GET', '/api/collections')).items.some((c) => c.name === 'later'));
    await page.getByLabel(/^From another server/).setInputFiles({ name: 'again.zip', mimeType: 'application/zip', buffer: await readFile(await download.path()) });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('Uploaded').waitFor();
    await page.getByRole('button', { name: 'Delete again.zip' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted', { exact: true }).waitFor();
    assert.equal(await page.getByText('again.zip').count(), 0);
    await isWell(page);
  });

  test('a job is run, a request is found in the logs', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/jobs`);
    await page.route('**/_/jobs/*', (route) => route.continue({ url: `${stage.url}/_/jobs/gone` })); // as of another server's job
    const run = page.getByRole('button', { name: /^Run now/ }).first();
    await run.click();
    await page.getByText('Missing or invalid cron job.').waitFor();
    await page.unroute('**/_/jobs/*');
    await run.click();
    await page.getByText(/^Started/).waitFor();
    await stage.call('GET', '/api/health');
    await page.goto(`${stage.url}/_/logs`);
    while ((await page.locator('[data-row]').count()) === 0) await page.reload(); // entries of the log are written in batches
    await page.locator('[data-row] a').first().click();
    await page.getByRole('region', { name: 'Entry', exact: true }).waitFor();
    await stage.call('GET', '/api/collections/users/records?filter=no').catch(() => {});
    const filter = page.getByRole('combobox', { name: 'Filter the logs' });
    const option = (name) => page.getByRole('listbox', { name: 'Names' }).getByRole('option', { name });
    await filter.fill('data.statu');
    await option('status').waitFor();
    await filter.press('ArrowDown');
    await filter.press('Enter'); // takes the marked completion
    assert.equal(await filter.inputValue(), 'data.status ');
    await option('greater or equal').waitFor();
    await filter.pressSequentially('>= 400 && data.method = ');
    await option("'PATCH'").waitFor();
    await picture(page, 'logs-completion-1440-light');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'logs-completion-390-dark');
    await page.setViewportSize({ width: 1440, height: 900 });
    await filter.pressSequentially("'GET'");
    await filter.press('Escape');
    await filter.press('Enter');
    await page.waitForURL(/filter=/);
    while ((await page.locator('[data-row]').count()) === 0) await page.reload();
    for (const status of await page.locator('[data-row] td:nth-child(4)').allInnerTexts()) assert.ok(Number(status) >= 400, status);
    await page.getByLabel('Filter the logs').fill('data.nothing >');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.getByText('All entries are shown').waitFor();
    await isWell(page);
  });

  test('the logs: a chart, a time, a selection, and the end of all entries', async () => {
    const page = await stage.signedIn();
    const rows = page.locator('[data-row]');
    const chart = page.locator('[data-histogram]');
    const drawing = page.getByRole('img', { name: /entries; at most/ });
    for (let i = 0; i < 5; i++) await fetch(`${stage.url}/api/collections/users/records?filter=wrong${i}`);
    await page.goto(`${stage.url}/_/logs?filter=wrong4`);
    while ((await rows.count()) === 0) await page.reload();
    await page.goto(`${stage.url}/_/logs?filter=${encodeURIComponent('data.url ~ "wrong"')}`);
    await chart.getByText('5 entries').waitFor();
    const { x, y, width } = await drawing.boundingBox();
    await page.mouse.move(x + width - 100, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + width - 1, y + 20);
    await chart.getByText(/^\w+ \d\d:00 to \w+ \d\d:00$/).waitFor(); // the period of the drag
    await page.mouse.up();
    await page.waitForURL(/filter=.*from=.*to=/);
    await chart.getByText('5 entries').waitFor();
    assert.equal(await rows.count(), 5);

    // Keys select a period too.
    const said = () => page.locator('#said').innerText();
    await page.goto(`${stage.url}/_/logs?filter=${encodeURIComponent('data.url ~ "wrong"')}`);
    await chart.getByText('5 entries').waitFor();
    await drawing.focus();
    await page.keyboard.press('ArrowLeft'); // reaches the last bar
    assert.match(await said(), /^\w+ \d\d:00 to \w+ \d\d:00: [5n]/);
    await page.keyboard.press('Escape');
    assert.equal(await said(), 'Nothing is selected');
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+ArrowLeft');
    assert.match(await said(), / selected$/);
    await picture(page, 'logs-keys-1440-light');
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=.*to=/);
    const { searchParams } = new URL(page.url());
    assert.equal(Date.parse(searchParams.get('to')) - Date.parse(searchParams.get('from')), 2 * 3600_000);
    await chart.getByText('5 entries').waitFor();
    await picture(page, 'logs-1440-light');
    await chart.getByRole('link', { name: 'Earlier' }).click();
    await chart.getByRole('link', { name: 'Later' }).waitFor();
    await page.goBack();
    await chart.getByText('5 entries').waitFor();
    await drawing.dblclick();
    await page.waitForURL((url) => !url.searchParams.has('from') && url.searchParams.has('filter'));

    await page.locator('[data-select]').nth(1).click();
    await page.locator('[data-select]').nth(3).click({ modifiers: ['Shift'] });
    await page.getByText('3 selected').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as JSON' }).click();
    const exported = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    assert.deepEqual(exported.map((entry) => entry.data.url.match(/wrong\d/)[0]), ['wrong3', 'wrong2', 'wrong1']);

    // The requests by superusers are shown on demand.
    await stage.api('GET', '/api/collections?filter=name="shown"');
    await page.goto(`${stage.url}/_/logs?filter=shown&superusers=1`);
    while ((await rows.count()) === 0) await page.reload();
    await rows.first().getByRole('link').click();
    await page.getByRole('region', { name: 'Entry', exact: true }).getByRole('link', { name: '200', exact: true }).click();
    await page.waitForURL(/data.status/); // the entries with this status
    await rows.first().waitFor();
    await page.goto(`${stage.url}/_/logs?filter=shown&superusers=1`);
    await page.getByRole('button', { name: 'Requests by superusers' }).click();
    await page.getByText('Nothing here').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${stage.url}/_/logs`);
    await chart.getByText(/entries$/).waitFor();
    await picture(page, 'logs-390-dark');

    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Delete all entries' }).click();
    await dialog.getByText('This is not the number.').waitFor();
    await picture(page, 'logs-clear-390-dark');
    const count = await dialog.locator('code').innerText();
    await dialog.getByLabel(/^Type/).fill(count);
    await Promise.all([page.waitForEvent('load'), dialog.getByRole('button', { name: 'Delete all entries' }).click()]);
    assert.ok((await stage.api('GET', '/api/logs')).totalItems < Number(count.replaceAll(',', '')));
  });

  test('older entries are opened, new entries followed, and a refused request tried in the tester of the rules', async () => {
    await stage.api('PATCH', '/api/settings', { logs: { logAuthId: true } });
    const secret = 'a long password';
    const ann = await stage.api('POST', '/api/collections/users/records', { email: 'ann@example.com', password: secret, passwordConfirm: secret });
    const bob = await stage.api('POST', '/api/collections/users/records', { email: 'bob@example.com', password: secret, passwordConfirm: secret });
    const { token } = await stage.call('POST', '/api/collections/users/auth-with-password', { identity: 'ann@example.com', password: secret });
    const ask = (path, method = 'GET') => fetch(stage.url + path, { method, headers: { Authorization: token } });
    for (let i = 0; i < 60; i++) await ask(`/api/health?counted${i}`);
    const page = await stage.signedIn();
    const rows = page.locator('[data-row]');
    await page.goto(`${stage.url}/_/logs?filter=counted`);
    assert.equal(await rows.count(), 50);
    assert.match(await rows.last().innerText(), /counted10\b/);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/after=/);
    assert.deepEqual(await rows.locator('.row-link').allInnerTexts(), Array.from({ length: 10 }, (_, i) => `GET /api/health?counted${9 - i}`));
    assert.equal(await page.getByRole('button', { name: 'Follow', exact: true }).count(), 0); // only a view of the newest entries has the button
    await page.getByRole('link', { name: 'Newest' }).click();

    await page.waitForURL((url) => !url.searchParams.has('after'));
    await page.locator('main').focus();
    await page.keyboard.press('l');
    await ask('/api/health?counted60');
    await rows.first().getByText('counted60').waitFor();
    assert.equal(await rows.count(), 50);
    await page.locator('#rows .table-wrap').evaluate((list) => list.scrollTo(0, 300));
    await page.getByRole('button', { name: 'Follow', exact: true, pressed: false }).waitFor();

    assert.equal((await ask(`/api/collections/users/records/${bob.id}`, 'DELETE')).status, 404);
    await page.goto(`${stage.url}/_/logs?filter=${encodeURIComponent('data.status = 404 && data.method = "DELETE"')}`);
    await rows.first().getByRole('link').click();
    await page.getByText('A rule has refused this request.').waitFor();
    await picture(page, 'logs-refused-1440-light');
    await page.getByRole('link', { name: 'Try the rules as this caller' }).click();
    const verdict = page.locator('[data-verdict-of=deleteRule]');
    await verdict.getByText('does not hold: id = @request.auth.id').waitFor();
    await verdict.getByRole('button').click();
    await verdict.getByText(`"${bob.id}" and "${ann.id}"`).waitFor();
    await isWell(page);
  });

  test('settings that lock the superuser out are asked about first, and undone by the command', async () => {
    const page = await stage.signedIn();
    const dialog = page.getByRole('dialog', { name: 'These settings may lock you out' });
    await page.goto(`${stage.url}/_/settings/limits`);
    await input(page, 'superuserIPs').fill('127.0.0.0/8');
    await save(page);
    await page.getByText('Saved', { exact: true }).waitFor(); // no question: the list has the address of the browser
    await input(page, 'superuserIPs').fill('10.0.0.0/8');
    await input(page, 'rateLimits.enabled').check();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel('Label', { exact: true }).last().fill('/_/');
    await page.getByLabel('Requests', { exact: true }).last().fill('20');
    await save(page);
    await dialog.getByText('Superusers may come from 10.0.0.0/8 only, and the server will see you as 127.0.0.1.').waitFor();
    await dialog.getByText('The rule /_/ counts the pages of the console too').waitFor();
    assert.equal(await dialog.getByText('counts the sign-ins').count(), 0); // 20 requests are enough for sign-ins
    await picture(page, 'settings-lockout-1440-light');
    await dialog.getByRole('button', { name: 'Back to the settings' }).click();
    assert.deepEqual((await settings()).superuserIPs, ['127.0.0.0/8']);
    const address = '/api/collections/_superusers/auth-with-password';
    for (const label of ['_superusers:authWithPassword', '_superusers:auth', address, `POST ${address}`]) {
      await page.getByLabel('Label', { exact: true }).last().fill(label);
      await page.getByLabel('Requests', { exact: true }).last().fill('1');
      await page.getByLabel('Interval').last().fill('3600');
      await save(page);
      // The default rule *:auth takes precedence over a rule for the path of sign-ins.
      if (label.startsWith('_')) await dialog.getByText(`The rule ${label} counts the sign-ins of superusers too: 1 in 3600 s. After a mistyped password the fifth attempt would wait for about 240 min`).waitFor();
      else assert.equal(await dialog.getByText('counts the sign-ins').count(), 0);
      await dialog.getByRole('button', { name: 'Back to the settings' }).click();
    }
    await page.getByLabel('Label', { exact: true }).last().fill('/_/');
    await input(page, 'rateLimits.enabled').uncheck();
    await input(page, 'trustedProxy.headers').fill('X-Real-IP');
    await save(page);
    await dialog.getByText('Superusers may come from').waitFor();
    assert.equal(await dialog.getByText('The rule /_/').count(), 0); // rate limits are off, so the rule is no reason
    await Promise.all([page.waitForEvent('load'), dialog.getByRole('button', { name: 'Save anyway' }).click()]);
    await picture(page, 'locked-out-1440-light');
    await assert.rejects(settings(), / 40[13] /);
    await stage.server.command('superuser', 'ips');
    while ((await fetch(`${stage.url}/api/settings`, { headers: { Authorization: stage.token } })).status === 403) await page.reload(); // until the server has read the list that the command has written
    assert.deepEqual((await settings()).superuserIPs, []);

    // A trusted header that changes the address of the browser.
    await stage.api('PATCH', '/api/settings', { trustedProxy: { headers: [] }, superuserIPs: ['127.0.0.1'] });
    const behind = await stage.signedIn({ extraHTTPHeaders: { 'X-Real-IP': '192.0.2.7' } });
    await behind.goto(`${stage.url}/_/settings/limits`);
    await behind.getByText('The request has the header X-Real-IP').waitFor();
    await input(behind, 'trustedProxy.headers').fill('X-Real-IP');
    await save(behind);
    await behind.getByText('the server will see you as 192.0.2.7').waitFor();
    await stage.api('PATCH', '/api/settings', { superuserIPs: [], rateLimits: { rules: (await settings()).rateLimits.rules.filter((rule) => rule.label !== '/_/') } });
  });
});
