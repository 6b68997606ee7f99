// GraphiQL: a query and a subscription as each identity that a superuser can choose.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLegible } from './looks.mjs';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('PATCH', '/api/collections/users', { authAlert: { enabled: false } });
  await stage.api('POST', '/api/collections', {
    name: 'seeds', type: 'base', listRule: '', viewRule: '', fields: [{ name: 'name', type: 'text' }, { name: 'cost', type: 'number', hidden: true }],
  });
  const plant = (name) => stage.api('POST', '/api/collections/seeds/records', { name, cost: 3 });
  await plant('Beet');
  await stage.api('POST', '/api/collections/users/records', { email: 'ingrid@orchard.example', password: 'correct-horse', passwordConfirm: 'correct-horse' });

  /** Opens the page with an operation in the editor. */
  async function open(options, query) {
    const page = await stage.signedIn(options);
    await page.goto(`${stage.url}/_/graphiql`);
    await write(page, query);
    return page;
  }

  async function write(page, query) {
    const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
    await editor.locator('.view-line').first().waitFor();
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(query);
  }

  /** The transferred size of each file of the page, in bytes; workers are loaded a little later. */
  const sizes = (page) => page.evaluate(() => Object.fromEntries(performance.getEntriesByType('resource')
    .filter(({ name }) => name.includes('/graphiql-assets/')).map(({ name, encodedBodySize }) => [name.split('/').pop(), encodedBodySize])));

  /** Presses a button that chooses another caller, and waits for the new editor. */
  async function becomes(page, button) {
    const old = await page.locator('.graphiql-container').elementHandle();
    await button.click();
    await page.waitForFunction((node) => !node.isConnected, old);
  }

  const run = (page) => page.getByRole('button', { name: /^Execute query/ }).click();
  const shows = (page, text) => page.locator('.result-window .view-line').filter({ hasText: text }).first().waitFor();
  const who = 'query { me { __typename ... on User { email } } seeds { items { name } } }';

  test('a query as superuser, as an account, as guest', async () => {
    const page = await open({}, 'query { seeds { items { name cost } } }');
    await run(page);
    await shows(page, '"cost": 3');
    await page.getByRole('button', { name: 'Account…' }).click();
    await page.getByLabel('E-mail address or id').fill('nobody@orchard.example');
    await page.getByRole('button', { name: 'Ask as this account' }).click();
    await page.getByText('There is no such account.').waitFor();
    await page.getByLabel('E-mail address or id').fill('ingrid@orchard.example');
    await becomes(page, page.getByRole('button', { name: 'Ask as this account' }));
    await write(page, who);
    await run(page);
    await shows(page, '"email": "ingrid@orchard.example"');
    await becomes(page, page.getByRole('button', { name: 'Guest' }));
    await write(page, 'query { me { __typename } seeds { items { cost } } }');
    await run(page);
    await shows(page, 'Cannot query field');
    await write(page, who);
    await run(page);
    await shows(page, '"me": null');
    await isWell(page);
  });

  test('a session that has ended opens the sign-in, and the query follows', async () => {
    const page = await open({}, 'query { seeds { items { name cost } } }');
    await stage.endsAt(page, '**/_/graphiql/token');
    await page.getByRole('button', { name: 'Guest' }).click();
    await page.getByRole('button', { name: 'Superuser' }).click(); // needs another token
    await stage.again(page);
    await run(page);
    await shows(page, '"cost": 3');
    await isWell(page);
  });

  test('a subscription runs until it is stopped', async () => {
    const page = await open({}, 'subscription { seedChanged { action record { name cost } } }');
    await run(page);
    for (let told = 0; told === 0; told = await page.locator('.result-window .view-line').filter({ hasText: 'CREATE' }).count()) {
      await plant('Carrot'); // repeated until the subscription has begun
      await page.waitForTimeout(100);
    }
    await shows(page, '"name": "Carrot"');
    await page.getByRole('button', { name: /^Stop query/ }).click();
    await page.getByRole('button', { name: /^Execute query/ }).waitFor();
    await write(page, 'subscription { seedsLive(sort: {name: DESC}, first: 1) { items { name } } }');
    await run(page);
    await shows(page, '"name": "Carrot"');
    await plant('Turnip');
    await shows(page, '"name": "Turnip"');
    await isWell(page);
  });

  test('it is sent compressed; Prettify is loaded when it is pressed, and keeps comments', async () => {
    const page = await open({}, '# What grows.\nquery($name:String!){seeds(filter:{name:{eq:$name}}){items{name}}} # all of it');
    await page.getByRole('button', { name: 'Variables' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor:visible').first().click();
    await page.keyboard.insertText('{"name":"Beet"}');
    const sent = await sizes(page);
    assert.equal(sent['prettify.js'], undefined);
    const all = Object.values(sent).reduce((sum, size) => sum + size, 0);
    assert.ok(all > 0 && all < 1_800_000, JSON.stringify(sent));
    await page.getByRole('button', { name: /^Prettify query/ }).click();
    const lines = (area, text) => page.locator(`${area} .view-line`).filter({ hasText: text }).first().waitFor();
    await lines('.graphiql-query-editor', /^\s{4}items\s\{$/);
    await lines('.graphiql-query-editor', /^#\sWhat\sgrows\.$/);
    await lines('.graphiql-query-editor', /#\sall\sof\sit$/);
    await lines('.graphiql-editor-tool', /^\s{2}"name":\s"Beet"$/);
    assert.ok((await sizes(page))['prettify.js'] > 0);
    await run(page);
    await shows(page, '"name": "Beet"');
    await isWell(page);
  });

  test('it is for superusers, and its files are loaded by no other page', async () => {
    const page = await stage.window();
    const loaded = [];
    page.on('request', (request) => loaded.push(request.url()));
    await page.goto(`${stage.url}/_/graphiql`);
    await page.getByLabel('Password').waitFor();
    const mine = await stage.signedIn();
    mine.on('request', (request) => loaded.push(request.url()));
    await mine.goto(`${stage.url}/_/`);
    assert.deepEqual(loaded.filter((url) => url.includes('graphiql-assets')), []);
    for (const path of ['token', 'account']) {
      const answer = await fetch(`${stage.url}/_/graphiql/${path}`, { method: 'POST', headers: { 'HX-Request': 'true' }, body: new URLSearchParams({ as: 'superuser' }) });
      assert.ok(answer.status === 401, `${path}: ${answer.status}`);
    }
  });

  for (const scheme of ['light', 'dark']) {
    test(`how it looks, ${scheme}`, async () => {
      const page = await open({ scheme }, 'query { seeds { items { name cost } } }');
      await run(page);
      await shows(page, '"cost": 3');
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
      await page.getByText('A GraphQL schema provides a root type').waitFor();
      await picture(page, `graphiql-1440-${scheme}`);
      await isLegible(page, `GraphiQL, ${scheme}`);
      await page.setViewportSize({ width: 390, height: 844 });
      await picture(page, `graphiql-390-${scheme}`);
    });
  }
});
