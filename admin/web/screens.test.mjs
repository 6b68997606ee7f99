// Every page of a signed-in superuser, checked by looks.mjs; dragging; the files that pages load.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUsable, pictures } from './looks.mjs';
import { seedScreens } from './seed.mjs';
import { onStage, weight } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const screens = await seedScreens(stage);

  test('each page of the palette is one of the screens', async () => {
    const page = await stage.signedIn();
    const items = await (await page.request.get(`${stage.url}/_/palette`)).json();
    /** The path of a page without the name of the collection. */
    const kind = (path) => path.split(/[?#]/)[0].replace(/^\/_\/c\/\w+/, '/_/c/*');
    const seen = new Set([...Object.values(screens).map(kind), '/_/graphiql']); // graphiql.test.mjs tests GraphiQL
    assert.deepEqual(items.filter((item) => item.path && !seen.has(kind(item.path))), []);
  });

  /** Modules that only pages with a certain element load. */
  const largeModules = {
    'uplot.js': '[data-chart]', 'editor.js': '[data-editor], [data-json], #channels, #indexes', 'diagram.js': '[data-box]',
    'rich.js': '[data-rich]', 'date.js': '[data-date]', 'geo.js': '[data-map]', 'json.js': '[data-json]', 'files.js': '[data-files]',
  };

  /** Fails if the page has loaded a module without its element. */
  const loadsNothingElse = async (page, name) => {
    const idle = await page.evaluate((modules) => {
      const loaded = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname.split('/').pop());
      return Object.entries(modules).filter(([module, element]) => loaded.includes(module) && !document.querySelector(element)).map(([module]) => module);
    }, largeModules);
    assert.deepEqual(idle, [], name);
  };

  test('every screen: in both themes, at three widths, by axe, by keys', async () => {
    const page = await stage.signedIn();
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(stage.url + path);
      await loadsNothingElse(page, name);
      await pictures(page, name);
      await isUsable(page, name);
    }
  });

  test('what can be dragged is moved by keys too, and its place is announced', async () => {
    const page = await stage.signedIn();
    const said = (words) => page.locator('#said').getByText(words, { exact: true }).waitFor();
    await page.goto(`${stage.url}${screens.fields}`);
    const grip = (name) => page.getByRole('button', { name: `Move ${name} (` });
    await grip('notes').press('Alt+ArrowUp');
    await said('notes is 2 of 19');
    await grip('notes').press('Alt+ArrowDown');
    await said('notes is 3 of 19');
    await grip('notes').hover();
    await page.mouse.down();
    const above = await grip('name').boundingBox();
    await page.mouse.move(above.x, above.y + 1, { steps: 3 });
    await page.mouse.up();
    await said('notes is 2 of 19');

    await page.goto(`${stage.url}${screens['records-beside']}`);
    for (const [name, words] of [['leaf', /^leaf.* is 2 of 2$/], ['Halden Growers', /^Halden Growers is 1 of 2$/]]) {
      await page.getByRole('button', { name: new RegExp(`^Move ${name}`) }).press(name === 'leaf' ? 'Alt+ArrowDown' : 'Alt+ArrowUp');
      await page.locator('#said').getByText(words).waitFor();
    }
    assert.equal(await page.locator('[data-changes]').innerText(), '2 changes: others, pictures');
    const head = page.getByRole('columnheader', { name: 'name' });
    await head.getByRole('link').press('Alt+ArrowRight');
    await page.locator('#said').getByText(/^name is \d+ pixels wide$/).waitFor();
  });

  test('the first load is light', async () => {
    const page = await stage.signedIn();
    const loaded = [];
    page.on('response', async (response) => loaded.push([response.url(), await response.body().catch(() => '')]));
    await page.goto(`${stage.url}/_/c/products`, { waitUntil: 'networkidle' });
    let assets = 0;
    for (const [url, body] of loaded) if (/assets|theme/.test(url)) assets += await weight(body);
    assert.ok(assets < 250_000, `the first load has ${assets} bytes of assets`);
  });
});
