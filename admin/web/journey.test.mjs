// A superuser's way in the browser from the first start of a server to a restored backup: a
// collection with a field of every type, records, rules, an app's user, a denied request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { email, isWell, onStage, password } from './stage.mjs';

const kinds = ['text', 'editor', 'number', 'bool', 'email', 'url', 'date', 'autodate', 'select', 'file', 'relation', 'json', 'geoPoint', 'password'];
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNoaGjACjEMLQkADVJQAUF8hWEAAAAASUVORK5CYII=', 'base64');

await onStage(async (stage) => {
  test('from the first start to a restored backup', async () => {
    const page = await stage.window();
    const button = (name) => page.getByRole('button', { name, exact: true });
    const link = (name) => page.getByRole('link', { name, exact: true });
    const save = () => button('Save').first().click();

    // The printed link opens the page that creates the first superuser.
    await page.goto(`${stage.url}/_/${await stage.installer()}`);
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await button('Create superuser').click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    // A collection with a field of every type.
    await link('New collection').click();
    await page.getByLabel(/^Name/).fill('seeds');
    await button('Create').click();
    await page.getByText('Created seeds').waitFor();
    for (const kind of kinds) {
      await page.getByRole('group', { name: 'Add a field' }).getByRole('button', { name: kind, exact: true }).click();
      const field = page.locator('.fl').last();
      const option = (name) => field.locator(`[name$=".${name}"]`).last();
      await field.locator(`[name$=".type"][value=${kind}]`).waitFor({ state: 'attached' });
      await option('name').fill(`my_${kind}`);
      if (kind === 'select') await option('values').fill('herb\nflower');
      if (kind === 'relation') await option('collectionId').selectOption({ label: 'users' });
    }
    await save();
    await page.getByText('Saved', { exact: true }).waitFor();

    // A user of the app.
    await link('users').click();
    await link('New record').click();
    await page.locator('#f-email').fill('ann@example.com');
    await page.locator('#f-password').fill('a long password');
    await page.locator('#f-name').fill('Ann');
    await button('Create').click();
    await page.getByText('Created', { exact: true }).first().waitFor();

    // Two records: one of Ann with a value in every field, and one without an owner.
    await link('seeds').click();
    await link('New record').first().click();
    const values = {
      text: 'Black Krim', editor: '<p>Dark and <b>sweet</b></p>', number: '3.5', email: 'grower@example.com', url: 'https://example.com/krim', date: '2027-03-15 07:00:00.000Z',
      json: '{"days": 80}', password: 'a secret', select: 'herb',
    };
    for (const [kind, value] of Object.entries(values)) {
      const input = page.locator(`#f-my_${kind}`);
      if (kind === 'editor') await page.getByRole('button', { name: 'HTML source' }).click();
      if (kind === 'select') await input.selectOption(value);
      else await input.fill(value);
    }
    await page.locator('#f-my_bool').check();
    await page.locator('#f-my_file').setInputFiles({ name: 'leaf.png', mimeType: 'image/png', buffer: png });
    await page.getByLabel('Latitude').fill('56.34');
    await page.getByLabel('Longitude').fill('12.55');
    await page.getByLabel('Find a record for my_relation').fill('Ann');
    await page.locator('#found-my_relation [data-pick]').first().waitFor();
    await page.getByLabel('Find a record for my_relation').press('Enter');
    await button('Create').click();
    await page.getByText('Created', { exact: true }).first().waitFor();
    await page.waitForLoadState(); // the scripts that bind the key have arrived
    await page.keyboard.press('Escape');
    await link('New record').click();
    await page.locator('#f-my_text').fill('Sungold');
    await button('Create').click();
    await page.getByText('2 rows of 2').waitFor();
    const seeds = '/api/collections/seeds/records';
    const krim = (await stage.api('GET', `${seeds}?filter=${encodeURIComponent('my_text = "Black Krim"')}`)).items[0];
    const ann = (await stage.api('GET', '/api/collections/users/records')).items[0];
    assert.deepEqual(
      [krim.my_editor, krim.my_number, krim.my_bool, krim.my_email, krim.my_url, krim.my_date, krim.my_select, krim.my_file.slice(0, 4), krim.my_relation, krim.my_json, krim.my_geoPoint],
      [values.editor, 3.5, true, values.email, values.url, values.date, 'herb', 'leaf', ann.id, { days: 80 }, { lon: 12.55, lat: 56.34 }],
    );

    // A rule, tried before it is saved: users view their own records.
    await page.goto(`${stage.url}/_/c/seeds/rules`);
    await page.getByRole('radiogroup', { name: 'View: who' }).getByText('By rule').click();
    await page.getByLabel('View rule').fill('my_relation = @request.auth.id');
    const tester = page.getByRole('region', { name: 'Try the rules' });
    const verdict = tester.locator('[data-verdict-of=viewRule]');
    await verdict.getByText('does not hold').waitFor();
    await save();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();

    // The user signs in to the app and gets her own record. The request for the other is denied.
    const { token } = await stage.call('POST', '/api/collections/users/auth-with-password', { identity: 'ann@example.com', password: 'a long password' });
    const sungold = (await stage.api('GET', `${seeds}?filter=${encodeURIComponent('my_text = "Sungold"')}`)).items[0];
    assert.equal((await stage.call('GET', `${seeds}/${krim.id}`, undefined, token)).my_text, 'Black Krim');
    const denied = await fetch(`${stage.url}${seeds}/${sungold.id}`, { headers: { Authorization: token } });
    assert.equal(denied.status, 404);
    await page.goto(`${stage.url}/_/logs?filter=${encodeURIComponent('data.status = 404')}`);
    await page.getByText(`${seeds}/${sungold.id}`).first().waitFor();

    // A backup; then the records are deleted, and the backup restores them.
    await page.goto(`${stage.url}/_/backups`);
    await page.getByLabel(/^Name/).fill('sown.zip');
    await button('Back up now').click();
    await page.getByText('Made sown.zip').waitFor();
    await stage.api('DELETE', '/api/collections/seeds');
    await page.getByRole('row', { name: /sown\.zip/ }).getByRole('button', { name: /^Restore/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Type/).fill('sown.zip');
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('Restored').waitFor();
    await page.goto(`${stage.url}/_/c/seeds`);
    await page.getByText('2 rows of 2').waitFor();
    assert.deepEqual(await stage.api('GET', `${seeds}/${krim.id}`), krim);
    const file = await fetch(`${stage.url}/api/files/seeds/${krim.id}/${krim.my_file}`);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), png);
    await isWell(page);
  });
});
