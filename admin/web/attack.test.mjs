// Values of every field type, names and messages that contain a script must not run on any page
// that shows them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attack, seed } from './seed.mjs';
import { isWell, onStage } from './stage.mjs';

const shown = 'onerror="window.hacked=1"'; // the part of the attack that a truncated cell shows too

await onStage(async (stage) => {
  await stage.superuser();
  const evil = await seed(stage);
  const products = await stage.api('GET', '/api/collections/products');
  const of = `/api/collections/products/records`;
  const more = { notes: { help: attack }, tags: { values: [attack, 'new', 'rare', 'old'] } };
  await stage.api('PATCH', '/api/collections/products', { fields: products.fields.map((f) => ({ ...f, ...more[f.name] })) });
  await stage.api('PATCH', '/api/settings', { meta: { appName: attack } });
  const password = 'a long password';
  await stage.api('POST', '/api/collections/users/records', { email: 'ann@example.com', name: attack, password, passwordConfirm: password });
  await fetch(`${stage.url}/api/${encodeURIComponent(attack)}`, { headers: { 'User-Agent': attack.replaceAll('\n', ' ') } });
  const places = {
    table: `/_/c/products?${['id', 'notes', 'description', 'contact', 'source', 'tags', 'supplier', 'others', 'pictures', 'attributes', 'origin'].map((name) => `cols=${name}`).join('&')}`,
    'table of the related': '/_/c/suppliers',
    'table with a filter': `/_/c/products?filter=${encodeURIComponent(`name = '${attack.replaceAll("'", "\\'")}'`)}`,
    panel: `/_/c/products?r=${evil}`,
    record: `/_/c/products/r/${evil}`,
    history: `/_/c/products/r/${evil}/history`,
    'new record': '/_/c/products/new',
    fields: '/_/c/products/fields',
    'API of the collection': '/_/c/products/api/create',
    'application settings': '/_/settings/application',
    logs: '/_/logs',
    'a page that is not there': `/_/c/${encodeURIComponent(attack)}`,
  };

  /** Fails if the attack has run, or if its elements are in the page or in a frame of the page. */
  async function isHarmless(page, name) {
    for (const frame of page.frames()) {
      const found = await frame.evaluate(() => [window.hacked, ...[...document.querySelectorAll('img[src="x"], svg[onload], script:not([src]), [onerror], [href^="javascript:"]')].map((e) => e.outerHTML.slice(0, 200))]);
      const preview = frame !== page.mainFrame(); // the preview of HTML has the elements, in a sandbox without scripts
      assert.deepEqual(preview ? found.slice(0, 1) : found, [undefined], `${name}: ${frame.url()}`);
    }
    await isWell(page);
  }

  /** The text of the page and the values of its inputs. */
  const words = (page) => page.evaluate(() => [document.body.innerText, ...[...document.querySelectorAll('input, textarea')].map((e) => e.value)].join('\n').replaceAll('\\"', '"')); // also in JSON

  test('names of collections and fields, e-mail addresses and links that attack are refused', async () => {
    const token = { Authorization: stage.token, 'Content-Type': 'application/json' };
    const refused = async (method, path, body) => assert.equal((await fetch(stage.url + path, { method, headers: token, body: JSON.stringify(body) })).status, 400, `${method} ${path} ${JSON.stringify(body)}`);
    await refused('POST', '/api/collections', { name: attack, type: 'base' });
    await refused('POST', '/api/collections', { name: 'ok', type: 'base', fields: [{ name: attack, type: 'text' }] });
    await refused('PATCH', `${of}/${evil}`, { contact: `${attack}@example.com` });
    await refused('PATCH', `${of}/${evil}`, { source: 'javascript:window.hacked=1' });
    await refused('POST', '/api/backups', { name: `${attack}.zip` });
  });

  test('every page shows the values as text', async () => {
    for (const [name, value] of Object.entries({ notes: 'other', description: '<p>other</p>', attributes: { html: 'other' }, tags: ['new'], others: [] })) {
      const { [name]: was } = await stage.api('GET', `${of}/${evil}`);
      await stage.api('PATCH', `${of}/${evil}`, { [name]: value }); // the history shows both values
      await stage.api('PATCH', `${of}/${evil}`, { [name]: was });
    }
    const page = await stage.signedIn();
    for (const [name, path] of Object.entries(places)) {
      await page.goto(stage.url + path);
      assert.ok((await words(page)).includes(shown), `${name} does not show the attack`);
      await isHarmless(page, name);
    }
    await page.goto(stage.url + places.record);
    await page.locator('.html-preview summary').click();
    await page.frameLocator('.html-preview iframe').getByText('Rich').waitFor();
    await page.getByLabel('Find a record for others').fill('onerror');
    await page.locator('#found-others [data-pick]').first().waitFor();
    await page.locator('img.thumb').first().evaluate((image) => image.decode());
    await isHarmless(page, 'preview, relation picker, thumbs');
  });

  test('files are sent as files', async () => {
    const page = await stage.signedIn();
    const { pictures } = await stage.api('GET', `${of}/${evil}`);
    const svg = `${stage.url}/_/files/products/${evil}/${encodeURIComponent(pictures.find((name) => name.endsWith('.svg')))}`;
    const answer = await page.request.get(svg);
    assert.equal(answer.status(), 200, svg);
    assert.match(answer.headers()['content-security-policy'], /sandbox/);
    assert.match(answer.headers()['content-disposition'], /^attachment/);
    assert.equal(answer.headers()['x-content-type-options'], 'nosniff');
    assert.equal((await fetch(svg, { redirect: 'manual' })).status, 303); // the console serves files to superusers only
    for (const kind of ['csv', 'json']) {
      const file = await page.request.get(`${stage.url}/_/c/products/export?format=${kind}`);
      assert.match(file.headers()['content-disposition'], /^attachment/, kind);
      assert.equal(file.headers()['x-content-type-options'], 'nosniff', kind);
      assert.ok((await file.text()).includes(kind === 'csv' ? attack.replaceAll('"', '""') : JSON.stringify(attack).slice(1, -1)), `${kind} has another text`);
    }
  });

  test('the palette, toasts, dialogs and tools show them as text', async () => {
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/suppliers`);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('onerror');
    await page.getByRole('dialog').getByRole('option').filter({ hasText: shown }).first().waitFor();
    await isHarmless(page, 'palette');
    await page.keyboard.press('Escape');

    await page.evaluate((path) => window.htmx.ajax('GET', path, { target: 'body', swap: 'none' }), `/_/c/${encodeURIComponent(attack)}/fields`);
    await page.locator('[data-toast]').getByText(shown).waitFor();
    await page.evaluate((value) => (document.cookie = `loam_toast=${encodeURIComponent(value)};path=/_/;samesite=strict`), attack);
    await page.reload();
    await page.locator('[data-toast]').getByText(shown).waitFor();
    await isHarmless(page, 'toasts');

    await page.goto(stage.url + places.panel);
    await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByText(shown).first().waitFor();
    await isHarmless(page, 'the question before a deletion');
    await page.keyboard.press('Escape');

    await page.goto(`${stage.url}/_/sql`);
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill(`SELECT name, notes, description, tags, attributes, '${attack.replaceAll("'", "''")}' AS "<b>x</b>" FROM products WHERE id = '${evil}'`);
    await editor.press('Escape');
    await editor.press('Control+Enter');
    await page.getByRole('region', { name: 'Rows' }).getByText(shown).first().waitFor();
    await isHarmless(page, 'SQL');

    await page.goto(`${stage.url}/_/realtime`);
    await page.getByText('Superuser', { exact: true }).click();
    await page.getByLabel('Collection', { exact: true }).selectOption('products');
    await page.getByRole('button', { name: 'Listen' }).click();
    await page.getByText('Listens', { exact: true }).waitFor();
    await stage.api('PATCH', `${of}/${evil}`, { price: 5 });
    await page.getByRole('list', { name: 'Events' }).getByRole('button').first().click();
    await page.getByRole('region', { name: 'Event', exact: true }).getByText('window.hacked').waitFor();
    await isHarmless(page, 'realtime');

    await page.goto(`${stage.url}/_/c/products/rules`);
    await page.getByRole('radiogroup', { name: 'View: who' }).getByText('By rule').click();
    await page.getByLabel('View rule').fill("name = 'x' || tags ~ 'y'");
    const tester = page.getByRole('region', { name: 'Try the rules' });
    await tester.getByRole('combobox', { name: 'Record' }).fill('onerror');
    await tester.getByRole('option').filter({ hasText: shown }).first().click();
    await tester.locator('[data-verdict-of=viewRule]').getByText('does not hold').waitFor();
    await tester.locator('[data-verdict-of=viewRule]').getByRole('button').click();
    await tester.locator('[data-verdict-of=viewRule]').getByText('<img src=x').first().waitFor();
    await isHarmless(page, 'rules');

    await page.goto(`${stage.url}/_/c/products/api/list`);
    await page.getByText('Superuser', { exact: true }).click();
    await page.getByRole('textbox', { name: 'filter' }).fill('price = 5 && notes != ""');
    await page.getByRole('textbox', { name: 'filter' }).press('Escape');
    await page.getByRole('button', { name: /^Try it/ }).click();
    await page.getByRole('region', { name: 'Answer', exact: true }).getByText('window.hacked').first().waitFor();
    await isHarmless(page, 'API');
  });
});
