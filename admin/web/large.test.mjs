// The console with much data: a collection of a million records, and 300 other collections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onPostgres } from '../../clients/loam.mjs';
import { seedScreens } from './seed.mjs';
import { isWell, onStage, weight } from './stage.mjs';

const greatest = { bytes: 30_000, milliseconds: 10, values: 60, paint: 150, typing: 50 };
const times = { milliseconds: 5, values: 30, paint: 3 }; // limits on a busy machine, as multiples of the time of a minimal page

await onStage(async (stage) => {
  await stage.superuser();
  const screens = await seedScreens(stage);
  const [users] = (await stage.api('GET', '/api/collections?filter=name="users"')).items;
  const many = Array.from({ length: 300 }, (_, i) => ({
    name: `things_${i}`,
    type: 'base',
    listRule: '@request.auth.id != ""',
    fields: [{ name: 'title', type: 'text' }, { name: 'owner', type: 'relation', collectionId: users.id, maxSelect: 1 }],
  }));
  await stage.api('PUT', '/api/collections/import', { collections: many });
  await stage.server.sql(`INSERT INTO products (id, name, price, category, active, created, updated)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    SELECT 'p' || substr(CAST(100000000000000 + i AS TEXT), 2), 'Seed ' || i, i % 1000, 'Herb', i % 2 = 0, '2027-01-01 00:00:00.000Z', '2027-01-01 00:00:00.000Z' FROM n`);
  const table = `${stage.url}/_/c/products`;

  /**
   * Measures up to `tries` times, until a time is within its limit, and returns the least time:
   * other load on the machine makes times longer. plain measures a minimal page with one sentence.
   * of is the last measured page.
   */
  async function leastOf(tries, kind, plain, measure) {
    let [least, base, of] = [Infinity, Infinity];
    const limit = () => Math.max(greatest[kind], times[kind] * base);
    for (let i = 0; i < 2 || (i < tries && least > limit()); i++) {
      base = Math.min(base, (await plain())[0]);
      const [time, what] = await measure();
      [least, of] = [Math.min(least, time), what];
    }
    return { least, limit: limit(), of };
  }

  const getter = (page) => async (path) => {
    const from = performance.now();
    const body = await (await page.request.get(stage.url + path)).body();
    return [performance.now() - from, body];
  };

  test('each page is small and made quickly', async () => {
    const page = await stage.signedIn();
    const figures = {};
    const wrong = [];
    const get = getter(page);
    for (const [name, path] of Object.entries(screens)) {
      const { least, limit, of: body } = await leastOf(40, 'milliseconds', () => get(screens.missing), () => get(path));
      figures[name] = { bytes: await weight(body), milliseconds: Math.round(least * 10) / 10 };
      if (figures[name].bytes > greatest.bytes || least > limit) wrong.push([name, figures[name], limit]);
    }
    console.log(JSON.stringify(figures));
    assert.deepEqual(wrong, []);
  });

  test('30 rows with 1 MB JSON each are cut by the database', async () => {
    await stage.api('POST', '/api/collections', { name: 'documents', type: 'base', fields: [{ name: 'doc', type: 'json', maxSize: 2_000_000 }] });
    const document = onPostgres ? `CAST('{"text":"' || repeat('0', 1000000) || '"}' AS json)` : `'{"text":"' || hex(zeroblob(500000)) || '"}'`;
    await stage.server.sql(`INSERT INTO documents (id, doc)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) SELECT substr(CAST(1000000000000000 + i AS TEXT), 2), ${document} FROM n`);
    const page = await stage.signedIn();
    const get = getter(page);
    const { least, limit, of: body } = await leastOf(40, 'values', () => get(screens.missing), () => get('/_/c/documents'));
    console.log(`30 rows with 1 MB JSON: ${least} ms, ${await weight(body)} bytes`);
    assert.equal(body.toString().match(/data-row=/g).length, 30);
    assert.ok(least <= limit && (await weight(body)) <= greatest.bytes, `${least} ms, more than ${limit}, ${await weight(body)} bytes`);
    const whole = await page.request.get(`${stage.url}/_/c/documents/r/000000000000001/value?field=doc`);
    assert.equal((await whole.text()).length, 1_000_011);
  });

  test('a page of the table is painted at once, also far down and in another order', async () => {
    const page = await stage.signedIn();
    const paint = async (address) => {
      await page.goto(address);
      return [await page.evaluate(async () => {
        const time = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        while (!time()) await new Promise(requestAnimationFrame);
        return time();
      })];
    };
    const painted = (address) => leastOf(12, 'paint', () => paint(stage.url + screens.missing), () => paint(address));
    await page.goto(table);
    await page.getByText(/50 rows of (1,000,061|many)/).waitFor();
    for (let i = 0; i < 3; i++) {
      await page.getByRole('link', { name: 'Next page' }).click();
      await page.waitForURL((url) => url.searchParams.has('after') && url.href !== page.last);
      page.last = page.url();
    }
    const figures = { first: await painted(table), fourth: await painted(page.url()), byId: await painted(`${table}?sort=id`), filtered: await painted(`${table}?filter=${encodeURIComponent("id > 'p00000000500000'")}&sort=id`) };
    for (const [name, { least, limit }] of Object.entries(figures)) {
      console.log(`${name} page: painted after ${least} ms`);
      assert.ok(least <= limit, `${name} is painted after ${least} ms, more than ${limit}`);
    }
    await isWell(page);
  });

  test('typing in the filter waits for nothing', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    const asked = [];
    await page.route('**/complete**', (route) => asked.push(route)); // the completions are never answered
    const filter = page.getByRole('combobox', { name: 'Filter products' });
    await page.evaluate(() => {
      window.keys = [];
      new PerformanceObserver((list) => window.keys.push(...list.getEntries().map((entry) => entry.processingEnd - entry.processingStart))).observe({ type: 'event', durationThreshold: 16 });
    });
    const words = "name ~ 'Seed 999999' && price > 998";
    let slowest = Infinity;
    for (let i = 0; i < 8 && slowest > greatest.typing; i++) {
      await filter.fill('');
      await page.evaluate(() => (window.keys = []));
      await page.keyboard.type(words);
      assert.equal(await filter.inputValue(), words);
      slowest = Math.min(slowest, Math.max(0, ...(await page.evaluate(() => window.keys))));
    }
    assert.ok(slowest <= greatest.typing, `a key was worked on for ${slowest} ms`);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Seed 999999', exact: true }).waitFor();
    await page.getByText(/1 row of (1|many)/).waitFor(); // many: counting took more than two seconds
    await page.unroute('**/complete**');
    await isWell(page);
  });

  test('ten tabs stay alive over HTTP/1.1', async () => {
    const first = await stage.signedIn();
    const tabs = [first];
    while (tabs.length < 10) tabs.push(await first.context().newPage());
    for (const tab of tabs) {
      await tab.goto(`${stage.url}/_/c/suppliers`);
      await tab.locator('#rows [data-live]:not([hidden])').waitFor(); // its socket is open
    }
    await stage.api('POST', '/api/collections/suppliers/records', { name: 'Kullaberg' });
    for (const tab of tabs) await tab.getByRole('link', { name: '1 new record' }).waitFor();
    await tabs[9].getByRole('link', { name: '1 new record' }).click();
    await tabs[9].getByRole('link', { name: 'Kullaberg' }).waitFor();
    assert.equal((await tabs[9].request.get(`${stage.url}/_/c/suppliers`)).status(), 200);
  });
});
