// The command palette, and the tools: rules and their tester, the API of a collection, SQL, the
// diagram, the realtime inspector, import and export of collections.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pictures } from './looks.mjs';
import { clipboard, isWell, loads, onStage, picture } from './stage.mjs';

/** Replaces the text of the editor of SQL, closes its completions, and runs the text. */
async function runSQL(editor, text) {
  await editor.fill(text);
  await editor.press('Escape');
  await editor.press('Control+Enter');
}

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
    await palette.getByRole('option', { name: 'Settings › Mail', exact: true }).waitFor();
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
    await type('host');
    await option('Settings › Mail › Host').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/settings/mail#i-smtp.host');
    await type('?save');
    await option(/^save the form/).waitFor();
    await page.keyboard.press('Enter'); // opens the list of all shortcuts
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${stage.url}/_/c/notes`);
    await type('no such thing');
    await palette.getByText('Nothing has that name').waitFor();
    await picture(page, 'palette-offers');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/c/notes?filter=no+such+thing');
    await type('no such thing');
    await loads(page, () => option('New collection “no_such_thing”').click());
    assert.equal(await page.getByLabel(/^Name/).inputValue(), 'no_such_thing');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('#');
    await palette.getByText('Type the id of a record').waitFor();
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'hidden' });
    await isWell(page);
  });

  test('the rule tester says who may do what, and why', async () => {
    const page = await stage.signedIn();
    const tester = page.getByRole('region', { name: 'Try the rules' });
    const verdict = (rule) => tester.getByRole('listitem').filter({ has: page.locator('b', { hasText: new RegExp(`^${rule}$`) }) });
    await page.goto(`${stage.url}/_/c/notes/rules`);
    await verdict('List').getByText('everyone may · in the list').waitFor();
    await page.locator('[data-rule=listRule]').getByText('Anyone can list and search all records. Number of records: 1').waitFor();
    await page.locator('[data-rule=deleteRule]').getByText('Everyone').click();
    await page.locator('[data-rule=deleteRule]').getByText('Anyone can delete any record.').waitFor();
    await page.locator('[data-rule=deleteRule]').getByText('Superusers').click();
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
    assert.match(await verdict('View').innerText(), /author = @request.auth.id\s+not needed · would be false: "\w{15}" and "\w{15}"/);
    assert.match(await verdict('View').innerText(), /@request.auth.role = "editor"\s+true: "editor" and "editor"/);
    await verdict('View').getByText('SQL and plan').click();
    assert.match(await verdict('View').getByRole('region', { name: 'Query plan' }).innerText(), /SEARCH|Index|Scan/);
    await picture(page, 'rule-tester-1440-light');

    // The tester judges the typed rule, saved or not.
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
    assert.match(await page.locator('[data-rule=viewRule] [data-error]').innerText(), /autor.* Did you mean author\?/);
    await page.getByRole('button', { name: 'Use author' }).press('Enter');
    assert.equal(await rule.inputValue(), 'title != "" && author = 1');
    await rule.fill('@request.auth.rol = "editor"');
    await page.locator('[data-rule=viewRule]').getByText('@request.auth.rol is always null: no auth collection has the field rol.').waitFor();

    // The tester names the values that decide a comparison, and the accounts that a rule allows.
    await rule.fill('@collection.people.role ?= "editor" && @request.auth.role = "editor"');
    await verdict('View').getByText(/true: \["(editor|member)", "(editor|member)"\] and "editor" · decided by "editor"/).waitFor();
    await verdict('View').getByRole('button', { name: 'Who may?' }).press('Enter');
    await verdict('View').getByRole('link', { name: 'bob@example.com' }).waitFor();
    assert.match(await verdict('View').innerText(), /Guests\s+may not\s+users\s+0 of 0 accounts\s+people\s+1 of 2 accounts:\s+bob@example\.com\s+Superusers\s+always may/);
    await rule.fill('@request.auth.role = "nobody"');
    await verdict('View').getByText('does not hold: @request.auth.role = "nobody"').waitFor();
    await verdict('View').getByRole('button', { name: 'Who may?' }).press('Enter');
    await verdict('View').getByText('0 of 2 accounts', { exact: true }).waitFor();
    assert.equal(await verdict('View').getByRole('link').count(), 0);

    // A changed rule ends the request about the rule before.
    await page.route('**/rules/try', () => {}, { times: 1 }); // never answered, as with a slow rule
    const asked = page.waitForRequest('**/rules/try');
    const ended = page.waitForEvent('requestfailed');
    await rule.fill('stars > 8');
    const first = await asked;
    await rule.fill('stars > 7');
    assert.equal(await ended, first);
    await verdict('View').getByText('does not hold: stars > 7').waitFor();

    // A body of a record that does not exist.
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

  test('the rules of all collections in one table', async () => {
    const page = await stage.signedIn();
    const cells = (name) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) }).getByRole('cell').allInnerTexts();
    await page.goto(`${stage.url}/_/c/notes/rules`);
    await page.getByRole('link', { name: 'All collections' }).press('Enter');
    await page.waitForURL('**/_/rules');
    const { viewRule, createRule } = await stage.api('GET', '/api/collections/notes');
    assert.deepEqual((await cells('notes')).map((text) => text.trim()), ['notes', 'Everyone', viewRule, createRule, 'Superusers', 'Superusers', '', '', '']);
    assert.deepEqual((await cells('people')).slice(1).map((text) => text.trim()), [...Array(5).fill('Superusers'), 'Every account', 'Superusers', '']);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 390, height: 844 });
      await picture(page, `all-rules-390-${scheme}`);
      await page.setViewportSize({ width: 1440, height: 900 });
      await picture(page, `all-rules-1440-${scheme}`);
    }
    await page.getByRole('link', { name: 'By rule' }).click();
    await page.waitForURL('**/_/rules?only=rule');
    assert.deepEqual(await page.locator('tbody a').allInnerTexts(), ['notes', 'users']);
    await page.getByRole('link', { name: 'With system collections' }).click();
    await page.getByRole('link', { name: '_mfas', exact: true }).waitFor();
    await page.goto(`${stage.url}/_/rules?only=nothing`);
    await page.getByText('No collection has such a rule').waitFor();
    await isWell(page);
  });

  test('sign-in and manage rules are tried, and all is copied as a test', async () => {
    const page = await stage.signedIn();
    const tester = page.getByRole('region', { name: 'Try the rules' });
    const verdict = (name) => page.locator(`[data-verdict-of=${name}]`);
    const choose = async (name, words) => {
      await tester.getByRole('combobox', { name, exact: true }).fill(words);
      await tester.getByRole('option', { name: new RegExp(words) }).waitFor();
      await tester.getByRole('combobox', { name, exact: true }).press('Enter');
    };
    const asUser = async () => {
      await tester.getByText('A user', { exact: true }).click();
      await tester.getByRole('combobox', { name: 'Collection of the user' }).selectOption('people');
    };
    await page.goto(`${stage.url}/_/c/people/rules`);
    await choose('Record', 'ann');
    await verdict('authRule').getByText('every account may').waitFor();
    await verdict('manageRule').getByText('a guest manages nobody').waitFor();
    for (const [name, text] of [['authRule', 'verified = true && role != "member"'], ['manageRule', '@request.auth.role = "editor"']]) {
      await page.locator(`[data-rule=${name}]`).getByText('By rule').click();
      await page.locator(`[data-rule=${name}] textarea`).fill(text);
    }
    await verdict('authRule').getByText('does not hold: role != "member" · answers 403').waitFor();
    await asUser();
    await choose('User', 'bob');
    await verdict('manageRule').getByText('the rule holds').waitFor();
    await choose('User', 'ann');
    await verdict('manageRule').getByText('does not hold: @request.auth.role = "editor" · not a manager').waitFor();
    await picture(page, 'rule-tester-accounts-1440-light');
    await page.locator('[data-rule=authRule]').getByText('Nobody').click();
    await verdict('authRule').getByText('nobody may sign in').waitFor();

    // The server gives the answers that the copied test expects.
    await page.goto(`${stage.url}/_/c/notes/rules`);
    await asUser();
    await choose('User', 'ann');
    await tester.getByText('What is sent').click();
    await tester.getByRole('textbox', { name: /^Body/ }).fill(JSON.stringify({ title: "Ann's", author: ann.id }));
    await page.locator('[data-verdict-of=createRule][data-state=ok]').waitFor();
    const copied = (language) => tester.getByRole('group', { name: 'Copy as a test' }).getByRole('button', { name: language }).getAttribute('data-copy');
    const { token } = await stage.call('POST', '/api/collections/people/auth-with-password', { identity: 'ann@example.com', password: 'a long password' });
    const folder = await mkdtemp(join(tmpdir(), 'rules-'));
    const program = join(folder, 'rules.test');
    await writeFile(join(folder, 'rules_test.go'), await copied('Go'));
    await output('go', ['test', '-c', '-o', program, join(folder, 'rules_test.go')]);
    const env = { ...process.env, TOKEN: token };
    const said = await output(program, ['-test.v'], undefined, env);
    for (const line of ['PASS: TestNotesRules/list', 'PASS: TestNotesRules/view', 'SKIP: TestNotesRules/create', 'PASS: TestNotesRules/delete']) assert.ok(said.includes(line), `${line}\n${said}`);
    await assert.rejects(output(program, [], undefined, { ...env, TOKEN: '' })); // a guest is denied
    const lines = await output('sh', ['-c', await copied('cURL')], undefined, { ...env, WRITES: '1' });
    assert.equal(lines, 'ok list\nok view\nok create\nok update\nok delete\n');
    const { items } = await stage.api('GET', '/api/collections/notes/records?sort=-title');
    assert.deepEqual(items.map((n) => n.title), ['Water the beans', "Ann's"]);
    await stage.api('DELETE', `/api/collections/notes/records/${items[1].id}`);
    await rm(folder, { recursive: true });
    await isWell(page);
  });

  test('SQL: Tab never takes a completion of an earlier word', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const names = page.getByRole('listbox', { name: 'Names' });
    await editor.pressSequentially('SELECT no');
    await names.getByRole('option', { name: 'notes' }).waitFor();
    let send;
    const sent = new Promise((done) => (send = done));
    await page.route('**/_/sql/complete?**', (route) => sent.then(() => route.continue()));
    await editor.fill('SELECT now() FROM note');
    await editor.press('Tab');
    assert.equal(await editor.inputValue(), 'SELECT now() FROM note');
    send();
    await page.waitForFunction(() => document.activeElement.value === 'SELECT now() FROM notes');
    await isWell(page);
  });

  test('SQL: rows, a selection, a question before whole tables, stop', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const rows = page.getByRole('region', { name: 'Rows' });
    const run = (text) => runSQL(editor, text);
    await run('SELECT title, stars, NULL AS missing FROM notes');
    await rows.getByRole('cell', { name: 'Water the beans' }).waitFor();
    await rows.getByText('NULL', { exact: true }).waitFor();
    await page.getByText(/^1 row · /).waitFor();
    await picture(page, 'sql-1440-light');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    assert.match(await readFile(await (await download).path(), 'utf8'), /^title,stars,missing\r\nWater the beans,4(\.0)?,\r\n$/);

    // The selected text runs alone.
    await editor.fill('SELECT 1 AS one; SELECT 2 AS two');
    await editor.press('Escape');
    await editor.evaluate((e) => e.setSelectionRange(0, 15));
    await page.getByRole('button', { name: 'Run selection' }).click();
    await rows.getByRole('columnheader', { name: 'one' }).waitFor();

    await run('SELECT 1 FROM FROM');
    await page.getByRole('alert').getByText(/syntax error.* \(line 1, column 15\)/i).waitFor();
    await editor.fill('SELECT 1;\nSELECT nope');
    await editor.press('Escape');
    await editor.evaluate((e) => e.setSelectionRange(9, 21)); // with the end of the line above
    await page.getByRole('button', { name: 'Run selection' }).click();
    await page.getByRole('alert').getByText('(line 2, column 8)').waitFor();

    await page.route('**/_/sql/run', (route) => route.fulfill({ status: 504, contentType: 'text/html', body: '<h1>of a proxy</h1>' }));
    await run('SELECT 5');
    await page.getByRole('alert').getByText('The request failed with the status 504.').waitFor();
    assert.equal(await page.getByText('of a proxy').count(), 0);
    await page.unroute('**/_/sql/run');
    page.wrong.splice(0); // the failed request

    // A change of a whole table needs a confirmation, which has the number of rows.
    await run("DELETE FROM notes; SELECT 'WHERE'");
    const dialog = page.getByRole('dialog');
    await dialog.getByText('DELETE without WHERE deletes the only row of notes').waitFor();
    await picture(page, 'sql-confirm-1440-light');
    await dialog.getByRole('button', { name: 'Back to the query' }).click();
    assert.equal((await stage.api('GET', '/api/collections/notes/records')).totalItems, 1);
    await run('UPDATE notes SET stars = 5');
    await dialog.getByText('UPDATE without WHERE').waitFor();
    await dialog.getByText('1 row changes').waitFor();
    await dialog.getByRole('button', { name: 'Run it' }).click();
    await page.getByText(/^1 row changed/).waitFor();
    assert.equal((await stage.api('GET', `/api/collections/notes/records/${note.id}`)).stars, 5);
    await run("UPDATE notes SET stars = 6 WHERE id = 'none'");
    await page.getByText(/^0 rows changed/).waitFor();

    // More rows than the page shows, and a statement that takes too long.
    const many = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100) SELECT i FROM n';
    await run(many);
    await page.getByText(/^the first 1,000 rows of more · /).waitFor();
    await picture(page, 'sql-more-1440-light');
    const whole = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const lines = (await readFile(await (await whole).path(), 'utf8')).split('\r\n');
    assert.deepEqual([lines.length, lines[0], lines[1], lines[1100], lines[1101]], [1102, 'i', '1', '1100', '']);
    await page.getByRole('button', { name: 'Next 1,000 rows' }).click();
    await rows.getByRole('cell', { name: '1100', exact: true }).first().waitFor();
    await page.getByText('1,100 rows', { exact: true }).waitFor();
    assert.equal(await rows.getByRole('row').count(), 1101);
    await page.getByRole('button', { name: 'Next 1,000 rows' }).waitFor({ state: 'hidden' });

    // A dry run shows the number of changes, without a question, and changes nothing. The rows of a
    // statement that writes have no next page, since the statement would write again.
    await editor.fill('DELETE FROM notes RETURNING title');
    await editor.press('Escape');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText(/^1 row would change · 1 row · .* · dry run, nothing was stored$/).waitFor();
    await run(`INSERT INTO notes (id, title) ${many.replace('SELECT i FROM', "SELECT 'row' || substr(CAST(1000000000000 + i AS TEXT), 2), 'many' FROM")} RETURNING id`);
    await page.getByText(/the first 1,000 rows of more · /).waitFor();
    await page.getByRole('button', { name: 'Next 1,000 rows' }).click();
    await page.getByRole('alert').getByText('The statements write').waitFor();
    assert.equal((await stage.api('GET', "/api/collections/notes/records?filter=title='many'")).totalItems, 1100);
    await run("DELETE FROM notes WHERE title = 'many'");
    await page.getByText(/^1,100 rows changed/).waitFor();

    await run(many.replace('1100', '1000000000000').replace('SELECT i FROM', 'SELECT count(*) FROM'));
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor();
    await editor.fill('SELECT title FROM notes');
    await page.getByRole('button', { name: 'Plan' }).click();
    await rows.getByRole('cell', { name: /SCAN|Scan/ }).waitFor();
    await editor.fill('SELECT ti');
    await page.getByRole('listbox', { name: 'Names' }).getByRole('option', { name: /title/ }).waitFor();
    await editor.press('Tab');
    assert.equal(await editor.inputValue(), 'SELECT title');
    await page.getByText('notes', { exact: true }).first().click();
    await page.getByRole('button', { name: 'author', exact: true }).click();
    assert.equal(await editor.inputValue(), 'SELECT titleauthor');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'sql-390-light');
  });

  test('SQL: the layout of a script or of a selection, which changes no token', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const typed = "select  title,'a  b' as \"c  d\" -- why\nfrom notes where stars=-1 and title<>'x' /* the\n end */ ; select 2";
    const laidOut = "select\n  title,\n  'a  b' as \"c  d\" -- why\nfrom\n  notes\nwhere\n  stars = -1\n  and title <> 'x'\n  /* the\n  end */;\n\nselect\n  2";
    const holds = (text) => page.waitForFunction((value) => document.querySelector('[data-sql] textarea').value === value, text);
    const format = page.getByRole('button', { name: 'Format' });
    await editor.fill(typed);
    await editor.press('Escape');
    assert.equal(await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('sqlformat')).length), 0);
    await editor.evaluate((e) => e.setSelectionRange(e.value.indexOf('stars'), e.value.indexOf('stars')));
    await editor.press('Alt+Shift+F');
    await holds(laidOut);
    assert.equal(await editor.evaluate((e) => e.value.slice(e.selectionStart, e.selectionStart + 5)), 'stars');
    await page.locator('#said', { hasText: 'Formatted' }).waitFor({ state: 'attached' });
    for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [1024, 'light'], [390, 'dark']]) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, `sql-format-${width}-${scheme}`);
    }
    await editor.press('Control+z');
    await holds(typed);
    await editor.evaluate((e) => e.setSelectionRange(e.value.lastIndexOf('select'), e.value.length));
    await format.click();
    await holds(typed.replace('select 2', 'select\n  2'));
    assert.equal(await editor.evaluate((e) => e.value.slice(e.selectionStart, e.selectionEnd)), 'select\n  2');

    // The formatter refuses a text that it cannot read, or whose tokens it would change; the text
    // stays.
    for (const [text, reason] of [["select 'open", `the formatter cannot read "'open"`], ['select 1;'.repeat(12_000), 'More than 100,000 characters are not formatted']]) {
      await editor.fill(text);
      await editor.press('Alt+Shift+F');
      await page.getByRole('alert').getByText(reason).waitFor();
      assert.equal(await editor.inputValue(), text);
    }
    const answers = await page.evaluate(async () => {
      const { layout } = await import(performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/sqlformat.js')).name);
      const answer = (text, dialect) => {
        try {
          return layout(text, dialect);
        } catch (error) {
          return error.message;
        }
      };
      return [
        answer('select [a  b], `c  d`, x\'00ff\', 1e-3, - -1 from t where a=:p and b=?1 and c=$q', 'sqlite'),
        answer('select a->>\'$.b\' from t where a @>\'{"x":1}\' and b=-1 and $t$ it\'s  $t$ = e\'\\\'  \' and c::text ~* \'y\'', 'postgresql'),
        answer("select 'a'\n'b'", 'postgresql'), // one literal on two lines
        answer('select a =@ b', 'postgresql'), // =@ may be the name of an operator
      ];
    });
    const refused = 'Not formatted: the formatter would change more than the layout.';
    assert.deepEqual(answers, [
      "select\n  [a  b],\n  `c  d`,\n  x'00ff',\n  1e-3,\n  - -1\nfrom\n  t\nwhere\n  a = :p\n  and b = ?1\n  and c = $q",
      "select\n  a ->> '$.b'\nfrom\n  t\nwhere\n  a @> '{\"x\":1}'\n  and b = -1\n  and $t$ it's  $t$ = e'\\'  '\n  and c::text ~* 'y'",
      refused,
      refused,
    ]);
    await isWell(page);
  });

  test('SQL: a result of a text or a time and a number as a chart', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const choice = page.getByRole('radiogroup', { name: 'Show the result as' });
    const chart = page.getByRole('region', { name: 'Chart' });
    const image = chart.getByRole('img');
    const run = async (text) => {
      const answered = page.waitForResponse('**/_/sql/run');
      await runSQL(editor, text);
      await answered;
    };
    const values = (...rows) => `SELECT column1 AS label, column2 AS revenue FROM (VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}) AS v`;
    await run(values(["'NO'", 412880.4], ["'SE'", 318442.1], ["'Bosnia and Herzegovina'", -1402.6], ['NULL', 9007199254740993n], ["'DE'", 'NULL']));
    assert.equal(await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => /uplot|sqlchart/.test(name)).length), 0);
    await choice.getByText('Rows').press('ArrowRight');
    await chart.locator('canvas').waitFor();
    await page.getByRole('region', { name: 'Rows' }).waitFor({ state: 'hidden' });
    await chart.getByRole('img', { name: 'revenue by label: 5 bars, from -1402.6 (Bosnia and Herzegovina) to 9007199254740993 (NULL). The rows are the same as a table.', exact: true }).waitFor();
    await image.press('End');
    await page.locator('#said', { hasText: 'DE: NULL' }).waitFor({ state: 'attached' });
    await image.press('ArrowLeft');
    assert.equal(await chart.locator('.legend b').innerText(), '9007199254740993'); // with all digits

    // The next result is shown in the chosen way. Times are sorted, in UTC.
    const days = Array.from({ length: 90 }, (_, i) => [`'2026-${String(9 + Math.floor(i / 30)).padStart(2, '0')}-${String(1 + (i % 30)).padStart(2, '0')} 00:00:00.000Z'`, i % 30 === 7 ? 'NULL' : 200 + Math.round(100 * Math.sin(i / 9))]);
    await run(values(...days.toReversed()));
    await chart.getByRole('img', { name: /: 90 times/ }).waitFor();
    await image.press('Home');
    assert.equal(await chart.locator('.legend').getAttribute('data-at'), '2026-09-01 00:00:00.000Z');
    await chart.getByText('Times are in UTC.').waitFor();
    await pictures(page, 'sql-chart-times');
    await run(values(...Array.from({ length: 70 }, (_, i) => [`'Country ${i}'`, i * i])));
    await chart.getByText('The first 60 of 70 rows.').waitFor();
    await pictures(page, 'sql-chart-bars');
    await run(values(["'2026-11'", 3], ["'2026-10'", 2]));
    await chart.getByRole('img', { name: /^revenue by label: 2 times, from 2 \(2026-10\) to 3 \(2026-11\)/ }).waitFor();
    await run(values(["'2026-13'", 0]));
    await chart.getByRole('img', { name: /^revenue by label: 1 bars/ }).waitFor();
    await isWell(page);

    // A result without numbers, or with another number of columns, is shown as rows.
    for (const text of ['SELECT 1 AS one, 2 AS two, 3 AS three', "SELECT 'a' AS one, '2 of 3' AS two", "SELECT 'a' AS one, NULL AS two", 'SELECT title, stars FROM notes WHERE 1 = 2']) {
      await run(text);
      await page.getByRole('region', { name: 'Rows' }).waitFor();
      assert.equal(await choice.isVisible() || await chart.isVisible(), false, text);
    }
  });

  test('SQL that writes is counted and asks for the password, once', async () => {
    const page = await stage.signedIn({ unconfirmed: true });
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const dialog = page.getByRole('dialog');
    const run = (text) => runSQL(editor, text);
    const stars = async () => (await stage.api('GET', `/api/collections/notes/records/${note.id}`)).stars;
    await run("SELECT 'UPDATE notes SET stars = 1' AS text");
    await page.getByRole('cell', { name: 'UPDATE notes' }).waitFor();
    const was = await stars();
    const script = `UPDATE notes SET stars = 1 WHERE id = '${note.id}'; UPDATE notes SET stars = stars + 1 WHERE id = '${note.id}'`;
    await run(script);
    await dialog.getByText('2 rows change').waitFor();
    await pictures(page, 'sql-password');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await run(script);
    await stage.confirm(page, 'wrong');
    await dialog.getByText('This is not your password').waitFor();
    assert.equal(await stars(), was);
    await stage.confirm(page);
    await page.getByText(/^1 row changed/).waitFor();
    assert.equal(await stars(), 2);
    const answered = page.waitForResponse('**/_/sql/run');
    await run(`UPDATE notes SET stars = 3 WHERE id = '${note.id}'`);
    assert.equal((await answered).status(), 200);
    assert.equal(await stars(), 3);

    // If the session has ended, the sign-in also confirms the password; the question about the
    // whole table remains.
    await page.context().clearCookies();
    await run('UPDATE notes SET stars = 4');
    await stage.again(page);
    await dialog.getByText('UPDATE without WHERE changes the only row of notes').waitFor();
    assert.equal(await stars(), 3);
    await dialog.getByRole('button', { name: 'Back to the query' }).click();

    // One dialog asks for the password and about the whole table.
    await stage.unconfirm(page);
    await run('UPDATE notes SET stars = 5');
    await dialog.getByText('UPDATE without WHERE changes the only row of notes').waitFor();
    await stage.confirm(page);
    await page.getByText(/^1 row changed/).waitFor();
    assert.equal(await stars(), 5);
    await isWell(page);
  });

  test('queries are kept on the server, for who has kept them', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    const kept = (name) => page.getByRole('button', { name, exact: true });
    const keep = async (name, verb = 'Keep the query') => {
      await page.getByRole('button', { name: 'Keep', exact: true }).press('Enter');
      await page.getByLabel('Name of this query').fill(name);
      await page.getByRole('button', { name: verb }).press('Enter');
      if (name.trim()) await page.getByLabel('Name of this query').waitFor({ state: 'hidden' });
    };
    await editor.fill('SELECT 1 AS "first"');
    await keep('Numbers');
    await kept('Numbers').waitFor();
    await editor.fill('SELECT count(*) FROM notes');
    await keep('<b>Notes</b>');
    await kept('<b>Notes</b>').waitFor();
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await picture(page, 'sql-keep-1440-light');
    await page.keyboard.press('Escape');

    const elsewhere = await stage.signedIn({ width: 390, height: 844, scheme: 'dark' });
    await elsewhere.goto(`${stage.url}/_/sql`);
    assert.deepEqual(await elsewhere.locator('#saved-queries .nav-item').allTextContents(), ['<b>Notes</b>', 'Numbers']);
    await elsewhere.getByRole('button', { name: 'Open navigation' }).click();
    await elsewhere.getByRole('button', { name: 'Numbers', exact: true }).click();
    assert.equal(await elsewhere.getByRole('textbox', { name: 'SQL' }).inputValue(), 'SELECT 1 AS "first"');
    await picture(elsewhere, 'sql-kept-390-dark');

    await page.reload();
    await kept('Numbers').click();
    await editor.fill('SELECT 2 AS "second"');
    await page.getByRole('button', { name: 'Keep', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Keep the query' }).press('Enter');
    await page.getByText('There is a query Numbers already. Keep again to replace it.').waitFor();
    await picture(page, 'sql-keep-again-1440-light');
    await page.getByLabel('Name of this query').fill('Other');
    assert.equal(await page.getByText('Keep again').count(), 0);
    await page.getByLabel('Name of this query').fill('Numbers');
    await page.getByRole('button', { name: 'Keep the query' }).press('Enter');
    await page.getByText('Keep again').waitFor();
    await page.getByRole('button', { name: 'Keep the query' }).press('Enter');
    await page.getByLabel('Name of this query').waitFor({ state: 'hidden' });
    await keep('Numbers'); // the same query: nothing is replaced
    await kept('<b>Notes</b>').click();
    await keep('<b>Notes</b>', 'Delete the query');
    await kept('<b>Notes</b>').waitFor({ state: 'detached' });
    await kept('Numbers').click();
    assert.equal(await editor.inputValue(), 'SELECT 2 AS "second"');
    await keep(' ');
    await page.getByText('A query has a name of up to 60 characters.').waitFor();
    await isWell(page);
  });

  test('the API of a collection, with code that runs and a trial as somebody', async () => {
    const page = await stage.signedIn();
    const code = (language) => page.locator(`[data-code="${language}"]`);
    const answer = page.getByRole('region', { name: 'Answer', exact: true });
    const attempt = () => page.getByRole('button', { name: /^Try it/ }).click();
    await page.goto(`${stage.url}/_/c/notes/api`);
    const filter = page.getByRole('textbox', { name: 'filter' });
    await filter.fill('stars > 4');
    await filter.press('Escape');
    await code('JavaScript').getByText("filter: 'stars > 4'").waitFor();
    await picture(page, 'api-1440-light');
    await page.getByRole('tab', { name: 'JavaScript' }).press('ArrowRight');
    const curl = await code('cURL').innerText();
    const said = JSON.parse(await output('sh', ['-c', curl.replace(/^curl/, 'curl -s')]));
    assert.deepEqual([said.totalItems, said.items[0].id], [1, note.id]);
    const script = `${await code('JavaScript').textContent()}console.log(answer.items[0].title)`;
    assert.equal(await output('node', ['--input-type=module', '-e', script], fileURLToPath(new URL('../../clients/pocketbase', import.meta.url))), 'Water the beans\n');
    await attempt();
    await answer.getByText('"totalItems": 1').waitFor();

    // The rules of the collection apply to the chosen identity.
    await page.getByRole('navigation', { name: 'Operations' }).getByText('View one').click();
    await page.getByRole('textbox', { name: 'id' }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'id' }).inputValue(), note.id); // the id of a stored record
    await page.getByRole('region', { name: 'Sample of 200' }).getByText('"Water the beans"').waitFor();
    assert.equal(await page.locator('[data-rule-line] code').innerText(), (await stage.api('GET', '/api/collections/notes')).viewRule);
    await attempt();
    await answer.getByText('"status": 404').waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('#api-answer').getByRole('button', { name: 'Copy' }).click();
    assert.equal(JSON.parse(await clipboard(page, /"status"/)).status, 404);
    await page.getByText('A user', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Collection of the user' }).selectOption('people');
    const user = page.getByRole('combobox', { name: 'User', exact: true });
    await user.fill('ann');
    await page.getByRole('option', { name: /ann@example.com/ }).waitFor();
    await user.press('Enter');
    await attempt();
    await answer.getByText('"title": "Water the beans"').waitFor();
    assert.equal(await code('cURL').isVisible(), true);

    await page.goto(`${stage.url}/_/c/notes/api/update`); // an update needs the id of a record
    await attempt();
    await page.getByText('Write the id of a record').waitFor();
    await page.goto(`${stage.url}/_/c/notes/api/gql-list`);
    await page.getByText('Superuser', { exact: true }).click();
    await attempt();
    await answer.getByText('"title": "Water the beans"').waitFor();
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 390, height: 844 });
      await picture(page, `api-390-${scheme}`);
      await page.setViewportSize({ width: 1440, height: 900 });
      await picture(page, `api-gql-1440-${scheme}`);
    }
    for (const operation of ['password', 'websocket', 'gql-create']) {
      await page.goto(`${stage.url}/_/c/people/api/${operation}`);
      await isWell(page);
    }
  });

  test('the diagram shows relations, and opens collections', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/diagram`);
    const box = (name) => page.getByRole('link', { name, exact: true });
    await page.getByRole('searchbox', { name: 'Find a collection or field' }).fill('stars');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.er .is-on .name').textContent(), 'notes');
    assert.equal(await page.locator('.er .edge.on').count(), 1);
    await picture(page, 'diagram-1440-light');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.locator('.er .is-on .name').textContent(), 'people');
    const view = () => page.locator('.er').getAttribute('viewBox');
    const whole = await view();
    await page.keyboard.press('+');
    assert.notEqual(await view(), whole);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    assert.equal(await view(), whole);
    await box('notes: author → people').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/_/c/notes/fields');
  });

  test('boxes of the diagram stay where they are put', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/diagram`);
    const box = page.locator('[data-title=notes]');
    const place = async (of = page) => of.locator('[data-title=notes]').evaluate((e) => [Number(e.dataset.x), Number(e.dataset.y), e.lastElementChild.getAttribute('transform')]);
    const line = () => page.locator('path.edge').first().getAttribute('d');
    const [first, path] = [await place(), await line()];
    const kept = page.waitForResponse('**/_/diagram/place');
    const { x, y } = await box.locator('.name').boundingBox();
    await page.mouse.move(x + 4, y + 4);
    await page.mouse.down();
    await page.mouse.move(x + 60, y + 90, { steps: 3 });
    await page.mouse.up();
    assert.equal((await kept).status(), 204);
    assert.equal(page.url(), `${stage.url}/_/diagram`); // the click at the end of a drag opens no collection
    const [left, top] = await place();
    assert.ok(left > first[0] && top > first[1], `${left} ${top}, before ${first}`);
    assert.notEqual(await line(), path);
    await picture(page, 'diagram-moved-1440-light');

    await box.focus();
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.press('Alt+ArrowLeft');
    await page.getByText(`notes is at ${left - 20}, ${top + 20}`).waitFor({ state: 'attached' });
    const [moved, drawn] = [await place(), await line()];
    await page.reload();
    assert.deepEqual(await place(), moved);
    assert.equal(await line(), drawn); // the server and the script draw the same line
    const elsewhere = await stage.signedIn({ scheme: 'dark' });
    await elsewhere.goto(`${stage.url}/_/diagram`);
    assert.deepEqual(await place(elsewhere), moved);
    await picture(elsewhere, 'diagram-moved-1440-dark');

    const [file] = await Promise.all([elsewhere.waitForEvent('download'), elsewhere.getByRole('link', { name: 'SVG' }).click()]);
    const drawing = await readFile(await file.path(), 'utf8');
    assert.match(drawing, new RegExp(`^<svg xmlns=[^]*translate\\(${moved[0]} ${moved[1]}\\)[^]*>notes</text>[^]*</svg>$`));
    assert.ok(drawing.includes(drawn) && !drawing.includes('href="/_/c/'));
    await elsewhere.keyboard.press('+');
    const viewBox = () => elsewhere.locator('.er').getAttribute('viewBox');
    const [zoomed, printed] = [await viewBox(), elsewhere.evaluate(() => new Promise((done) => addEventListener('beforeprint', () => done(document.querySelector('.er').getAttribute('viewBox')))))];
    await elsewhere.pdf();
    assert.deepEqual([await printed === zoomed, await viewBox()], [false, zoomed]);
    await elsewhere.emulateMedia({ media: 'print' });
    await elsewhere.setViewportSize({ width: 718, height: 1000 }); // the width of A4 without its margins
    await picture(elsewhere, 'diagram-print');
    assert.deepEqual(await Promise.all(['.rail', '.diagram-list', '.er'].map((part) => elsewhere.locator(part).isVisible())), [false, false, true]);
    assert.equal(await elsewhere.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'light');
    await page.getByRole('button', { name: 'Arrange anew' }).click();
    await page.getByRole('button', { name: 'Arrange anew' }).waitFor({ state: 'hidden' });
    assert.deepEqual(await place(), first);
    await isWell(page);
  });

  test('the realtime inspector listens as somebody', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/realtime`);
    const events = page.getByRole('list', { name: 'Events' });
    await page.getByLabel('Collection', { exact: true }).selectOption('notes');
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByText('Listens', { exact: true }).waitFor();
    const made = await stage.api('POST', '/api/collections/notes/records', { title: 'Sow the peas' });
    await events.getByText('Sow the peas').waitFor();
    await stage.api('PATCH', `/api/collections/notes/records/${made.id}`, { stars: 3 });
    await events.getByText('Sow the peas · stars changed').waitFor();
    await events.getByRole('button', { name: /update/ }).click();
    assert.match(await page.getByRole('region', { name: 'Event', exact: true }).innerText(), /"stars": 3/);
    await page.getByText('stars: 0 → 3').waitFor();
    await picture(page, 'live-1440-light');

    // After a dropped connection the missed events come once each.
    await page.getByRole('button', { name: 'Drop the line' }).press('Enter');
    await page.getByText('The line is down').waitFor();
    for (const stars of [4, 5]) await stage.api('PATCH', `/api/collections/notes/records/${made.id}`, { stars });
    assert.equal(await events.getByRole('listitem').count(), 2);
    await page.getByRole('button', { name: 'Resume' }).press('Enter');
    await page.getByText(/^Listens\. Away for \d+\.\d s, 2 missed events were replayed\.$/).waitFor();
    assert.deepEqual(await events.locator('.badge').allTextContents(), ['update', 'missed', 'update', 'missed', 'update', 'create']);
    await stage.api('PATCH', `/api/collections/notes/records/${made.id}`, { stars: 3 });
    await events.getByRole('listitem').nth(4).waitFor();
    assert.equal(await events.getByText('missed').count(), 2);
    await picture(page, 'live-resumed-1440-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'live-resumed-390-dark');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: 'Stop' }).click();

    // One record, by its view rule: its author gets events, a guest does not.
    await page.getByLabel(/^Record/).fill(note.id);
    await page.getByText('A user', { exact: true }).click();
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByText('Choose the user who listens').waitFor();
    await page.getByRole('combobox', { name: 'Collection of the user' }).selectOption('people');
    const user = page.getByRole('combobox', { name: 'User', exact: true });
    await user.fill('ann');
    await page.getByRole('option', { name: /ann@example.com/ }).waitFor();
    await user.press('Enter');
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByText('Listens', { exact: true }).waitFor();
    await stage.api('DELETE', `/api/collections/notes/records/${made.id}`);
    await stage.api('PATCH', `/api/collections/notes/records/${note.id}`, { stars: 1 });
    await events.getByText('Water the beans').waitFor();
    assert.equal(await events.getByText('delete').count(), 0);
    await page.getByRole('button', { name: 'Stop' }).click();
    const filter = page.getByRole('textbox', { name: 'Filter' });
    await filter.fill('nothing = 1');
    await filter.press('Escape');
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByRole('alert').getByText(/./).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'live-390-light');
  });

  test('collections are exported, compared and imported', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/collections`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const exported = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    assert.ok(exported.some((c) => c.name === 'notes') && !JSON.stringify(exported).includes('"secret"'));
    // A click with Shift ticks a range of collections.
    const boxes = page.getByRole('group', { name: 'Collections' }).getByRole('checkbox');
    await boxes.first().click();
    await boxes.last().click({ modifiers: ['Shift'] });
    const before = await boxes.evaluateAll((list) => list.map((box) => box.checked));
    assert.ok(before.every((checked) => checked === before.at(-1)));
    for (const box of await boxes.all()) await box.uncheck();
    await page.getByRole('checkbox', { name: 'notes', exact: true }).check();
    await page.getByRole('button', { name: 'Preview' }).click();
    assert.deepEqual(JSON.parse(await page.getByRole('region', { name: 'The export as JSON' }).innerText()).map((c) => c.name), ['notes']);
    await picture(page, 'export-1440-light');
    const text = page.getByRole('textbox', { name: /^Definitions/ });
    const compare = () => page.getByRole('button', { name: 'Compare' }).click();
    const changes = page.getByRole('region', { name: 'What it changes' });
    await text.fill('[\n{"name": \n}]');
    await compare();
    await page.getByText('Line 3 is no JSON').waitFor();
    for (const [wrong, message] of [
      ['42', 'Line 1: this is no list of collections.'],
      ['[\n]', 'Line 1: the list has no collections.'],
      ['[{"name": "a"},\n7]', 'Line 2: a collection is an object.'],
      ['{"collections":\n[\n{"name": 5}]}', 'Line 3: the id and the name of a collection are texts.'],
      ['[{"name": "a", "fields": 5}]', 'Line 1, a: fields cannot be a number.'],
      ['[{"name": "a"},\n{"name": "b", "type": "base", "fields": [{"name": "t", "type": "nosuch"}]}]', 'Line 2, b: unknown field type "nosuch".'],
      ['[{"name": "a"},\n\n{"name": "notes", "fields": [{"name": "title", "type": "number"}]}]', 'Line 3, notes: title: Field type cannot be changed'],
    ]) {
      await text.fill(wrong);
      await compare();
      await page.getByText(message).waitFor();
    }
    await text.fill(JSON.stringify(exported));
    await compare();
    await changes.getByText('Nothing: all of it is here already').waitFor();

    // A file, here in UTF-16, replaces the text. Other ids for the same names are no change.
    const moved = structuredClone(exported.filter((c) => c.name === 'notes'));
    moved[0].id = 'elsewhere';
    Object.assign(moved[0].fields.find((f) => f.name === 'title'), { id: 'elsewhere', help: 'A title' });
    const file = page.locator('#import-file');
    await file.setInputFiles({ name: 'c.json', mimeType: 'application/json', buffer: Buffer.from(`\ufeff${JSON.stringify(moved)}`, 'utf16le') });
    await compare();
    await changes.getByText('The file has other ids for notes, title.').waitFor();
    assert.match(await changes.getByRole('region', { name: 'notes' }).innerText(), /title\s+help/);
    await loads(page, () => changes.getByRole('button', { name: 'Import' }).click());
    await page.getByText('Imported', { exact: true }).waitFor();
    const kept = await stage.api('GET', '/api/collections/notes');
    const [is, had] = [kept, exported.find((c) => c.name === 'notes')].map((c) => [c.id, c.fields.find((f) => f.name === 'title').id]);
    assert.deepEqual(is, had);
    assert.equal((await stage.api('GET', '/api/collections/notes/records')).totalItems, 1);

    // An import of one collection leaves the others as they are.
    const notes = exported.find((c) => c.name === 'notes');
    notes.updateRule = 'stars > 1';
    notes.fields.find((f) => f.name === 'title').max = 99;
    notes.fields.push({ name: 'sown', type: 'date' });
    notes.fields = notes.fields.filter((f) => f.name !== 'stars');
    await text.fill(JSON.stringify([notes, { name: 'seasons', type: 'base', fields: [{ name: 'title', type: 'text' }] }]));
    await compare();
    const about = changes.getByRole('region', { name: 'notes' });
    await about.getByText('sown').waitFor();
    assert.match(await about.innerText(), /updateRule[\s\S]*nothing|null → "stars > 1"/);
    assert.match(await about.innerText(), /max 0 → 99/);
    assert.doesNotMatch(await about.innerText(), /stars\n/);
    await picture(page, 'import-1440-light');
    await loads(page, () => changes.getByRole('button', { name: 'Import' }).click());
    await page.getByText('Imported', { exact: true }).waitFor();
    const now = await stage.api('GET', '/api/collections/notes');
    assert.deepEqual([now.updateRule, now.fields.map((f) => f.name).includes('sown'), now.fields.map((f) => f.name).includes('stars')], ['stars > 1', true, true]);

    // The deletion of a collection asks for its name.
    await page.getByText('Delete what the file does not have').click();
    await text.fill(JSON.stringify(exported.filter((c) => c.name !== 'notes')));
    await compare();
    await changes.getByText('with 1 record', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: /^Type/ }).fill('notes');
    await changes.getByRole('button', { name: 'Import' }).click();
    await changes.getByText('These are not the names').waitFor();
    assert.equal((await stage.api('GET', '/api/collections/notes/records')).totalItems, 1);
    await page.getByRole('textbox', { name: /^Type/ }).fill('notes, seasons');
    const loaded = page.waitForEvent('load');
    await changes.getByRole('button', { name: 'Import' }).click();
    await loaded;
    assert.ok(!(await stage.api('GET', '/api/collections')).items.some((c) => ['notes', 'seasons'].includes(c.name)));
    await isWell(page);
  });
});

/** Runs a command and returns its output. */
async function output(command, args, cwd, env) {
  return (await promisify(execFile)(command, args, { cwd, env })).stdout;
}
