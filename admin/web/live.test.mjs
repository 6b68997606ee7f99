// The table while others write; the titles of related records; the next and the previous page; the
// history of a record.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from './seed.mjs';
import { email, hold, isWell, onStage, password, picture } from './stage.mjs';

await onStage(async (stage) => {
  await stage.superuser();
  const evil = await seed(stage);
  const table = `${stage.url}/_/c/products`;
  const path = '/api/collections/products/records';
  const stored = (id) => stage.api('GET', `${path}/${id}`);
  const idOf = async (name) => (await stage.api('GET', `${path}?filter=${encodeURIComponent(`name="${name}"`)}`)).items[0].id;
  const live = (page) => page.locator('#rows [data-live]:not([hidden])').waitFor();
  const row = (page, id) => page.locator(`[data-row="${id}"]`);

  test('rows change as their records do', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?cols=price&cols=supplier`);
    await live(page);
    const id = await idOf('Tomato 60');
    assert.match(await row(page, id).innerText(), /Halden Growers/); // not an id
    await row(page, id).getByRole('link').focus();
    await stage.api('PATCH', `${path}/${id}`, { price: 4711 });
    await row(page, id).getByText('4711').waitFor();
    await page.locator('.is-flash').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.dataset.row), id); // the focus stays
    await picture(page, 'records-live');

    const made = await stage.api('POST', path, { name: 'From elsewhere' });
    const news = page.getByRole('link', { name: '1 new record' });
    await news.waitFor();
    assert.equal(await row(page, made.id).count(), 0); // the rows do not move
    await picture(page, 'records-news');
    await news.click();
    await row(page, made.id).waitFor();
    await stage.api('DELETE', `${path}/${made.id}`);
    await page.locator(`[data-row="${made.id}"].is-leaving`).waitFor();
    await isWell(page);
  });

  test('changes that cannot be fetched are fetched later, and the mark of the live table is hidden until then', async () => {
    const page = await stage.signedIn();
    let cut; // ends the connection, as a proxy does
    await page.routeWebSocket('**/_/ws', (socket) => {
      socket.connectToServer();
      cut = () => socket.close({ code: 1011 });
    });
    await page.goto(`${table}?cols=price`);
    await live(page);
    const id = await idOf('Tomato 59');
    let price = 590;
    const comes = async () => {
      await row(page, id).getByText(String(price)).waitFor();
      await live(page);
    };
    const change = () => stage.api('PATCH', `${path}/${id}`, { price: ++price });
    for (const handler of [(route) => route.abort(), (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '1' } })]) {
      await page.route('**/live?**', handler);
      await change();
      await page.locator('#rows [data-live]').waitFor({ state: 'hidden' });
      assert.equal(await row(page, id).getByText(String(price)).count(), 0);
      await page.unroute('**/live?**');
      await comes();
    }
    await page.context().clearCookies({ name: 'loam_session' });
    await change();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await stage.again(page);
    await comes();

    // A record that is created again has its new values. Changes are not missed while the connection is lost for a moment.
    const [gone, back] = [await idOf('Tomato 57'), await idOf('Tomato 56')];
    const { name, price: before } = await stored(back);
    await stage.api('DELETE', `${path}/${back}`);
    await page.locator(`[data-row="${back}"].is-leaving`).waitFor();
    await stage.api('POST', path, { id: back, name, price: before + 5600 });
    await page.locator(`[data-row="${back}"]:not(.is-leaving)`).getByText(String(before + 5600)).waitFor();
    cut();
    await stage.api('DELETE', `${path}/${gone}`);
    await page.locator(`[data-row="${gone}"].is-leaving`).waitFor();
    page.wrong.splice(0); // the failed requests
    await isWell(page);
  });

  test('a refused request of the page leaves the open sign-in as it is, and is sent again', async () => {
    const page = await stage.signedIn({ own: true });
    const dialog = page.locator('#sign-in');
    const heard = () => page.evaluate(() => new Promise((done) => document.addEventListener('htmx:afterOnLoad', () => done(), { once: true })));
    const count = await hold(page, '**/count*'); // the table asks for it after its rows
    await page.goto(table);
    await count.asked;
    await page.context().clearCookies({ name: 'loam_session' });
    await page.keyboard.press('Control+k');
    await dialog.getByLabel('Email').fill(email);
    await dialog.getByLabel('Password').fill(password);
    let answered = heard();
    await count.release();
    await answered;
    assert.equal(await dialog.getByLabel('Password').inputValue(), password);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('[data-total]').getByText(/^\d+$/).waitFor();

    // The answer to a request from before the sign-in arrives after it.
    let deliver;
    const delivered = new Promise((done) => (deliver = done));
    const refused = new Promise((done) => {
      page.route('**/count*', async (route) => {
        await page.context().clearCookies({ name: 'loam_session' });
        const response = await route.fetch({ headers: { ...route.request().headers(), cookie: '' } });
        done(response.status());
        await delivered;
        await route.fulfill({ response });
      }, { times: 1 });
    });
    await page.reload();
    assert.equal(await refused, 401);
    await page.keyboard.press('Control+k');
    await stage.again(page);
    answered = heard();
    deliver();
    await answered;
    await page.locator('[data-total]').getByText(/^\d+$/).waitFor();
    assert.equal(await dialog.count(), 0);
    await isWell(page);
  });

  test('a change of the columns reloads the table, also after an edit of a cell', async () => {
    const page = await stage.signedIn();
    const seen = await stage.api('POST', '/api/collections', { name: 'seen', type: 'base', fields: ['name', 'first', 'second'].map((name) => ({ name, type: 'text' })) });
    const fields = (...names) => stage.api('PATCH', '/api/collections/seen', { fields: names.map((name) => seen.fields.find((f) => f.name === name)) });
    const { id } = await stage.api('POST', '/api/collections/seen/records', { name: 'a', first: 'one', second: 'two' });
    const set = (values) => stage.api('PATCH', `/api/collections/seen/records/${id}`, values);
    await page.goto(`${stage.url}/_/c/seen`);
    await live(page);
    const heads = page.locator('#rows th[data-column]');
    assert.deepEqual(await heads.allInnerTexts(), ['name', 'id', 'first', 'second']);
    await fields('id', 'name', 'second');
    await set({ second: 'three' });
    await page.getByRole('columnheader', { name: 'first' }).waitFor({ state: 'detached' });
    assert.deepEqual(await heads.allInnerTexts(), ['name', 'id', 'second']);
    assert.match(await row(page, id).innerText(), /a\s+\S+\s+three/);

    await page.getByRole('gridcell', { name: 'three' }).dblclick();
    const input = page.locator('.is-editing input:not([type=hidden])');
    await input.fill('four');
    await stage.api('PATCH', '/api/collections/seen', { fields: [...(await stage.api('GET', '/api/collections/seen')).fields, { name: 'third', type: 'text' }] });
    const asked = page.waitForResponse('**/live?**');
    await set({ name: 'b', third: 'late' });
    await asked;
    assert.equal(await input.inputValue(), 'four'); // the cell that is edited stays
    await input.press('Enter');
    await page.getByRole('columnheader', { name: 'third' }).waitFor();
    assert.match(await row(page, id).innerText(), /b\s+\S+\s+four\s+late/);

    // The open table and its links go on under the new name of the collection; so does a typed value.
    await stage.api('PATCH', '/api/collections/seen', { name: 'renamed' });
    const change = (values) => stage.api('PATCH', `/api/collections/renamed/records/${id}`, values);
    await change({ second: 'five' });
    await row(page, id).getByText('five').waitFor();
    await row(page, id).getByRole('link').click();
    await page.locator('#f-name').fill('c');
    await stage.api('PATCH', '/api/collections/renamed', { name: 'again' });
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    await row(page, id).getByText('c', { exact: true }).waitFor();
    assert.equal((await stage.api('GET', `/api/collections/again/records/${id}`)).name, 'c');
    await page.reload();
    await page.waitForURL(/\/_\/c\/again\?/);
    await stage.api('DELETE', '/api/collections/again');
    await isWell(page);
  });

  test('the record that is open changes', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 58');
    await page.goto(`${table}?r=${id}`);
    await live(page);
    await page.locator('#f-name').fill('Typed');
    await stage.api('PATCH', `${path}/${id}`, { price: 99 });
    await page.getByText('Somebody else has changed this record').waitFor();
    await picture(page, 'record-changed-elsewhere');
    assert.equal(await page.locator('#f-name').inputValue(), 'Typed');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await row(page, id).getByText('Typed').waitFor();
    const { name, price } = await stored(id);
    assert.deepEqual([name, price], ['Typed', 99]);
    await stage.api('DELETE', `${path}/${id}`);
    await page.getByText(/Typed was deleted by /).waitFor();
    await isWell(page);
  });

  test('pages forth and back, by links and by the browser', async () => {
    const page = await stage.signedIn();
    const titles = () => page.locator('tbody tr td:first-child').allInnerTexts();
    const total = (await stage.api('GET', `${path}?perPage=1`)).totalItems;
    await page.goto(`${table}?rows=20&sort=price`);
    const first = await titles();
    assert.equal(await page.getByRole('link', { name: 'Previous page' }).count(), 0);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText(`20 rows of ${total}`).waitFor();
    const second = await titles();
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.waitForURL(/before=/);
    assert.deepEqual(await titles(), second);
    await page.getByRole('link', { name: 'Previous page' }).click();
    await page.waitForFunction((name) => document.querySelector('tbody tr td')?.innerText === name, first[0]);
    assert.deepEqual(await titles(), first);
    assert.equal(await page.getByRole('link', { name: 'Previous page' }).count(), 0);
    await page.goBack();
    await page.waitForFunction((name) => document.querySelector('tbody tr td')?.innerText === name, second[0]);
    assert.deepEqual(await titles(), second);
    await isWell(page);
  });

  test('the history of a record, and a value put back', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 40');
    await stage.api('PATCH', `${path}/${id}`, { price: 1.5, tags: ['old', 'new'] });
    await stage.api('PATCH', `${path}/${id}`, { notes: 'kept' });
    await page.goto(`${table}?r=${id}`);
    await page.getByRole('link', { name: 'History' }).click();
    const region = page.getByRole('region', { name: 'History' });
    await region.getByText('changed it').first().waitFor();
    await picture(page, 'record-history');
    assert.deepEqual(await region.locator('.changes').nth(1).locator('dt').allInnerTexts(), ['price', 'tags']);
    assert.match(await region.innerText(), /created it/);
    assert.match(await region.innerText(), /The change log goes back to/);
    await region.getByRole('button', { name: 'Put back' }).nth(1).click();
    await page.getByText('Put back', { exact: true }).last().waitFor();
    await page.locator('#f-price').waitFor();
    const { price, tags, notes } = await stored(id);
    assert.deepEqual([price, tags, notes], [40, ['rare'], 'kept']);
    await page.goto(`${table}/r/${evil}/history`); // the attacks must not run in the history either
    await page.getByRole('region', { name: 'History' }).waitFor();
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await isWell(page);
  });

  test('a secret is cleared', async () => {
    const page = await stage.signedIn();
    await page.goto(`${table}?r=${evil}`);
    await page.getByRole('checkbox', { name: 'Clear it' }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.locator('#f-code[placeholder=""]').waitFor();
    assert.equal(await page.getByRole('checkbox', { name: 'Clear it' }).count(), 0);
    await isWell(page);
  });

  test('after a restore the rows and the number of new records are those of the backup', async () => {
    const page = await stage.signedIn();
    const id = await idOf('Tomato 59');
    await stage.api('POST', '/api/backups', { name: 'rows.zip' });
    await page.goto(table);
    await live(page);
    await stage.api('PATCH', `${path}/${id}`, { name: 'After the backup' });
    await stage.api('POST', path, { name: 'After it too' });
    await row(page, id).getByText('After the backup').waitFor();
    const news = page.getByRole('link', { name: '1 new record' });
    await news.waitFor();
    await stage.api('POST', '/api/backups/rows.zip/restore');
    await row(page, id).getByText('Tomato 59').waitFor();
    await news.waitFor({ state: 'hidden' });
    await isWell(page);
  });

  test('a session that was ended elsewhere hears no more', async () => {
    const [page, other] = [await stage.signedIn(), await stage.signedIn()];
    const socket = page.waitForEvent('websocket');
    await page.goto(table);
    await live(page);
    const over = (await socket).waitForEvent('framereceived', (frame) => /"type":"auth".*"auth":null/.test(frame.payload));
    await other.goto(table);
    await other.getByRole('button', { name: /Your account/ }).click();
    await other.getByRole('button', { name: 'Sign out everywhere' }).click();
    await over;
    await page.locator('#rows [data-live]').waitFor({ state: 'hidden' });
    assert.equal((await fetch(`${stage.url}/_/ws`, { redirect: 'manual' })).status, 303);
  });
});
