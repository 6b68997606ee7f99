// Every setting can be set in the browser and is then returned by the API. A wrong value has a
// problem at its input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pages } from './every-setting.mjs';
import { isWell, loads, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const before = await stage.api('GET', '/api/settings');
  const at = (document, name) => name.split('.').reduce((object, part) => object[part], document);
  const input = (page, name) => page.locator(`[id="i-${name}"]`);
  const secret = (name) => /(password|secret)$/.test(name);
  const press = (page, name) => page.getByRole('button', { name }).click();
  const save = (page) => loads(page, () => press(page, 'Save'));
  const type = async (page, name, value) => {
    const box = input(page, name);
    const kind = await box.evaluate((e) => (e.matches('select') ? 'select' : e.type));
    if (kind === 'checkbox') await box.setChecked(value);
    else if (kind === 'select') await box.selectOption(String(value));
    else await box.fill([value].flat().join('\n'));
  };

  test('every page of settings is in every-setting.mjs', async () => {
    const page = await stage.signedIn();
    const items = await (await page.request.get(`${stage.url}/_/palette`)).json();
    const ids = new Set(items.map((item) => item.path?.match(/^\/_\/settings\/(\w+)/)?.[1]).filter(Boolean));
    assert.deepEqual([...ids].sort(), Object.keys(pages).sort());
  });

  for (const [id, list] of Object.entries(pages)) {
    test(`each setting of the page ${id} is stored, refused if wrong, and put back`, async () => {
      const page = await stage.signedIn();
      await page.goto(`${stage.url}/_/settings/${id}`);
      assert.deepEqual((await page.locator('form.page-form [id^="i-"]').evaluateAll((all) => all.map((e) => e.id.slice(2)))).sort(), Object.keys(list).sort());

      for (const [name, [value]] of Object.entries(list)) await type(page, name, value);
      await save(page);
      let stored = await stage.api('GET', '/api/settings');
      for (const [name, [value]] of Object.entries(list)) {
        if (secret(name)) continue;
        const want = name === 'graphql.documents' ? JSON.parse(value) : name === 'logs.minLevel' ? Number(value) : value;
        assert.deepEqual(at(stored, name), want, name);
        const shown = await input(page, name).evaluate((e) => (e.type === 'checkbox' ? e.checked : e.value));
        if (name !== 'graphql.documents') assert.equal(String(shown), [value].flat().join('\n'), name);
      }
      assert.ok(!(await page.content()).includes('a-secret'));

      const problemOf = (name) => page.locator(`[data-error="${name}"]:not([hidden])`);
      const numbers = Object.keys(list).filter((name) => typeof list[name][0] === 'number');
      for (const name of numbers) await type(page, name, 'much');
      if (numbers.length > 0) await page.keyboard.press('Control+s');
      for (const name of numbers) await problemOf(name).getByText('This is no whole number.').waitFor();
      for (const name of numbers) await type(page, name, list[name][0]);

      // A form with all wrong values shows a problem at each of their inputs, and stores nothing.
      const wrong = Object.entries(list).filter(([, [, text]]) => text !== null);
      for (const [name, [, text]] of wrong) await type(page, name, text);
      await press(page, 'Save');
      for (const [name, [, text]] of wrong) {
        await problemOf(name).filter({ hasNotText: 'no whole number' }).waitFor();
        assert.equal(await input(page, name).getAttribute('aria-invalid'), 'true', name);
        assert.equal(await input(page, name).inputValue(), text, name);
      }
      assert.equal(await page.locator('form.page-form > .page [data-problems]:not([hidden])').count(), 0);
      await picture(page, `settings-${id}-wrong-1440-light`);
      assert.deepEqual(await stage.api('GET', '/api/settings'), stored);

      // The first values are restored, in the browser too.
      await loads(page, () => press(page, 'Discard'));
      for (const name of Object.keys(list)) {
        const value = at(before, name);
        if (secret(name)) await page.locator(`[name="${name}!clear"]`).check();
        else await type(page, name, name === 'graphql.documents' ? JSON.stringify(value) : value);
      }
      await save(page);
      stored = await stage.api('GET', '/api/settings');
      assert.deepEqual(stored, before);
      await isWell(page);
    });
  }
});
