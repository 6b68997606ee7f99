// The list of shortcuts ("?"): every entry is tested on a page where it applies, and every key that a
// script of the console compares is in the list.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { boundKeys, namesOf } from './bound.mjs';
import { png } from './seed.mjs';
import { isWell, onStage, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('POST', '/api/collections', { name: 'notes', type: 'base', fields: [{ name: 'title', type: 'text', presentable: true }, { name: 'stars', type: 'number' }] });
  const { id: notes } = await stage.api('GET', '/api/collections/notes');
  await stage.api('POST', '/api/collections', {
    name: 'places', type: 'base', fields: [
      { name: 'story', type: 'editor' }, { name: 'opened', type: 'date' }, { name: 'at', type: 'geoPoint' }, { name: 'data', type: 'json' },
      { name: 'note', type: 'relation', collectionId: notes, maxSelect: 3 },
    ],
  });
  for (const title of ['a', 'b', 'c']) await stage.api('POST', '/api/collections/notes/records', { title, stars: 1 });
  await stage.api('POST', '/api/collections', { name: 'pictures', type: 'base', fields: [{ name: 'files', type: 'file', maxSelect: 2, maxSize: 1_000_000 }] });
  const form = new FormData();
  for (const name of ['one.png', 'two.png']) form.append('files', new Blob([png], { type: 'image/png' }), name);
  const pictures = await stage.api('POST', '/api/collections/pictures/records', form);
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

  test('every key that a script binds is in the sheet', async () => {
    const lists = 'In lists and forms';
    const everywhere = 'On every page';
    /** The sections of the sheet that list the keys of a script, by script. */
    const sections = {
      'base.js': [everywhere],
      'date.js': ['In the calendar'],
      'diagram.js': ['In the diagram'],
      'early.js': [everywhere],
      'editor.js': ['In editors of rules, filters and SQL'],
      'fields.js': [lists],
      'form.js': [everywhere],
      'geo.js': ['On the map of a point'],
      'grid.js': ['In the table of records', 'While a value is edited in its cell'],
      'follow.js': ['In the logs'],
      'json.js': ['In inputs of a record'],
      'keys.js': [everywhere],
      'logs.js': ['On the chart of the logs'],
      'metrics.js': ['On a chart of the metrics'],
      'palette.js': [everywhere, lists],
      'pick.js': [lists],
      'preview.js': ['In the preview of a file'],
      'record.js': [lists],
      'reference.js': ['On the tabs of code', 'In editors of rules, filters and SQL'],
      'rich.js': ['In inputs of a record'],
      'select.js': ['In the table of records'],
      'side.js': ['At the edge of the side bar'],
      'sql.js': ['In editors of rules, filters and SQL'],
      'sqlchart.js': ['On the chart of a result of SQL'],
      'table.js': [everywhere, 'Beside the table'],
      'widths.js': ['In the table of records'],
    };
    const page = await stage.signedIn();
    await page.goto(table);
    await page.keyboard.press('?');
    const shown = await sheetOf(page).locator('section').evaluateAll((all) => all.map((section) => [section.querySelector('h3').innerText, [...section.querySelectorAll('[data-keys]')].map((e) => e.dataset.keys)]));
    const sheet = new Map(shown.map(([title, entries]) => [title, new Set(entries.flatMap(namesOf))]));

    const files = new URL('../internal/asset/files/', import.meta.url);
    const wrong = [];
    for (const name of (await readdir(files)).filter((file) => file.endsWith('.js') && !['htmx.js', 'sqlformatter.js', 'uplot.js'].includes(file))) {
      const { keys, unknown } = boundKeys(await readFile(new URL(name, files), 'utf8'));
      wrong.push(...unknown.map((form) => `${name}: the test cannot read the keys of ${form}`));
      const listed = new Set((sections[name] ?? []).flatMap((title) => [...sheet.get(title)]));
      wrong.push(...keys.filter((key) => !listed.has(key)).map((key) => `${name} binds ${key}, which the sheet lacks`));
      if (sections[name] && keys.length === 0) wrong.push(`${name} binds no key`);
    }
    assert.deepEqual(wrong, []);
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
    /** Focuses the cell in a row and a column; if fresh is true, opens the table first. */
    const cell = async (row = 0, column = 'stars', fresh = true) => {
      if (fresh) await page.goto(table);
      const index = await page.locator('#rows th').evaluateAll((list, name) => list.findIndex((th) => th.dataset.column === name), column);
      const found = page.locator('#rows tbody tr').nth(row).locator('td').nth(index);
      await found.locator('xpath=self::*[@tabindex] | .//a[@tabindex] | .//input[@tabindex]').first().focus();
    };
    const spot = () => page.evaluate(() => {
      const at = document.activeElement.closest('td, th');
      return at && [at.parentElement.rowIndex, at.cellIndex];
    });
    const goesTo = (path) => async (keys) => {
      await page.locator('main').focus();
      await press(...keys.split(' ').map((key) => key.toLowerCase()));
      await page.waitForURL(`**${path}`);
    };
    const moves = (from, ...ways) => async () => {
      await page.goto(table);
      for (const [key, row, column] of ways) {
        await cell(from[0], from[1], false);
        const [y, x] = await spot();
        await press(key);
        const [toY, toX] = await spot();
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

    const sql = page.getByLabel('SQL', { exact: true });
    const names = page.getByRole('listbox', { name: 'Names' });
    const typeSQL = async (text) => {
      if (!page.url().endsWith('/_/sql')) await page.goto(`${stage.url}/_/sql`);
      await sql.fill(text);
      await press('Control+Space');
      await page.locator('.completions:not([aria-busy])').waitFor();
    };
    const palette = page.getByRole('dialog', { name: 'Search or jump' });
    const inPalette = async (words) => {
      await page.goto(table);
      await press('Control+k');
      await palette.getByRole('option').first().waitFor();
      await page.keyboard.type(words);
    };
    const marked = (list) => list.locator('[aria-selected=true]').innerText();
    const finder = page.getByRole('combobox', { name: 'Find a record for note' });
    const find = async () => {
      await page.goto(`${stage.url}/_/c/places/new`);
      await finder.focus();
      await page.locator('#found-note [data-pick]').nth(2).waitFor();
    };
    /** Opens the form of a new place. The modules of its inputs begin together. */
    const newPlace = async () => {
      await page.goto(`${stage.url}/_/c/places/new`);
      await page.getByRole('toolbar', { name: 'Format of story' }).waitFor();
    };
    const place = async (selector) => {
      await newPlace();
      await page.locator(selector).focus();
    };
    const story = page.getByRole('textbox', { name: 'story' });
    const tool = (name) => page.getByRole('toolbar', { name: 'Format of story' }).getByRole('button', { name });
    const at = () => page.evaluate(() => document.activeElement.ariaLabel);
    const day = () => page.locator('[data-day]:focus').getAttribute('data-day');
    /** Opens the calendar and checks by how many days each key moves the focus: [key, days]. */
    const days = (...ways) => async () => {
      await newPlace();
      await page.locator('#f-opened').fill('2027-03-17 08:00');
      await page.getByRole('button', { name: 'Calendar of opened' }).press('Enter');
      await page.locator('[data-day]:focus').waitFor();
      for (const [key, step] of ways) {
        const from = Number(await day());
        await press(key);
        assert.equal((Number(await day()) - from) / 86_400_000, step, key);
      }
    };
    const point = async () => [Number(await page.getByLabel('Latitude').inputValue()), Number(await page.getByLabel('Longitude').inputValue())];
    /** Presses each key on the map and checks the signs of the steps in latitude and longitude. */
    const pointGoes = (...ways) => async () => {
      await place('.geo-map');
      for (const [key, y, x] of ways) {
        const [lat, lon] = await point();
        await press(key);
        const [toLat, toLon] = await point();
        assert.deepEqual([Math.sign(toLat - lat), Math.sign(toLon - lon)], [y, x], key);
      }
    };
    const view = () => page.locator('svg[viewBox]').last().getAttribute('viewBox');
    const changeView = async (keys, still = '') => {
      for (const key of keys) {
        const before = await view();
        await press(key);
        if (!still.includes(key)) assert.notEqual(await view(), before, key);
      }
    };
    /** Waits until the record with the title is open: its row is marked, and the panel has arrived. */
    const opened = async (n) => {
      const row = page.locator('#rows tbody tr.is-open').filter({ has: page.getByText(n, { exact: true }) });
      await page.locator(`#panel [data-record="${await row.getAttribute('data-row')}"]`).waitFor();
    };
    /** Opens the first record, and steps to the second and back by the keys next and previous. */
    const steps = (next, previous, focus) => async () => {
      await cell(0);
      await press('o');
      await opened('a');
      for (const [key, to] of [[next, 'b'], [previous, 'a']]) {
        await page.locator(focus).first().focus();
        await press(key);
        await opened(to);
      }
    };
    /** Opens the logs, presses the keys on the chart, and returns the announced words. */
    const barAt = async (...keys) => {
      await page.goto(`${stage.url}/_/logs?superusers=1`);
      await page.locator('[data-histogram] svg').focus();
      await press(...keys);
      return page.locator('#said').innerText();
    };
    const chartAt = async (...keys) => {
      const time = Array.from({ length: 360 }, (_, i) => 1_800_000_000 + 10 * i);
      await page.route('**/_/metrics/series*', (route) => route.fulfill({ json: { step: 10, at: time, values: { requests: time } } }));
      await page.goto(`${stage.url}/_/metrics`);
      await page.locator('[data-chart]:not([hidden]) canvas').first().waitFor();
      await page.locator('.chart-place').first().focus();
      const said = [];
      for (const key of keys) {
        await press(key);
        said.push(await page.locator('#said').innerText());
      }
      return said;
    };
    const discards = async () => {
      await editing();
      await page.keyboard.type('9');
      await press('Escape');
      await page.locator('.is-editing').waitFor({ state: 'detached' });
      assert.ok((await stage.api('GET', '/api/collections/notes/records')).items.every((n) => n.stars === 1));
    };
    /** Presses each key at the edge of the side bar and checks the sign of the change in width. */
    const sideGoes = (...ways) => async () => {
      await page.goto(table);
      const edge = page.getByRole('separator', { name: 'Width of the side bar' });
      await edge.focus();
      for (const [key, sign] of ways) {
        const before = Number(await edge.getAttribute('aria-valuenow'));
        await press(key);
        assert.equal(Math.sign(Number(await edge.getAttribute('aria-valuenow')) - before), sign, key);
      }
    };
    const putBack = async () => {
      for (const n of ['a', 'b', 'c']) if (!(await stage.api('GET', `/api/collections/notes/records?filter=title='${n}'`)).items.length) await stage.api('POST', '/api/collections/notes/records', { title: n, stars: 1 });
    };

    const tries = {
      'On every page': {
        'Mod K': async () => {
          await page.goto(table);
          await press('Control+k');
          await palette.waitFor();
        },
        '/': async () => {
          await page.goto(table);
          await press('/');
          assert.ok(await page.evaluate(() => document.activeElement.matches('[data-search]')));
        },
        'G D': goesTo('/_/c/notes'), 'G L': goesTo('/_/logs'), 'G M': goesTo('/_/metrics'), 'G S': goesTo('/_/sql'), 'G R': goesTo('/_/realtime'),
        'G B': goesTo('/_/backups'), 'G ,': goesTo('/_/settings/application'),
        N: async () => {
          await page.goto(table);
          await press('n');
          await page.locator('#panel').getByRole('heading', { name: 'New record' }).waitFor();
          await page.goto(`${stage.url}/_/`);
          await press('n');
          await page.waitForURL('**/_/new-collection');
        },
        '[': async () => {
          const side = page.locator('.side');
          await page.goto(table);
          await press('[');
          await side.waitFor({ state: 'hidden' });
          await page.reload();
          await side.waitFor({ state: 'hidden' });
          await press('[');
          await side.waitFor();
        },
        'F6, Shift F6': async () => {
          await page.goto(table);
          const regions = [];
          for (const key of ['F6', 'F6', 'F6', 'F6', 'F6', 'Shift+F6']) {
            await press(key);
            regions.push(await page.evaluate(() => document.activeElement.closest('.rail, .side, .top, .main').classList[0]));
          }
          assert.deepEqual(regions, ['rail', 'side', 'top', 'main', 'rail', 'main']);
        },
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
          await cell();
          await press('o');
          await opened('a');
          await press('Escape');
          await page.locator('#panel [data-record]').waitFor({ state: 'detached' });
        },
        '?': async () => {
          await press('?');
          await sheetOf(page).waitFor();
        },
      },
      'In the table of records': {
        '↑, ↓, ←, →': moves([1, 'title'], ['ArrowUp', -1, 0], ['ArrowDown', 1, 0], ['ArrowLeft', 0, -1], ['ArrowRight', 0, 1]),
        'Home, End': moves([1, 'title'], ['Home', 0, -1], ['End', 0, 1]),
        'Mod Home, Mod End': moves([1], ['Control+Home', -1, 0], ['Control+End', 1, 0]),
        'Page Up, Page Down': moves([1], ['PageUp', -1, 0], ['PageDown', 1, 0]),
        Enter: async () => {
          await editing();
          await press('Escape');
          await cell(0, 'title');
          await press('Enter');
          await opened('a');
        },
        F2: async () => {
          await cell(0, 'title');
          await press('F2');
          await page.locator('.is-editing').waitFor();
        },
        'O, Shift O': async () => {
          await cell();
          await press('o');
          await page.locator('#panel [data-record]').waitFor();
          await cell();
          await press('Shift+O');
          await page.waitForURL(/\/c\/notes\/r\//);
        },
        S: async () => {
          await cell();
          await press('s');
          await page.waitForURL(/sort=-?stars/);
        },
        'F, Shift F': async () => {
          for (const [key, filter] of [['f', 'stars = 1'], ['Shift+F', 'stars != 1']]) {
            await cell();
            await press(key);
            await page.waitForURL((url) => url.searchParams.get('filter') === filter);
          }
        },
        Space: async () => {
          await cell();
          await press('Space');
          assert.equal(await page.locator('[data-select]:checked').count(), 1);
        },
        'Shift Space': async () => {
          await cell();
          await press('Space', 'ArrowDown', 'ArrowDown', 'Shift+Space');
          assert.equal(await page.locator('[data-select]:checked').count(), 3);
        },
        'Shift ↑, Shift ↓': async () => {
          await cell();
          for (const [key, selected] of [['ArrowDown', 2], ['ArrowDown', 3], ['ArrowDown', 3], ['ArrowUp', 2]]) {
            await press(`Shift+${key}`);
            assert.equal(await page.locator('[data-select]:checked').count(), selected, key);
          }
          assert.equal((await spot())[0], 2);
        },
        'Mod A': async () => {
          await cell();
          await press('Control+a');
          assert.equal(await page.locator('[data-select]:checked').count(), 3);
        },
        'Delete, Backspace': async () => {
          for (const key of ['Delete', 'Backspace']) {
            await cell();
            await press('Space', key);
            await page.locator('dialog[open], #toasts').getByText(/delete/i).first().waitFor();
            await putBack();
          }
        },
        'Mod C': async () => {
          await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
          await cell(1, 'stars');
          await press('Control+c');
          await page.getByText('Copied').waitFor();
          assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '1');
        },
        'Mod Shift C': async () => {
          await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
          await cell(1, 'stars');
          await press('Control+Shift+C');
          await page.getByText('Copied').waitFor();
          assert.equal(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())).title, 'b');
        },
        'Alt ←, Alt →': async () => {
          await page.goto(table);
          const head = page.locator('th[data-column=stars]');
          await head.locator('a').focus();
          for (const [key, sign] of [['Alt+ArrowRight', 1], ['Alt+ArrowLeft', -1]]) {
            const { width } = await head.boundingBox();
            await press(key);
            assert.equal(Math.sign((await head.boundingBox()).width - width), sign);
          }
        },
      },
      'While a value is edited in its cell': { Enter: saves('Enter'), 'Tab, Shift Tab': async () => {
        await saves('Tab')();
        await saves('Shift+Tab')();
      }, Esc: discards },
      'Beside the table': {
        'J, K': steps('j', 'k', 'main'),
        '>, <': steps('>', '<', 'main'),
        'Alt J, Alt K': steps('Alt+j', 'Alt+k', '#panel [name=title]'),
        'Mod Enter': async () => {
          await page.goto(`${stage.url}/_/c/notes/new`);
          for (const title of ['m', 'n']) {
            await page.locator('#f-title').fill(title);
            await press('Control+Enter');
            await page.waitForFunction(() => document.querySelector('#panel [data-form=new]') && document.activeElement.id === 'f-title' && document.activeElement.value === '');
          }
          const { items } = await stage.api('GET', `/api/collections/notes/records?filter=${encodeURIComponent("title = 'm' || title = 'n'")}`);
          assert.equal(items.length, 2);
          for (const { id } of items) await stage.api('DELETE', `/api/collections/notes/records/${id}`);
        },
      },
      'At the edge of the side bar': {
        '←, →': sideGoes(['ArrowRight', 1], ['ArrowLeft', -1]),
        'Home, End': sideGoes(['End', 1], ['Home', -1]),
        Enter: sideGoes(['Enter', 1]),
      },
      'In the preview of a file': {
        '←, →': async () => {
          const shown = page.locator('#preview-title');
          await page.goto(`${stage.url}/_/c/pictures?r=${pictures.id}`);
          await page.locator('[data-peek]').first().click();
          const first = await shown.innerText();
          await press('ArrowRight');
          assert.notEqual(await shown.innerText(), first);
          await press('ArrowLeft');
          assert.equal(await shown.innerText(), first);
          await press('Escape');
        },
      },
      'In lists and forms': {
        'Delete, Backspace': async () => {
          await page.goto(`${stage.url}/_/c/notes/fields`);
          const stars = page.locator('.fl', { hasText: 'stars' });
          await stars.locator('summary').focus();
          await press('Delete');
          await page.locator('#said', { hasText: 'stars is deleted when you save' }).waitFor({ state: 'attached' });
          assert.equal(await stars.locator('[data-order]').isDisabled(), true);
          await press('Backspace');
          assert.equal(await stars.locator('[data-order]').isDisabled(), false);
          await page.locator('.fl summary').first().focus(); // not the id, which cannot be deleted
          await press('Delete');
          assert.equal(await page.locator('.fl.is-del').count(), 0);
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
        '↑, ↓': async () => {
          await inPalette('');
          const first = await marked(palette);
          await press('ArrowDown');
          assert.notEqual(await marked(palette), first);
          await press('ArrowUp');
          assert.equal(await marked(palette), first);
          await find();
          await press('ArrowDown', 'ArrowDown', 'ArrowUp');
          assert.equal(await page.locator('#found-note [data-pick]').first().getAttribute('aria-selected'), 'true');
        },
        'Page Up, Page Down': async () => {
          await inPalette('');
          await press('PageDown');
          assert.equal(await palette.getByRole('option').nth(8).getAttribute('aria-selected'), 'true');
          await press('PageUp');
          assert.equal(await palette.getByRole('option').first().getAttribute('aria-selected'), 'true');
        },
        Enter: async () => {
          await inPalette('notes › rules');
          await press('Enter');
          await page.waitForURL('**/_/c/notes/rules');
          await find();
          await press('ArrowDown', 'Enter');
          assert.equal(await page.locator('[data-relation=note] [data-item]').count(), 1);
        },
        'Mod Enter': async () => {
          await inPalette('notes › rules');
          const tab = page.context().waitForEvent('page');
          await press('Control+Enter');
          await (await tab).waitForURL('**/_/c/notes/rules');
          await (await tab).close();
        },
        Esc: async () => {
          await inPalette('notes');
          await press('Escape');
          await palette.waitFor({ state: 'hidden' });
          await find();
          await press('Escape');
          await page.locator('#found-note').waitFor({ state: 'hidden' });
        },
      },
      'In editors of rules, filters and SQL': {
        'Ctrl Space': () => typeSQL('SELECT * FROM not'),
        '↑, ↓': async () => {
          await typeSQL('SELECT ');
          const first = await marked(names);
          await press('ArrowDown');
          assert.notEqual(await marked(names), first);
          await press('ArrowUp');
          assert.equal(await marked(names), first);
        },
        'Tab, Enter': async () => {
          for (const key of ['Tab', 'Enter']) {
            await typeSQL('SELECT * FROM note');
            await press(key);
            assert.match(await sql.inputValue(), /FROM notes$/);
          }
        },
        Esc: async () => {
          await typeSQL('SELECT * FROM not');
          await press('Escape');
          await names.waitFor({ state: 'detached' });
          assert.match(await sql.inputValue(), /FROM not$/);
        },
        'Mod Enter': async () => {
          await sql.fill('SELECT * FROM notes');
          await press('Control+Enter');
          await page.locator('[data-rows-place] td').first().waitFor();
          await page.goto(`${stage.url}/_/c/notes/api`);
          await page.locator('[data-reference] [data-send]').waitFor();
          await press('Control+Enter');
          await page.locator('[data-reference]').getByText(/^200/).first().waitFor();
        },
        'Alt Shift F': async () => {
          await page.goto(`${stage.url}/_/sql`);
          await sql.fill('select 1');
          await press('Alt+Shift+F');
          await page.waitForFunction(() => document.querySelector('[data-sql] textarea').value === 'select\n  1');
        },
      },
      'In inputs of a record': {
        'Alt Shift F': async () => {
          await place('#f-data');
          await page.keyboard.type('{"a":1}');
          await page.locator('[data-field=data] .hint', { hasText: '· valid' }).waitFor();
          await press('Alt+Shift+F');
          assert.equal(await page.locator('#f-data').inputValue(), '{\n  "a": 1\n}');
        },
        '←, →, Home, End': async () => {
          await newPlace();
          await story.focus();
          await press('Shift+Tab');
          await page.getByRole('toolbar', { name: 'Format of story' }).locator(':focus').waitFor();
          const first = await at();
          await press('ArrowRight');
          await page.waitForFunction(() => document.activeElement.ariaLabel === 'Bold');
          await press('ArrowLeft');
          assert.equal(await at(), first);
          await press('End');
          assert.notEqual(await at(), first);
          await press('Home');
          assert.equal(await at(), first);
        },
        'Mod Z': async () => {
          await newPlace();
          await story.focus();
          await page.keyboard.type('a');
          await press('Control+z');
          assert.equal((await story.innerText()).trim(), '');
        },
        Esc: async () => {
          await tool('Link').click();
          await press('Escape');
          await page.getByRole('textbox', { name: 'Address of the link' }).waitFor({ state: 'hidden' });
        },
        Enter: async () => {
          await story.focus();
          await page.keyboard.type('loam');
          await press('Shift+Home');
          await tool('Link').click();
          await page.getByRole('textbox', { name: 'Address of the link' }).fill('https://example.com/');
          await press('Enter');
          await story.getByRole('link', { name: 'loam' }).waitFor();
        },
      },
      'In the calendar': { // 17 March 2027 is a Wednesday, and weeks begin on Sunday here
        '↑, ↓, ←, →': days(['ArrowUp', -7], ['ArrowDown', 7], ['ArrowLeft', -1], ['ArrowRight', 1]),
        'Home, End': days(['Home', -3], ['End', 6]),
        'Page Up, Page Down': days(['PageUp', -28], ['PageDown', 28]),
        'Shift Page Up, Shift Page Down': days(['Shift+PageUp', -365], ['Shift+PageDown', 365]),
      },
      'On the map of a point': {
        '↑, ↓, ←, →': pointGoes(['ArrowUp', 1, 0], ['ArrowDown', -1, 0], ['ArrowLeft', 0, -1], ['ArrowRight', 0, 1]),
        'Shift ↑, Shift ↓, Shift ←, Shift →': pointGoes(['Shift+ArrowUp', 1, 0], ['Shift+ArrowDown', -1, 0], ['Shift+ArrowLeft', 0, -1], ['Shift+ArrowRight', 0, 1]),
        '+, =, -': async () => {
          await place('.geo-map');
          await changeView(['+', '=', '-']);
        },
      },
      'On a chart of the metrics': {
        '+, -, 0': async () => {
          const [inside, outside, whole] = await chartAt('+', '-', '0');
          assert.match(inside, /^From /);
          assert.deepEqual([outside, whole], ['The whole period is shown', 'The whole period is shown']);
        },
        '←, →': async () => {
          const [first, earlier, again] = await chartAt('+', 'ArrowLeft', 'ArrowRight');
          assert.notEqual(earlier, first);
          assert.equal(again, first);
        },
      },
      'On the chart of a result of SQL': {
        '←, →, Home, End': async () => {
          await page.goto(`${stage.url}/_/sql`);
          await sql.fill('SELECT title, stars + 1 FROM notes ORDER BY title');
          await press('Control+Enter');
          await page.getByRole('radiogroup', { name: 'Show the result as' }).getByText('Chart').click();
          await page.locator('[data-chart-place] canvas').waitFor();
          await page.locator('[data-chart-place] .chart-place').focus();
          for (const [key, title] of [['End', 'c'], ['ArrowLeft', 'b'], ['Home', 'a'], ['ArrowRight', 'b']]) {
            await press(key);
            await page.locator(`[data-chart-place] .legend[data-at=${title}]`).waitFor();
          }
        },
      },
      'On the chart of the logs': {
        '←, →, Home, End': async () => {
          const last = await barAt('End');
          assert.notEqual(await barAt('End', 'ArrowLeft'), last);
          assert.equal(await barAt('End', 'ArrowLeft', 'ArrowRight'), last);
          assert.equal(await barAt('Home', 'ArrowLeft'), await barAt('Home'));
        },
        'Shift ←, Shift →, Shift Home, Shift End': async () => {
          assert.match(await barAt('End', 'Shift+ArrowLeft'), / selected$/);
          assert.equal(await barAt('End', 'Shift+ArrowLeft', 'Shift+ArrowRight'), await barAt('End'));
          assert.equal(await barAt('End', 'Shift+Home'), await barAt('Home', 'Shift+End'));
        },
        Enter: async () => {
          await barAt('End', 'Enter');
          await page.waitForURL(/from=.*to=/);
        },
        Esc: async () => assert.equal(await barAt('End', 'Shift+Home', 'Escape'), 'Nothing is selected'),
      },
      'In the logs': {
        'J, K': async () => {
          await page.goto(`${stage.url}/_/logs?superusers=1`);
          await page.locator('[data-row] a').first().click();
          const open = (n) => page.locator(`[data-row].is-open`).and(page.locator('[data-row]').nth(n)).waitFor();
          await open(0);
          await press('j');
          await open(1);
          await press('j');
          await open(2);
          await press('k');
          await open(1);
        },
        L: async () => {
          await page.goto(`${stage.url}/_/logs`);
          await page.locator('main').focus();
          await press('l');
          await page.getByRole('button', { name: 'Follow', exact: true, pressed: true }).waitFor();
        },
      },
      'On the tabs of code': {
        '←, →': async () => {
          await page.goto(`${stage.url}/_/c/notes/api`);
          const chosen = page.locator('[data-language][aria-selected=true]');
          const first = await chosen.innerText();
          await chosen.focus();
          await press('ArrowRight');
          assert.notEqual(await chosen.innerText(), first);
          await press('ArrowLeft');
          assert.equal(await chosen.innerText(), first);
        },
      },
      'In the diagram': {
        '↑, ↓, ←, →': async () => {
          await page.goto(`${stage.url}/_/diagram`);
          await box('notes').focus();
          await press('ArrowLeft', 'ArrowUp');
          assert.ok(await page.evaluate(() => document.activeElement.matches('[data-box]')));
          await page.evaluate(() => document.activeElement.blur());
          await changeView(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);
        },
        Enter: async () => {
          await page.locator('[data-find]').fill('notes');
          await press('Enter');
          assert.ok(await box('notes').evaluate((e) => e.contains(document.activeElement) || document.activeElement.contains(e)));
          await press('Enter');
          await page.waitForURL('**/_/c/notes**');
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
        '+, -, 0': () => changeView(['+', '-', '0', '+', '0'], '0'),
      },
    };
    await page.goto(table);
    await page.keyboard.press('?');
    const trials = Object.entries(tries).flatMap(([section, list]) => Object.keys(list).map((keys) => `${section}: ${keys}`));
    const listed = await page.locator('dialog.keys section').evaluateAll((list) => list.flatMap((section) => [...section.querySelectorAll('[data-keys]')].map((e) => `${section.querySelector('h3').innerText}: ${e.dataset.keys}`)));
    assert.deepEqual(listed.sort(), trials.sort(), 'each entry has a trial');
    for (const [section, list] of Object.entries(tries)) {
      for (const [keys, trial] of Object.entries(list)) {
        try {
          await trial(keys);
        } catch (error) {
          throw new Error(`${section}: ${keys}: ${error.message}`, { cause: error });
        }
      }
    }
    await isWell(page);
  });
});
