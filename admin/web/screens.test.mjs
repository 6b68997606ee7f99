// Every screen, in light and dark, at three widths: no error on the browser's console, no violation
// of the content security policy, nothing wider than the window. At one width axe finds nothing, Tab
// reaches all that acts, and nothing moves. Screenshots go to shots/.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { tabThrough } from './keyboard.mjs';
import { seedScreens } from './seed.mjs';
import { onStage, picture, weight } from './stage.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical violations that axe finds, by the given rules or by all. */
const grave = (page, rules) =>
  page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], iframes: false, ...(runOnly && { runOnly }) });
    return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => [v.id, ...v.nodes.map((n) => n.html.slice(0, 160))]);
  }, rules);

/** The elements that move although the window prefers reduced motion. */
const moving = (page) =>
  page.evaluate(() => {
    const moves = (style) => Number.parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none';
    return [...document.querySelectorAll('*')].filter((e) => moves(getComputedStyle(e))).map((e) => e.outerHTML.slice(0, 160));
  });

await onStage(async (stage) => {
  await stage.superuser();
  const screens = await seedScreens(stage);

  test('every screen: in both themes, at three widths, by axe, by keys', async () => {
    const page = await stage.signedIn();
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(stage.url + path);
      for (const width of [390, 1024, 1440]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
        for (const scheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme: scheme });
          await picture(page, `${name}-${width}-${scheme}`);
        }
      }
      await page.evaluate(axe);
      assert.deepEqual(await grave(page, ['color-contrast']), [], `${name}, dark`);
      await page.emulateMedia({ colorScheme: 'light' });
      assert.deepEqual(await grave(page), [], name);
      assert.deepEqual(await tabThrough(page), [], name);
      assert.deepEqual(await moving(page), [], name);
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
