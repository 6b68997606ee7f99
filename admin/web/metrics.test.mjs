// The Metrics page of a server that was started without --metrics.
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { onPostgres } from '../../clients/loam.mjs';
import { pictures } from './looks.mjs';
import { hold, isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const address = `${stage.url}/_/metrics`;
  /** The name of the server in the table of samples. */
  const node = () => (onPostgres ? `${hostname()}:${stage.server.dir}` : '');
  const tile = (page, title) => page.locator('.kpi', { hasText: title }).locator('b');
  const shown = (page) => page.locator('[data-chart]:not([hidden])').first().locator('canvas').waitFor();

  /** Waits for a sample in which the server has answered requests. */
  const busy = async (page) => {
    for (let at = 0; ; ) {
      await stage.call('GET', '/api/health');
      await fetch(`${stage.url}/api/nothing`);
      const series = await (await page.request.get(`${address}/series`)).json();
      if ((series.values.refusals ?? []).some((value) => value > 0)) return series;
      assert.ok(series.at.length < 5, 'no sample has an error');
      at = series.at.length;
      await page.waitForResponse(async (answer) => answer.url().includes('/series') && (await answer.json()).at.length > at);
    }
  };

  test('charts of requests, with a table beside each', async () => {
    const page = await stage.signedIn();
    await page.goto(address);
    await busy(page);
    await page.reload();
    await shown(page);
    await page.getByText('The first figures come').waitFor({ state: 'hidden' });
    assert.match(await tile(page, 'Requests a second').innerText(), /^\d/);
    assert.match(await tile(page, 'Latency, p95').innerText(), /^[\d.]+ m?s$/);
    const chart = page.getByRole('region', { name: 'Memory', exact: true });
    assert.match(await chart.getByRole('img').getAttribute('aria-label'), /^Memory since \d\d:\d\d\. process: [\d.]+ MB now, between .*; Go heap: /);
    await chart.getByText('As a table').press('Enter');
    const table = chart.getByRole('table');
    assert.deepEqual(await table.getByRole('columnheader').allInnerTexts(), ['until', 'process', 'Go heap']);
    assert.match(await table.getByRole('cell').nth(1).innerText(), /^[\d.]+ MB$/);
    assert.match(await page.locator('[data-figure=statements]:not([data-before]) b').innerText(), /^\d/);
    assert.match(await page.locator('[data-figure=writes] b').innerText(), /^\d/);
    const route = page.getByRole('row', { name: /GET \/api\/health/ });
    assert.match(await route.innerText(), /ms/);
    await picture(page, 'metrics-table');
    await page.getByRole('link', { name: '24 h' }).click();
    await page.waitForURL(/last=24h/);
    assert.equal(await page.getByRole('link', { name: '24 h' }).getAttribute('aria-current'), 'page');
    await isWell(page);
  });

  /** Intercepts the request for samples: an hour of them, without some of the figures. */
  const made = async (page, figures) => {
    const at = Array.from({ length: 360 }, (_, i) => 1_800_000_000 + 10 * i);
    const values = Object.fromEntries(figures.map(([name, of]) => [name, at.map((_, i) => of(i))]));
    await page.route('**/_/metrics/series*', (route) => route.fulfill({ json: { step: 10, at, values } }));
  };
  const wave = (size) => (i) => size * (1.2 + Math.sin(i / 40) + Math.sin(i * 7) / 9);

  test('figures that are not known are left out, and the others come again', async () => {
    const page = await stage.signedIn();
    await page.clock.install();
    let asked = 0;
    page.on('request', (request) => (asked += request.url().includes('/series') ? 1 : 0));
    await made(page, [['requests', wave(100)], ['refusals', wave(0.02)], ['p50', (i) => (i % 50 < 9 ? null : 0.002)], ['p95', wave(0.006)]]);
    await page.goto(address);
    await shown(page);
    assert.deepEqual(await page.locator('[data-chart]:not([hidden])').evaluateAll((list) => list.map((e) => e.ariaLabel)), ['Requests a second', 'Latency', 'Errors a minute']);
    assert.equal(await page.locator('[data-figure=p99]').isVisible(), false);
    assert.equal(await page.locator('[data-figure=failures]').isVisible(), false);
    const again = page.waitForRequest(/\/series/);
    await page.clock.runFor(10_000);
    await again;
    assert.equal(asked, 2);
    await isWell(page);
  });

  test('a part of the period is shown by dragging, the values under the pointer are in the legend', async () => {
    const page = await stage.signedIn();
    await made(page, [['requests', wave(100)], ['p50', wave(0.002)], ['p95', wave(0.006)], ['p99', wave(0.02)], ['memory', wave(1e8)]]);
    await page.goto(address);
    await shown(page);
    const box = await page.locator('.u-over').first().boundingBox();
    await page.mouse.move(box.x + 100, box.y + 50);
    const legend = page.locator('[data-chart] .legend').nth(1);
    await page.waitForFunction(() => document.querySelectorAll('[data-chart] .legend')[1].dataset.at);
    assert.match(await legend.innerText(), /p50\s+[\d.]+ ms/, 'the other charts have the same cursor');
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 50, { steps: 4 });
    await page.mouse.up();
    const whole = page.getByRole('button', { name: 'Show the whole period' });
    await whole.waitFor();
    await picture(page, 'metrics-zoomed');
    await whole.click();
    await whole.waitFor({ state: 'hidden' });
    await page.locator('.chart-place').first().press('+');
    await whole.waitFor();
    const said = () => page.locator('#said').innerText();
    const first = await said();
    assert.match(first, /^From \d\d:\d\d to \d\d:\d\d$/);
    await page.keyboard.press('ArrowLeft');
    assert.notEqual(await said(), first);
    await page.keyboard.press('0');
    await whole.waitFor({ state: 'hidden' });
    assert.equal(await said(), 'The whole period is shown');
    for (const [scheme, width] of [['light', 1440], ['dark', 1440], ['dark', 768], ['light', 390], ['dark', 390]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await picture(page, `metrics-${width}-${scheme}`);
    }
  });

  test('the same hours of yesterday stand beside the last ones', async () => {
    const page = await stage.signedIn();
    const nothing = page.getByText('No samples of the same hours yesterday');
    const beside = page.getByRole('switch', { name: 'Beside yesterday' });
    const chart = page.getByRole('region', { name: 'Requests a second', exact: true });
    const yesterday = chart.locator('[data-before]');
    await page.goto(address);
    await shown(page);
    assert.equal(await yesterday.isVisible(), false);
    await beside.press('Space');
    await nothing.waitFor();
    await picture(page, 'metrics-nothing-before');
    assert.equal(page.url(), `${address}?compare=1`);
    assert.match(await page.getByRole('link', { name: '24 h', exact: true }).getAttribute('href'), /metrics\?last=24h&compare=1$/);
    // The minutes from an hour before now to an hour after now, yesterday.
    const minutes = Array.from({ length: 121 }, (_, i) => Date.now() - 86_400_000 + (i - 60) * 60_000);
    const insert = `INSERT INTO "_metrics" ("node", "at", "period", "data")
      SELECT '${node()}', column1, 60000, '{"requests":7,"p95":0.25,"refusals":0.7,"websocket":3,"events":1}'
      FROM (VALUES ${minutes.map((at) => `(${at})`).join()}) AS v`;
    await stage.server.sql(insert, 'logs.db');
    await page.reload();
    await yesterday.getByText('7', { exact: true }).waitFor();
    assert.equal(await nothing.isVisible(), false);
    assert.equal(await beside.isChecked(), true);
    assert.match(await chart.getByRole('img').getAttribute('aria-label'), /; yesterday: 7 last, between 7 and 7$/);
    for (const [title, value] of [['Requests a second', '7'], ['Latency, p95', '250 ms'], ['Errors', '10 %'], ['Live connections', '4']])
      assert.match(await page.locator('.kpi', { has: page.getByText(title, { exact: true }) }).locator('[data-note]').innerText(), new RegExp(`yesterday ${value}$`));
    await pictures(page, 'metrics-yesterday');
    await beside.press('Space');
    await yesterday.waitFor({ state: 'hidden' });
    assert.equal(page.url(), address);
    assert.doesNotMatch(await page.locator('.kpi').first().innerText(), /yesterday/);
    const slow = await hold(page, '**/_/metrics/series?*compare*'); // a late answer does not show yesterday again
    await beside.press('Space');
    await slow.asked;
    const answered = page.waitForResponse((response) => response.url().includes('/_/metrics/series') && !response.url().includes('compare'));
    await beside.press('Space');
    await answered;
    await slow.release();
    await page.waitForTimeout(100);
    assert.equal(await yesterday.isVisible(), false);
    await isWell(page);
  });

  test('the last 24 hours are there after a restart', async () => {
    const page = await stage.signedIn();
    const at = Date.now() - 600_000;
    await stage.server.end();
    const insert = `INSERT INTO "_metrics" ("node", "at", "period", "data") VALUES ('${node()}', ${at}, 60000, '{"requests":42}')`;
    await stage.server.sql(insert, 'logs.db');
    await stage.server.start();
    let series;
    do series = await (await page.request.get(`${stage.server.url}/_/metrics/series?last=24h`)).json();
    while (series.at.length === 0); // stored samples are read in the background
    const place = series.at.indexOf(Math.floor(at / 1000));
    assert.equal(series.values.requests[place], 42);
    assert.equal(series.values.requests[place + 1], null, 'while the server did not run, there is a gap');
  });

  test('who has not signed in gets no figures', async () => {
    const answer = await fetch(`${stage.server.url}/_/metrics/series`, { headers: { 'HX-Request': 'true' } });
    assert.equal(answer.status, 401);
  });
});
