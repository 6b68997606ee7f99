// The list of shortcuts ("?"): every entry is tested on a page where it applies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('POST', '/api/collections', { name: 'notes', type: 'base', fields: [{ name: 'title', type: 'text', presentable: true }, { name: 'stars', type: 'number' }] });
  for (const title of ['a', 'b', 'c']) await stage.api('POST', '/api/collections/notes/records', { title, stars: 1 });
  const table = `${stage.url}/_/c/notes?sort=title`;
  const sheetOf = (page) => page.getByRole('dialog', { name: 'Keys' });

  test('the sheet opens, closes, and is in the account menu and the palette', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.keyboard.press('?');
    const sheet = sheetOf(page);
    await sheet.waitFor();
    for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [390, 'light'], [390, 'dark']]) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, `keys-${width}-${scheme}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^Your account/ }).click();
    await page.getByRole('button', { name: 'Keys' }).click();
    await sheet.getByRole('button', { name: 'Close' }).click();
    await page.getByPlaceholder('Find').fill('a?'); // a typed "?" opens no list
    assert.equal(await sheet.isVisible(), false);
    await isWell(page);
  });

  test('single letters can be switched off', async () => {
    const page = await stage.signedIn();
    await page.goto(table);
    await page.keyboard.press('?');
    await sheetOf(page).getByLabel('Single letters').uncheck();
    await page.keyboard.press('Escape');
    await page.locator('main').focus();
    for (const key of ['g', 'l', '/', 'j']) await page.keyboard.press(key);
    assert.equal(page.url(), table);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.keyboard.press('?');
    await sheetOf(page).getByLabel('Single letters').check();
    await page.keyboard.press('Escape');
    await page.locator('main').focus();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.waitForURL('**/_/logs');
  });

  test('every key of the sheet is bound', async () => {
    const page = await stage.signedIn();
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    /** Opens the table and focuses the cell in a row and a column. */
    const cell = async (row = 0, column = 'stars') => {
      await page.goto(table);
      const index = await page.locator('#rows th').evaluateAll((list, name) => list.findIndex((th) => th.dataset.column === name), column);
      const found = page.locator('#rows tbody tr').nth(row).locator('td').nth(index);
      await found.locator('xpath=self::*[@tabindex] | .//a[@tabindex] | .//input[@tabindex]').first().focus();
    };
    const place = () => page.evaluate(() => {
      const at = document.activeElement.closest('td, th');
      return at && [at.parentElement.rowIndex, at.cellIndex];
    });
    const goesTo = (path) => async (keys) => {
      await page.locator('main').focus();
      await press(...keys.split(' ').map((key) => key.toLowerCase()));
      await page.waitForURL(`**${path}`);
    };
    const moves = (from, ...ways) => async () => {
      for (const [key, row, column] of ways) {
        await cell(...from);
        const [y, x] = await place();
        await press(key);
        const [toY, toX] = await place();
        assert.deepEqual([Math.sign(toY - y), Math.sign(toX - x)], [row, column], key);
      }
    };
    const editing = async () => {
      await cell();
      await press('Enter');
      await page.locator('.is-editing input:not([type=hidden])').waitFor();
    };
    const saves = (key) => async () => {
      await editing();
      await page.keyboard.type('7');
      await press(key);
      await page.getByText('stars saved').last().waitFor();
      await stage.api('PATCH', `/api/collections/notes/records/${(await stage.api('GET', '/api/collections/notes/records?sort=title')).items[0].id}`, { stars: 1 });
    };
    const box = (name) => page.locator('[data-box]').filter({ hasText: name }).first();

    const tries = {
      'Mod K': async () => {
        await page.goto(table);
        await press('Control+k');
        await page.getByRole('dialog', { name: 'Search or jump' }).waitFor();
      },
      '/': async () => {
        await page.goto(table);
        await press('/');
        assert.ok(await page.evaluate(() => document.activeElement.matches('[data-search]')));
      },
      'G D': goesTo('/_/c/notes'), 'G L': goesTo('/_/logs'), 'G M': goesTo('/_/metrics'), 'G S': goesTo('/_/sql'), 'G R': goesTo('/_/realtime'),
      'G B': goesTo('/_/backups'), 'G ,': goesTo('/_/settings/application'),
      'Mod S': async () => {
        await page.goto(`${stage.url}/_/settings/application`);
        await page.getByLabel('Name', { exact: true }).fill('Keys');
        await press('Control+s');
        await page.getByText('Saved', { exact: true }).waitFor();
      },
      Esc: async () => {
        await page.goto(table);
        await page.getByRole('button', { name: /^Your account/ }).click();
        await press('Escape');
        await page.locator('#account').waitFor({ state: 'hidden' });
        await editing();
        await page.keyboard.type('9');
        await press('Escape');
        await page.locator('.is-editing').waitFor({ state: 'detached' });
        assert.ok((await stage.api('GET', '/api/collections/notes/records')).items.every((n) => n.stars === 1));
      },
      '?': async () => {
        await press('?');
        await sheetOf(page).waitFor();
      },
      '↑, ↓, ←, →': async () => {
        await moves([1, 'title'], ['ArrowUp', -1, 0], ['ArrowDown', 1, 0], ['ArrowLeft', 0, -1], ['ArrowRight', 0, 1])();
        await page.goto(`${stage.url}/_/diagram`);
        await box('notes').focus();
        await press('ArrowLeft', 'ArrowUp');
        assert.ok(await page.evaluate(() => document.activeElement.matches('[data-box]')));
      },
      'Home, End': moves([1, 'title'], ['Home', 0, -1], ['End', 0, 1]),
      'Mod Home, Mod End': moves([1], ['Control+Home', -1, 0], ['Control+End', 1, 0]),
      'Page Up, Page Down': moves([1], ['PageUp', -1, 0], ['PageDown', 1, 0]),
      Enter: async () => {
        await editing();
        await press('Escape');
        await saves('Enter')();
        await page.goto(`${stage.url}/_/diagram`);
        await box('notes').focus();
        await press('Enter');
        await page.waitForURL('**/_/c/notes**');
      },
      F2: async () => {
        await cell(0, 'title');
        await press('F2');
        await page.locator('.is-editing').waitFor();
      },
      O: async () => {
        await cell();
        await press('o');
        await page.locator('#panel [data-record]').waitFor();
      },
      S: async () => {
        await cell();
        await press('s');
        await page.waitForURL(/sort=-?stars/);
      },
      Space: async () => {
        await cell();
        await press('Space');
        assert.equal(await page.locator('[data-select]:checked').count(), 1);
      },
      'Mod A': async () => {
        await cell();
        await press('Control+a');
        assert.equal(await page.locator('[data-select]:checked').count(), 3);
      },
      Delete: async () => {
        await cell();
        await press('Space', 'Delete');
        await page.locator('dialog[open], #toasts').getByText(/delete/i).first().waitFor();
        for (const n of ['a', 'b', 'c']) if (!(await stage.api('GET', `/api/collections/notes/records?filter=title='${n}'`)).items.length) await stage.api('POST', '/api/collections/notes/records', { title: n, stars: 1 });
      },
      'Mod C': async () => {
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await cell(1, 'stars');
        await press('Control+c');
        await page.getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '1');
      },
      'Alt ←, Alt →': async () => {
        await page.goto(table);
        const head = page.locator('th[data-column=stars]');
        const { width } = await head.boundingBox();
        await head.locator('a').focus();
        await press('Alt+ArrowRight');
        assert.ok((await head.boundingBox()).width > width);
      },
      'Tab, Shift Tab': async () => {
        await saves('Tab')();
        await saves('Shift+Tab')();
      },
      'J, K': async () => {
        await cell(0);
        await press('o');
        const open = (n) => page.locator('#rows tbody tr.is-open').filter({ hasText: n }).waitFor();
        await open('a');
        await page.locator('main').focus();
        await press('j');
        await open('b');
        await page.locator('main').focus();
        await press('k');
        await open('a');
      },
      'Alt ↑, Alt ↓': async () => {
        await page.goto(`${stage.url}/_/c/notes/fields`);
        const names = () => page.locator('[data-name-of]').allInnerTexts();
        const before = await names();
        await page.getByRole('button', { name: /^Move stars/ }).focus();
        await press('Alt+ArrowUp');
        assert.notDeepEqual(await names(), before);
        await press('Alt+ArrowDown');
        assert.deepEqual(await names(), before);
      },
      'Ctrl Space': async () => {
        await page.goto(`${stage.url}/_/sql`);
        await page.getByLabel('SQL', { exact: true }).fill('SELECT * FROM not');
        await press('Control+Space');
        await page.getByRole('listbox', { name: 'Names' }).waitFor();
      },
      'Tab, Enter': async () => {
        for (const key of ['Tab', 'Enter']) {
          await page.getByLabel('SQL', { exact: true }).fill('SELECT * FROM note');
          await press('Control+Space');
          await page.getByRole('listbox', { name: 'Names' }).waitFor();
          await press(key);
          assert.match(await page.getByLabel('SQL', { exact: true }).inputValue(), /FROM notes$/);
        }
      },
      'Mod Enter': async () => {
        await press('Control+Enter');
        await page.locator('[data-rows-place] td').first().waitFor();
      },
      'Alt ↑, Alt ↓, Alt ←, Alt →': async () => {
        await page.goto(`${stage.url}/_/diagram`);
        await box('notes').focus();
        for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
          const stored = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().includes('/_/diagram'));
          await press(`Alt+${key}`);
          await stored;
        }
      },
      '+, -, 0': async () => {
        const view = () => page.locator('svg[viewBox]').last().getAttribute('viewBox');
        for (const key of ['+', '-', '0', '+', '0']) {
          const before = await view();
          await press(key);
          if (key !== '0') assert.notEqual(await view(), before, key);
        }
      },
    };
    await page.goto(table);
    await page.keyboard.press('?');
    const listed = await page.locator('[data-keys]').evaluateAll((list) => list.map((e) => e.dataset.keys));
    assert.deepEqual([...new Set(listed)].sort(), Object.keys(tries).sort(), 'each entry has a trial');
    for (const [keys, trial] of Object.entries(tries)) {
      try {
        await trial(keys);
      } catch (error) {
        throw new Error(`${keys}: ${error.message}`, { cause: error });
      }
    }
    await isWell(page);
  });
});
