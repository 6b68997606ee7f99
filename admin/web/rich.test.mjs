// The editor of HTML: alignment, direction, colours, media, pasted and dropped files, full screen.
// Its controls are reached by keys, and neither placeholders nor data URLs are stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { png as leaf } from './seed.mjs';
import { isWell, onStage, picture } from './stage.mjs';

/** A WAV file with a tenth of a second of sound. */
function wav() {
  const bytes = Buffer.alloc(44 + 800, 128);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(836, 4);
  bytes.write('WAVEfmt ', 8);
  for (const [at, n] of [[16, 16], [24, 8000], [28, 8000], [40, 800]]) bytes.writeUInt32LE(n, at);
  for (const [at, n] of [[20, 1], [22, 1], [32, 1], [34, 8]]) bytes.writeUInt16LE(n, at);
  bytes.write('data', 36);
  return bytes;
}

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('POST', '/api/collections', {
    name: 'pages', type: 'base', fields: [
      { name: 'name', type: 'text', presentable: true }, { name: 'story', type: 'editor' },
      { name: 'files', type: 'file', maxSelect: 9, maxSize: 100_000, thumbs: ['40x40'] }, { name: 'secret', type: 'file', protected: true },
    ],
  });
  await stage.api('POST', '/api/collections', { name: 'media', type: 'base', fields: [{ name: 'file', type: 'file', maxSelect: 1 }] });
  await stage.api('POST', '/api/collections', {
    name: 'owned', type: 'base', fields: [{ name: 'title', type: 'text', required: true }, { name: 'file', type: 'file', maxSelect: 1 }],
  });
  await stage.api('POST', '/api/collections', { name: 'notes', type: 'base', fields: [{ name: 'story', type: 'editor' }] });
  const path = '/api/collections/pages/records';
  const create = async (text, files = []) => {
    const body = new FormData();
    body.append('name', 'P');
    body.append('story', text);
    for (const [bytes, name] of files) body.append('files', new Blob([bytes]), name);
    return (await stage.api('POST', path, body)).id;
  };
  const stored = async (id) => (await stage.api('GET', `${path}/${id}`));
  // Until the editor hides the textarea, both have the same role and name.
  const area = (page) => page.getByRole('textbox', { name: 'story' }).and(page.locator('.rich-text'));
  const tool = (page, name) => page.getByRole('toolbar').getByRole('button', { name });
  const open = async (id, options) => {
    const page = await stage.signedIn(options);
    await page.goto(`${stage.url}/_/c/pages/r/${id}`);
    await area(page).waitFor();
    return page;
  };
  const save = async (page) => {
    await page.keyboard.press('Control+s');
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
  };
  /**
   * Moves with the arrow keys from the focused control of the toolbar to the control with the name,
   * and presses Enter.
   */
  const press = async (page, name) => {
    const at = () => page.evaluate(() => document.activeElement.ariaLabel);
    for (let i = 0; i < 20 && (await at()) !== name; i++) await page.keyboard.press('ArrowRight');
    assert.equal(await at(), name);
    await page.keyboard.press('Enter');
  };
  /**
   * Pastes files and HTML at the caret of the area (kind "paste"), or drops them near its top left
   * corner (kind "drop").
   */
  const hand = (page, kind, { files = [], html = '' }) => area(page).evaluate((node, [kind, files, html]) => {
    const data = new DataTransfer();
    for (const [bytes, name, type] of files) data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    if (html) data.setData('text/html', html);
    const { left, top } = node.getBoundingClientRect();
    const event = kind === 'drop'
      ? new DragEvent('drop', { dataTransfer: data, clientX: left + 20, clientY: top + 20, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    if (node.dispatchEvent(event)) node.dispatchEvent(new InputEvent('beforeinput', { inputType: 'insertFromPaste', dataTransfer: data, bubbles: true, cancelable: true }));
  }, [kind, files, html]);
  const png = [[...leaf], 'leaf.png', 'image/png'];

  test('alignment, direction and colour, by keys; an edit that is undone restores the stored bytes', async () => {
    const text = '<p>One</p><p align=right>Two <span style="color:#15803d">green</span></p>';
    const id = await create(text);
    const page = await open(id);
    await area(page).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Shift+Tab');
    await press(page, 'Alignment and direction');
    await picture(page, 'rich-layout');
    await page.getByRole('button', { name: 'Centre' }).press('Enter');
    assert.equal(await page.getByRole('button', { name: 'Centre' }).getAttribute('aria-pressed'), 'true');
    await page.getByText('1 change: story').waitFor();
    await page.getByRole('button', { name: 'Centre' }).press('Enter');
    await page.getByText('1 change: story').waitFor({ state: 'detached' });
    assert.equal(await page.locator('textarea[name=story]').inputValue(), text);
    await page.getByRole('button', { name: 'Centre' }).press('Enter');
    await page.getByRole('button', { name: 'Right to left' }).press('Enter');
    await page.keyboard.press('Escape');
    assert.ok(await area(page).evaluate((node) => node === document.activeElement));
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Control+Shift+ArrowLeft');
    await page.keyboard.press('Shift+Tab');
    await press(page, 'Colour of the text');
    assert.equal(await page.getByRole('button', { name: 'Green' }).getAttribute('aria-pressed'), 'true');
    await picture(page, 'rich-colour');
    await page.getByRole('button', { name: 'Blue' }).press('Enter');
    await page.keyboard.press('Escape');
    await save(page);
    assert.equal((await stored(id)).story, '<p style="text-align: center;" dir="rtl">One</p><p align="right">Two <span style="color: rgb(37, 99, 235);">green</span></p>');
    await area(page).focus();
    await page.keyboard.press('Control+End');
    await tool(page, 'Colour of the text').click();
    await page.getByRole('button', { name: 'Without colour' }).click();
    await tool(page, 'Alignment and direction').click();
    await page.getByRole('button', { name: 'Justify' }).click();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    assert.equal(await area(page).locator('font, span').count(), 1); // both changes were undone
    await page.keyboard.press('Control+End');
    await tool(page, 'Colour of the text').click();
    await page.getByLabel('Another').fill('#ff00aa');
    await page.getByRole('button', { name: 'Without colour' }).click();
    await save(page);
    assert.equal((await stored(id)).story, '<p dir="rtl" style="text-align: center;">One</p><p align="right">Two green</p>');
    await isWell(page);
  });

  test('media: a video, a sound and a picture in a smaller size; their bytes stay', async () => {
    const video = '<p><video controls="controls" width="300"><source src="https://example.com/a.mp4" type="video/mp4"></video></p>'; // in the markup of other editors
    const id = await create(video, [[leaf, 'leaf.png'], [wav(), 'bell.wav'], ['text', 'notes.txt']]);
    const page = await open(id);
    await area(page).focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Shift+Tab');
    await press(page, 'Picture, video or sound');
    const files = page.getByRole('group', { name: 'Files', exact: true }).getByRole('button');
    await files.filter({ hasText: 'bell' }).press('Enter');
    assert.equal(await files.count(), 2);
    await picture(page, 'rich-media');
    await page.getByLabel('Words in place of it').fill('A bell');
    await page.keyboard.press('Enter');
    await area(page).locator('audio').evaluate((sound) => sound.duration || new Promise((done) => sound.addEventListener('loadedmetadata', done)));
    await tool(page, 'Picture, video or sound').click();
    await files.filter({ hasText: 'leaf' }).click();
    await page.getByLabel('Size of the picture').selectOption('40x40');
    await page.getByRole('button', { name: 'Add to the text' }).click();
    await tool(page, 'Picture, video or sound').click();
    await page.getByLabel('Address of the file').fill('javascript:window.hacked=1//a.mp4');
    await page.getByRole('button', { name: 'Add to the text' }).click();
    await page.getByText('An address of a file begins with').waitFor();
    await page.keyboard.press('Escape');
    await save(page);
    const record = await stored(id);
    const at = (name) => `http[^"]*/api/files/pages/${id}/${record.files.find((file) => file.startsWith(name))}`;
    assert.match(record.story, new RegExp(`^${video}<p><audio src="${at('bell')}" controls="" title="A bell"></audio><img src="${at('leaf')}\\?thumb=40x40" alt=""></p>$`));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await tool(page, 'Picture, video or sound').click();
    await page.locator('.rich').scrollIntoViewIfNeeded();
    await picture(page, 'rich-media-phone-dark');
    await isWell(page);
  });

  test('a pasted picture waits in the text until it is stored in a field of the record', async () => {
    const id = await create('<p>Before after</p>', [[leaf, 'old.png']]);
    const page = await open(id, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 40 });
      const blob = await new Promise((done) => canvas.toBlob(done));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    });
    await area(page).focus();
    await page.keyboard.press('Control+Home');
    for (const _ of 'Before') await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Control+v');
    const row = page.getByRole('group', { name: 'Files that wait for a place' });
    await row.getByText('image.png is not stored yet. Store in').waitFor();
    assert.deepEqual(await row.getByLabel('Store in').locator('option').allInnerTexts(), ['This record: files', 'A new record of media: file']);
    await picture(page, 'rich-waiting');
    await page.locator('#f-name').fill('P2');
    await page.keyboard.press('Control+s');
    await page.getByText('image.png waits for a place. Store it or leave it out first.').waitFor();
    assert.equal((await stored(id)).name, 'P');
    await row.getByRole('button', { name: 'Store and show' }).press('Enter');
    await area(page).locator('img[src]').evaluate((image) => image.decode());
    assert.equal(await page.locator('[data-field=files] [data-item] .name').count(), 2); // the form shows the new file
    await page.locator('[data-live-changed]').waitFor({ state: 'hidden' });
    await page.getByText('2 changes: name, story').waitFor();
    await save(page);
    const { story: text, files, name } = await stored(id);
    assert.equal(name, 'P2');
    assert.equal(files.length, 2);
    assert.match(text, new RegExp(`^<p>Before<img src="http[^"]*/api/files/pages/${id}/${files[1]}" alt=""> after</p>$`));
    assert.doesNotMatch(text, /data:/);
    await isWell(page);
  });

  test('dropped files and pictures within pasted HTML: stored in another collection, refused, left out', async () => {
    const id = await create('<p>T</p>');
    const page = await open(id);
    const row = page.getByRole('group', { name: 'Files that wait for a place' });
    await area(page).focus();
    const data = `DATA:image/png;base64,${Buffer.from(leaf).toString('base64')}`;
    await hand(page, 'paste', { html: `<p>pasted <img src="${data}" alt="x"> text <img src="file:///tmp/a.png"><img src="blob:x"></p>`, files: [png] });
    await page.getByText('A picture of what you pasted was left out').first().waitFor();
    await tool(page, 'Picture, video or sound').click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await (await chooser).setFiles([{ name: 'chosen.png', mimeType: 'image/png', buffer: Buffer.from(leaf) }]);
    await row.getByText('chosen.png').waitFor();
    await hand(page, 'drop', { files: [png, [[1], 'a.pdf', 'application/pdf']] });
    await page.getByText('Left out: a.pdf').waitFor();
    await row.getByText(/leaf\.png.* are not stored yet/).waitFor();
    await row.getByLabel('Store in').selectOption('A new record of media: file');
    await row.getByRole('button', { name: 'Store and show' }).click();
    await row.waitFor({ state: 'hidden' });
    await hand(page, 'paste', { files: [[Array(150_000).fill(7), 'large.png', 'image/png']] });
    await row.getByLabel('Store in').selectOption('This record: files');
    await row.getByRole('button', { name: 'Store and show' }).click();
    await row.getByText(/large|size|bytes/i).last().waitFor();
    await picture(page, 'rich-refused');
    await row.getByRole('button', { name: 'Leave out' }).click();
    await row.waitFor({ state: 'hidden' });
    await save(page);
    const { story: text, files } = await stored(id);
    assert.equal(text.match(/\/api\/files\/media\/\w+\/\w+\.png/g).length, 3);
    assert.doesNotMatch(text, /data:|waits|file:/);
    assert.deepEqual(files, []);
    assert.equal((await stage.api('GET', '/api/collections/media/records')).totalItems, 3);
    await isWell(page);
  });

  test('without a public file field a pasted picture is refused with the reason; wrong uploads are refused', async () => {
    await stage.api('PATCH', '/api/collections/media', { listRule: '' });
    const page = await stage.signedIn();
    const post = (at, name, file) => page.request.post(`${stage.url}/_/c/${at}`, { multipart: { [name]: file } });
    const file = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(leaf) };
    assert.equal((await post('pages/media?field=secret', 'secret', file)).status(), 404);
    assert.equal((await post('pages/media?field=name', 'name', file)).status(), 404);
    assert.equal((await post('owned/media?field=file', 'file', file)).status(), 400);
    assert.equal((await post('media/media?field=file', 'file', { ...file, name: 'a.html', buffer: Buffer.from('<p>') })).status(), 400);
    assert.equal((await post('media/r/nothere/media?field=file', 'file', file)).status(), 404);
    assert.equal((await fetch(`${stage.url}/_/c/media/media?field=file`, { method: 'POST', redirect: 'manual' })).status, 303); // no session
    for (const name of ['media', 'pages', 'owned']) await stage.api('DELETE', `/api/collections/${name}`);
    await page.goto(`${stage.url}/_/c/notes/new`);
    await area(page).waitFor();
    await area(page).focus();
    await hand(page, 'paste', { files: [png] });
    const row = page.getByRole('group', { name: 'Files that wait for a place' });
    await row.getByText('leaf.png: no collection has a public file field for it.').waitFor();
    await picture(page, 'rich-no-place');
    await row.getByRole('button', { name: 'Leave out' }).click();
    await isWell(page);
  });

  test('full screen: the rest is out of reach, a save keeps it, Escape leaves it', async () => {
    const { id } = await stage.api('POST', '/api/collections/notes/records', { story: '<p>Alpha beta</p>' });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/notes?r=${id}`);
    await area(page).waitFor();
    await area(page).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Shift+Tab');
    await press(page, 'Full screen');
    const rich = page.locator('.rich.is-full');
    await rich.waitFor();
    assert.deepEqual(await rich.boundingBox(), { x: 0, y: 0, width: 1440, height: 900 });
    await page.keyboard.press('Control+ArrowRight');
    await page.keyboard.type('X ');
    await picture(page, 'rich-full');
    await page.keyboard.press('Control+s');
    await page.getByText('Saved', { exact: true }).waitFor();
    await rich.waitFor();
    await page.keyboard.type('Y');
    assert.match(await area(page).innerText(), /^Alpha ?X ?Y/);
    for (let i = 0; i < 8; i++) await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('.rich')));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'rich-full-phone-dark');
    await area(page).focus();
    await page.keyboard.press('Escape');
    await rich.waitFor({ state: 'detached' });
    assert.ok(await page.locator('.panel-form').isVisible());
    assert.equal(await page.locator('[inert]').count(), 0);
    await isWell(page);
  });
});
