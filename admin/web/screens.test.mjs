// Every screen, in light and dark, at three widths: no error on the browser's console, no violation
// of the content security policy, nothing wider than the window. At one width axe checks the page
// too, and its compressed size is checked. Screenshots go to shots/.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { seed } from './seed.mjs';
import { isWell, onStage, picture } from './stage.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical violations that axe finds, by the given rules or by all. */
const grave = (page, rules) =>
  page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], iframes: false, ...(runOnly && { runOnly }) });
    return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => [v.id, ...v.nodes.map((n) => n.html.slice(0, 160))]);
  }, rules);

const weight = async (text) => (await promisify(gzip)(text)).length;

await onStage(async (stage) => {
  await stage.superuser();
  const evil = await seed(stage);
  await stage.api('POST', '/api/backups', { name: 'before.zip' });
  const [me] = (await stage.api('GET', '/api/collections/_superusers/records')).items;
  const screens = {
    overview: '/_/',
    records: '/_/c/products',
    'records-beside': `/_/c/products?r=${evil}`,
    record: `/_/c/products/r/${evil}`,
    'record-new': '/_/c/products/new',
    history: `/_/c/products/r/${evil}/history`,
    import: '/_/c/products/import',
    superusers: '/_/c/_superusers',
    account: `/_/c/_superusers/r/${me.id}/sign-in`,
    fields: '/_/c/products/fields',
    rules: '/_/c/users/rules',
    'all-rules': '/_/rules?system',
    'new-collection': '/_/new-collection',
    settings: '/_/settings/application',
    mail: '/_/settings/mail',
    files: '/_/settings/files',
    'backup-settings': '/_/settings/backups',
    limits: '/_/settings/limits',
    'log-settings': '/_/settings/logs',
    api: '/_/settings/api',
    backups: '/_/backups',
    jobs: '/_/jobs',
    sql: '/_/sql',
    live: '/_/realtime',
    diagram: '/_/diagram?system',
    transfer: '/_/collections',
    realtime: '/_/settings/realtime',
    'sign-in-options': '/_/c/users/sign-in',
    reference: '/_/c/products/api',
    'reference-accounts': '/_/c/users/api/password',
    metrics: '/_/metrics',
    logs: '/_/logs',
    missing: '/_/c/nothing',
  };

  test('every screen: in both themes, at three widths, by axe', async () => {
    const page = await stage.signedIn();
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(stage.url + path);
      for (const width of [390, 768, 1440]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
        for (const scheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme: scheme });
          if (width === 768) await isWell(page);
          else await picture(page, `${name}-${width}-${scheme}`);
        }
      }
      await page.evaluate(axe);
      assert.deepEqual(await grave(page, ['color-contrast']), [], `${name}, dark`);
      await page.emulateMedia({ colorScheme: 'light' });
      assert.deepEqual(await grave(page), [], name);
    }
  });

  test('pages are light', async () => {
    const page = await stage.signedIn();
    const loaded = [];
    page.on('response', async (response) => loaded.push([response.url(), await response.body().catch(() => '')]));
    await page.goto(`${stage.url}/_/c/products`, { waitUntil: 'networkidle' });
    let assets = 0;
    for (const [url, body] of loaded) if (/assets|theme/.test(url)) assets += await weight(body);
    assert.ok(assets < 250_000, `the first load has ${assets} bytes of assets`);
    const weights = { assets };
    for (const [name, path] of Object.entries(screens)) {
      weights[name] = await weight(await (await page.request.get(stage.url + path)).body());
      assert.ok(weights[name] < 30_000, `${name} has ${weights[name]} bytes`);
    }
    console.log(JSON.stringify(weights));
  });

  test('the keyboard reaches everything, and it is seen where one is', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/products?r=${evil}`);
    const reached = await page.evaluate(() => document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea').length);
    const seen = new Set();
    await page.locator('body').press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip to content/);
    for (let i = 0; i < reached + 20; i++) {
      const [key, outline] = await page.evaluate(() => {
        const e = document.activeElement;
        return [e.outerHTML.slice(0, 200), getComputedStyle(e.closest('.ed') ?? e).outlineStyle !== 'none' || e.closest('.input-wrap, .filter, .drop, .switch, iframe') !== null || e.matches('.input, iframe, body')];
      });
      assert.ok(outline, `no focus is seen at ${key}`);
      seen.add(key);
      await page.keyboard.press('Tab');
    }
    assert.ok([...seen].some((key) => key.includes('data-save')), 'Save is not reached');
  });
});
