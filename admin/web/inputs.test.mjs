// The larger inputs of a record: rich text, dates, points, passwords. An untouched value keeps its
// bytes, and scripts in HTML do not run in the editor.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pictures } from './looks.mjs';
import { attack, png as leaf } from './seed.mjs';
import { clipboard, hold, isWell, onStage, picture } from './stage.mjs';

const media = `<video src="javascript:window.hacked=1" poster="javascript:window.hacked=1" onerror="window.hacked=1" autoplay controls><source src=" java\nscript:window.hacked=1" type="video/mp4" onerror="window.hacked=1"></video>` +
  `<audio src="data:text/html,<script>window.hacked=1</script>" onloadstart="window.hacked=1" autoplay></audio><video><source src="https://evil.example/a.mp4"></video>` +
  `<p align="x" onclick="window.hacked=1" style="position:fixed;inset:0;background-image:url(javascript:window.hacked=1);color:red;text-align:center" data-rich-waits="1">P</p>` +
  `<font color="x;background:url(//evil.example)" onclick="window.hacked=1">F</font><svg><image href="javascript:window.hacked=1"/><foreignObject><audio src=x onerror="window.hacked=1"></audio></foreignObject></svg>`;
const evil = `${attack}<iframe src="javascript:window.hacked=1"></iframe><style>body{display:none}</style><a href="java\tscript:window.hacked=1">a</a>` +
  `<math><mtext><mglyph><svg><mtext><textarea><path id="</textarea><img onerror=window.hacked=1 src=1>"></path></textarea></mtext></svg></mglyph></mtext></math>`;

await onStage(async (stage) => {
  await stage.superuser();
  await stage.api('POST', '/api/collections', {
    name: 'places', type: 'base', fields: [
      { name: 'name', type: 'text', presentable: true },
      { name: 'story', type: 'editor' },
      { name: 'opened', type: 'date' },
      { name: 'at', type: 'geoPoint' },
      { name: 'key', type: 'password', min: 12, max: 20 },
      { name: 'pictures', type: 'file', maxSelect: 3 },
    ],
  });
  const create = async (body) => (await stage.api('POST', '/api/collections/places/records', body)).id;
  const stored = (id) => stage.api('GET', `/api/collections/places/records/${id}`);
  const open = async (id, options) => {
    const page = await stage.signedIn({ timezoneId: 'Europe/Oslo', ...options });
    await page.goto(`${stage.url}/_/c/places/r/${id}`);
    await page.locator('.rich-bar').waitFor();
    await page.locator('.geo-map').waitFor();
    await page.locator('[data-date-open]').waitFor();
    return page;
  };
  const area = (page) => page.getByRole('textbox', { name: 'story' });
  const source = (page) => page.locator('#f-story');
  const tool = (page, name) => page.getByRole('toolbar', { name: 'Format of story' }).getByRole('button', { name });
  const save = async (page) => {
    await page.keyboard.press('Control+s');
    await page.waitForFunction(() => !document.querySelector('.is-changed'));
  };
  const unharmed = async (page) => assert.equal(await page.evaluate(() => window.hacked), undefined);

  test('a whole number has buttons for one more and one less, within its limits', async () => {
    await stage.api('POST', '/api/collections', {
      name: 'stocks', type: 'base', fields: [{ name: 'left', type: 'number', onlyInt: true, min: -1, max: 2 }, { name: 'seen', type: 'number', onlyInt: true }, { name: 'price', type: 'number' }],
    });
    const { id } = await stage.api('POST', '/api/collections/stocks/records', { left: 1, seen: 9007199254740991 });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/stocks/r/${id}`);
    const press = async (name, value) => {
      const [field] = name.split(',');
      await page.getByRole('button', { name, exact: true }).press('Enter');
      assert.equal(await page.locator(`#f-${field}`).inputValue(), value);
      await page.locator('#said', { hasText: `${field}: ${value}` }).waitFor({ state: 'attached' });
    };
    for (const value of ['2', '2']) await press('left, one more', value);
    for (const value of ['1', '0', '-1', '-1']) await press('left, one less', value);
    await press('seen, one more', '9007199254740992');
    assert.equal(await page.getByRole('button', { name: /^price, one/ }).count(), 0);
    await pictures(page, 'whole-number');
    await save(page);
    const { left, seen } = await stage.api('GET', `/api/collections/stocks/records/${id}`);
    assert.deepEqual([left, seen], [-1, 9007199254740992]);
    await page.locator('#f-left').fill('1.5'); // no whole number: the buttons change nothing
    await page.getByRole('button', { name: 'left, one more' }).click();
    assert.equal(await page.locator('#f-left').inputValue(), '1.5');
    await page.keyboard.press('Control+s');
    await page.locator('[data-error=left]:not([hidden])').waitFor();
    const edge = (name) => page.locator(`[data-field=${name}] :is(.input, .input-wrap)`).evaluate((e) => getComputedStyle(e).borderTopColor);
    await page.locator('#f-seen').focus(); // an input with the focus has an outline instead
    assert.notEqual(await edge('left'), await edge('price'));
    await page.locator('#f-left').fill('');
    await press('left, one more', '1');
    await isWell(page);
  });

  test('after an edit of one field the bytes of all others are equal; a copied cell is whole', async () => {
    const { id: kinds } = await stage.api('POST', '/api/collections', {
      name: 'kinds', type: 'base', fields: [
        { name: 'name', type: 'text', presentable: true }, { name: 'long', type: 'text', max: 5000 }, { name: 'html', type: 'editor' }, { name: 'n', type: 'number' },
        { name: 'tiny', type: 'number' }, { name: 'day', type: 'date' }, { name: 'chosen', type: 'select', maxSelect: 3, values: ['a', 'b', 'c'] },
        { name: 'doc', type: 'json' }, { name: 'at', type: 'geoPoint' }, { name: 'mail', type: 'email' }, { name: 'web', type: 'url' }, { name: 'is', type: 'bool' },
      ],
    });
    const path = `/api/collections/${kinds}/records`;
    const long = `line\r\n\ttwo  ${'x'.repeat(2000)} `;
    const values = `"long":${JSON.stringify(long)},"html":"<P CLASS=a>x\\r\\n<br/>&#233; <font size=7>y</font>","n":0.1,"tiny":5e-324,"day":"2027-03-15 07:00:00.007Z","chosen":["c","a"],` +
      '"doc":{"big":12345678901234567890,"z":1.10,"a":[1e400]},"at":{"lon":0.1234567890123,"lat":-0.3},"mail":"A@Example.com","web":"https://example.com/%7Ea?b=%20c"';
    const raw = async (method, at, body) => (await fetch(stage.url + at, { method, body, headers: { Authorization: stage.token, 'Content-Type': 'application/json' } })).text();
    const made = await raw('POST', path, `{"name":"K",${values}}`);
    const { id } = JSON.parse(made);
    assert.ok(id, made);
    const before = await raw('GET', `${path}/${id}`);
    assert.match(before, /"big":12345678901234567890/);
    const page = await stage.signedIn({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${stage.url}/_/c/kinds?r=${id}`);
    for (const at of ['.rich-bar', '[data-date-open]', '.geo-map']) await page.locator(at).waitFor();
    await page.locator('#f-name').fill('K2');
    await save(page);
    const after = before.replace('"name":"K"', '"name":"K2"');
    assert.equal(await raw('GET', `${path}/${id}`), after);
    const input = (name) => page.locator(`#f-${name}`);
    let now = after;
    for (const [name, edit, from, to] of [
      ['html', () => input('html').fill('<p>é</p>'), /"html":"(\\"|[^"])*"/, '"html":"<p>é</p>"'],
      ['n', () => input('n').fill('0.30000000000000004'), '"n":0.1', '"n":0.30000000000000004'],
      ['tiny', () => input('tiny').fill('1e21'), '"tiny":5e-324', '"tiny":1e+21'],
      ['day', () => input('day').fill('2028-01-02T00:00:00.5Z'), '"day":"2027-03-15 07:00:00.007Z"', '"day":"2028-01-02 00:00:00.500Z"'],
      ['chosen', () => page.getByRole('checkbox', { name: 'b', exact: true }).check(), '["c","a"]', '["c","a","b"]'],
      ['doc', () => input('doc').fill('{"big":98765432109876543210}'), /"doc":\{.*?\}/, '"doc":{"big":98765432109876543210}'],
      ['at.lat at.lon', () => page.getByLabel('Latitude').fill('1.5'), '"lat":-0.3', '"lat":1.5'],
      ['mail', () => input('mail').fill('b@example.com'), 'A@Example.com', 'b@example.com'],
      ['web', () => input('web').fill('https://example.com/'), 'https://example.com/%7Ea?b=%20c', 'https://example.com/'],
      ['is', () => input('is').check(), '"is":false', '"is":true'],
    ]) {
      const request = page.waitForRequest((one) => one.method() === 'POST');
      await edit();
      await save(page);
      assert.deepEqual([...(await request).postData().matchAll(/name="([^"]+)"/g)].map((found) => found[1]).filter((sent, i, all) => all.indexOf(sent) === i), ['_base', ...name.split(' ')]);
      const edited = now.replace(from, to);
      assert.notEqual(edited, now, name);
      assert.equal(await raw('GET', `${path}/${id}`), edited);
      for (const at of ['.rich-bar', '[data-date-open]', '.geo-map']) await page.locator(at).waitFor();
      now = edited;
    }
    await raw('PATCH', `${path}/${id}`, `{${values},"is":false}`);
    await page.reload();
    const menu = async (name) => {
      await page.getByRole('button', { name: 'Duplicate, copy, delete' }).click();
      await page.locator('#record-menu').getByText(name).click();
    };
    await menu('Copy as JSON');
    await clipboard(page, after);
    await menu('Duplicate');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created', { exact: true }).waitFor();
    const copy = await page.locator('[data-record]').getAttribute('data-record');
    assert.equal(await raw('GET', `${path}/${copy}`), after.replaceAll(id, copy).replaceAll('\\r\\n', '\\n')); // forms send other line ends
    await stage.api('PATCH', `${path}/${id}`, { long: '\n\nsecond' });
    await page.goto(`${stage.url}/_/c/kinds?r=${id}`);
    await page.locator('#f-long').press('Control+End');
    await page.keyboard.type('!');
    await save(page);
    assert.equal((await stage.api('GET', `${path}/${id}`)).long, '\n\nsecond!'); // with the line breaks at the beginning
    await stage.api('PATCH', `${path}/${id}`, { long });
    await page.reload();
    await page.keyboard.press('Escape');
    await page.locator(`[data-row="${id}"] td`).nth(3).focus();
    await page.keyboard.press('Control+c');
    await clipboard(page, long);
    await isWell(page);
  });

  test('rich text: what is typed and formatted is stored, by keys', async () => {
    const id = await create({ name: 'A' });
    const page = await open(id);
    await area(page).focus();
    await page.keyboard.type('One ');
    await page.keyboard.press('Control+b');
    await page.keyboard.type('two');
    await page.keyboard.press('Control+b');
    await page.keyboard.press('Enter');
    await page.keyboard.type('list');
    await page.keyboard.press('Shift+Tab'); // the toolbar is one Tab stop
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Style of the paragraph');
    for (const name of ['Bold', 'Italic', 'Bulleted list']) {
      await page.keyboard.press('ArrowRight');
      assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), name);
    }
    await page.keyboard.press('Enter');
    assert.equal(await tool(page, 'Bulleted list').getAttribute('aria-pressed'), 'true');
    await page.keyboard.press('Shift+Home');
    await tool(page, 'Link').click();
    const address = page.getByRole('textbox', { name: 'Address of the link' });
    await address.fill('javascript:window.hacked=1');
    await address.press('Enter');
    await page.getByText('An address begins with').waitFor();
    await address.fill('https://example.com/?a=1&b="2"');
    await address.press('Enter');
    await page.getByText('1 change: story').waitFor();
    await picture(page, 'rich');
    await save(page);
    assert.equal((await stored(id)).story, '<p>One <b>two</b></p><ul><li><a href="https://example.com/?a=1&amp;b=&quot;2&quot;">list</a></li></ul>');
    await isWell(page);
  });

  test('rich text: a value that is not touched, or whose edits are taken back, keeps its bytes', async () => {
    const story = '<P align=center>Un<b>closed <br/>&eacute;&nbsp;<span style="color:#E03E2D; text-align: right">red</span>\n\n<table><tr><td>1</table>';
    const id = await create({ name: 'B', story });
    const page = await open(id);
    assert.equal(await source(page).isVisible(), false);
    assert.equal(await area(page).getByText('red').evaluate((e) => getComputedStyle(e).color), 'rgb(224, 62, 45)');
    await page.keyboard.press('Control+s');
    await page.getByText('Nothing was changed').waitFor();
    await page.locator('#f-name').fill('B2');
    await area(page).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('x');
    await page.getByText('2 changes').waitFor();
    await page.keyboard.press('Backspace');
    await page.getByText('1 change: name').waitFor();
    await save(page);
    assert.deepEqual([(await stored(id)).name, (await stored(id)).story], ['B2', story]);
    await tool(page, 'HTML source').click();
    assert.equal(await source(page).inputValue(), story);
    await source(page).fill('<p>raw <u>bytes</u></P>');
    await save(page);
    assert.equal((await stored(id)).story, '<p>raw <u>bytes</u></P>');
    await isWell(page);
  });

  for (const [name, html, lost] of [['elements', evil, 'onerror, <script>, <svg>'], ['media and styles', media, 'script in src, poster, onerror, autoplay, onloadstart']]) test(`attack: stored, pasted and dropped HTML runs nothing: ${name}`, async () => {
    const id = await create({ name: 'C', story: html });
    const page = await open(id);
    await page.getByText(`The rich text view leaves out ${lost}`).waitFor();
    assert.equal(await source(page).inputValue(), html);
    await picture(page, 'rich-attack');
    await tool(page, 'HTML source').click();
    await area(page).waitFor();
    const inside = () => area(page).evaluate((e) => [...e.querySelectorAll('*')].flatMap((n) => [n.localName, ...[...n.attributes].map((a) => `${n.localName} ${a.name}`)]));
    const harmless = async () => {
      const names = await inside();
      for (const bad of ['script', 'style', 'iframe', 'svg', 'math', 'textarea', 'a href']) assert.ok(!names.includes(bad), `${bad} in ${names}`);
      assert.ok(!names.some((name) => / on|srcdoc|data-(?!rich-(src|class|id)$)|hx-|poster|autoplay/.test(name)), String(names));
      const loaded = await area(page).evaluate((e) => [...e.querySelectorAll('[src]')].map((n) => n.getAttribute('src')).filter((src) => !src.startsWith('/_/files/')));
      assert.deepEqual(loaded, []);
      const styles = await area(page).evaluate((e) => [...e.querySelectorAll('[style]')].flatMap((n) => [...n.style]));
      assert.deepEqual([...new Set(styles)].filter((name) => !['color', 'text-align'].includes(name)), []);
      await unharmed(page);
    };
    await page.getByText(/The rich text view leaves out/).waitFor(); // after leaving the source view, the warning stays
    await harmless();
    for (const kind of ['insertFromPaste', 'insertFromDrop']) {
      await area(page).evaluate((node, [html, inputType]) => {
        node.focus();
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/html', `${html}<p class="scrim" id="main" data-copy="x" hx-get="/_/x" style="position:fixed">kept ${inputType}</p>`);
        node.dispatchEvent(new InputEvent('beforeinput', { inputType, dataTransfer, bubbles: true, cancelable: true }));
      }, [html, kind]);
      await area(page).getByText(`kept ${kind}`).waitFor();
      await harmless();
    }
    await save(page);
    const { story } = await stored(id);
    assert.doesNotMatch(story, / on\w+=|<script|<style|<iframe|<font|script:|hx-get|position|url\(|autoplay|poster|text\/html|data-rich/);
    if (html === media) assert.match(story, /<video controls=""><source type="video\/mp4"><\/video><audio><\/audio><video><source src="https:\/\/evil.example\/a.mp4"><\/video>/);
    await unharmed(page);
    await isWell(page);
  });

  test('rich text: tables, pictures of the record, classes that are not the console\'s', async () => {
    const body = new FormData();
    body.append('name', 'D');
    body.append('story', '<p class="scrim" id="main">Text</p>');
    body.append('pictures', new Blob([leaf], { type: 'image/png' }), 'leaf.png');
    const id = await create(body);
    const page = await open(id);
    assert.equal(await area(page).locator('.scrim, #main').count(), 0);
    await area(page).focus();
    await page.keyboard.press('Control+End');
    await tool(page, 'Picture, video or sound').click();
    const found = page.getByRole('group', { name: 'Files', exact: true }).getByRole('button');
    await page.getByLabel('Files from').selectOption('places');
    await found.first().waitFor();
    await page.getByLabel('Find files').fill('nothing like this');
    await page.getByText('No pictures, videos or sounds').waitFor();
    await page.getByLabel('Find files').fill('D');
    await found.filter({ hasText: 'D' }).click();
    const address = await page.getByLabel('Address of the file').inputValue();
    assert.match(address, new RegExp(`/api/files/places/${id}/leaf`));
    await page.getByLabel('Files from').selectOption('This record');
    await found.click();
    assert.equal(await page.getByLabel('Address of the file').inputValue(), address);
    await page.getByLabel('Words in place of it').fill('A "leaf"');
    await picture(page, 'rich-picture');
    await page.getByRole('button', { name: 'Add to the text' }).click();
    await area(page).locator('img').evaluate((image) => image.decode());
    await tool(page, 'Table').click();
    await page.getByRole('button', { name: 'New table' }).click();
    await area(page).locator('th').first().click();
    await tool(page, 'Table').click();
    await page.getByRole('button', { name: 'Column after' }).click();
    await tool(page, 'Table').click();
    await page.getByRole('button', { name: 'Delete the row' }).click();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await area(page).scrollIntoViewIfNeeded();
    await picture(page, 'rich-phone-dark');
    await save(page);
    const { story, pictures } = await stored(id);
    assert.match(story, new RegExp(`^<p class="scrim" id="main">Text<img src="http[^"]*/api/files/places/${id}/${pictures[0]}" alt="A &quot;leaf&quot;"></p>`));
    assert.match(story, /<table>.*<tr>(<td><br><\/td>){4}<\/tr>/);
    await isWell(page);
  });

  test('a date: typed, by calendar, in a zone; what is not touched keeps its milliseconds', async () => {
    const id = await create({ name: 'E', opened: '2027-03-15 07:00:00.123Z' });
    const page = await stage.signedIn({ timezoneId: 'Europe/Oslo' });
    const text = page.locator('#f-opened');
    const dates = page.locator('[data-field=opened]');
    const held = await hold(page, /\/date\b[^/]*\.js/);
    await page.goto(`${stage.url}/_/c/places/r/${id}`);
    await text.fill('2027-03-15 09:30');
    await held.release();
    await dates.getByText('Stored as 2027-03-15 08:30:00.000Z').waitFor();
    assert.equal(await text.inputValue(), '2027-03-15 09:30');
    await text.fill('2027-03-15 08:00:00.123');
    await dates.getByText('Stored as 2027-03-15 07:00:00.123Z').waitFor();
    await dates.getByLabel('Time zone of opened').selectOption('UTC');
    assert.equal(await text.inputValue(), '2027-03-15 07:00:00.123');
    await page.keyboard.press('Control+s');
    await page.getByText('Nothing was changed').waitFor();
    await dates.getByLabel('Time zone of opened').selectOption('Europe/Oslo');
    await text.fill('2027-07-01 08:30');
    await dates.getByText('Stored as 2027-07-01 06:30:00.000Z').waitFor();
    await text.fill('2027-07-01T08:30:00.5-05:00');
    await dates.getByText('Stored as 2027-07-01 13:30:00.500Z').waitFor();
    await text.fill('2027-03-28 02:30'); // this hour does not exist in Oslo
    await dates.getByText('Stored as 2027-03-28 01:30:00.000Z').waitFor();
    await text.fill('tomorrow 14:30');
    await dates.getByText(/^Stored as \d{4}-\d\d-\d\d 1[23]:30:00\.000Z$/).waitFor();
    await text.fill('soon');
    await dates.getByText('This is no time yet').waitFor();
    await text.fill('2027-03-15 08:00:00.123');
    await page.getByText(/1 change/).waitFor({ state: 'detached' });
    await dates.getByRole('button', { name: 'Calendar of opened' }).press('Enter');
    const calendar = page.getByRole('dialog', { name: 'Calendar of opened' });
    await calendar.waitFor();
    await picture(page, 'date');
    for (const key of ['PageDown', 'ArrowRight', 'ArrowDown', 'Enter']) await page.keyboard.press(key); // 23 April, in summer time
    await dates.getByText('Stored as 2027-04-23 06:00:00.123Z').waitFor();
    await calendar.getByLabel('Time of day').fill('22:15:30');
    await dates.getByText('Stored as 2027-04-23 20:15:30.123Z').waitFor();
    await page.keyboard.press('Escape');
    await calendar.waitFor({ state: 'detached' });
    await save(page);
    assert.equal((await stored(id)).opened, '2027-04-23 20:15:30.123Z');
    await page.getByRole('button', { name: 'Clear opened' }).click();
    await save(page);
    assert.equal((await stored(id)).opened, '');
    await isWell(page);
  });

  test('a point: the map by pointer and keys, my place, one number alone', async () => {
    const at = { lon: 12.551234567, lat: 56.34 };
    const id = await create({ name: 'F', at });
    const page = await open(id, { geolocation: { latitude: 59.91, longitude: 10.75 }, permissions: ['geolocation'] });
    const map = page.getByRole('application');
    const [lat, lon] = [page.getByLabel('Latitude'), page.getByLabel('Longitude')];
    const where = async () => [Number(await lat.inputValue()), Number(await lon.inputValue())];
    assert.match(await map.getAttribute('aria-label'), /56.34° north, 12.551234567° east/);
    await page.keyboard.press('Control+s');
    await page.getByText('Nothing was changed').waitFor();
    await lat.fill('57');
    await save(page);
    assert.deepEqual((await stored(id)).at, { lon: at.lon, lat: 57 });
    await map.focus();
    await picture(page, 'map');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowUp');
    assert.deepEqual(await where(), [58.8, 14.4]); // the view is 90 degrees wide, a step a fiftieth
    await page.locator('[data-said]').getByText('58.8° north, 14.4° east').waitFor({ state: 'attached' });
    await page.keyboard.press('+');
    await page.keyboard.press('Shift+ArrowLeft');
    assert.deepEqual(await where(), [58.8, 14.355]);
    await map.scrollIntoViewIfNeeded();
    const box = await map.boundingBox();
    await page.mouse.click(box.x + box.width * 0.6, box.y + box.height * 0.6);
    const clicked = await where();
    assert.notDeepEqual(clicked, [58.8, 14.355]);
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
    await page.mouse.up();
    const dragged = await where();
    assert.ok(dragged[0] > clicked[0] && dragged[1] < clicked[1], `${clicked} was dragged to ${dragged}`);
    await page.getByRole('button', { name: 'Use my place' }).click();
    await page.waitForFunction(() => document.querySelector('[name="at.lat"]').value === '59.91');
    await save(page);
    assert.deepEqual((await stored(id)).at, { lon: 10.75, lat: 59.91 });
    assert.equal((await page.request.post(`${stage.url}/_/c/places/r/${id}`, { form: { 'at.lat': '1' } })).status(), 422); // a point without a longitude
    assert.deepEqual((await stored(id)).at, { lon: 10.75, lat: 59.91 });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await map.scrollIntoViewIfNeeded();
    await picture(page, 'map-phone-dark');
  });

  test('JSON: a mistake is said with its place, and the format changes no digit', async () => {
    await stage.api('POST', '/api/collections', { name: 'papers', type: 'base', fields: [{ name: 'title', type: 'text' }, { name: 'doc', type: 'json' }] });
    const { id } = await stage.api('POST', '/api/collections/papers/records', { title: 'P', doc: { a: 1 } });
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/papers/r/${id}`);
    const [doc, field] = [page.locator('#f-doc'), page.locator('[data-field=doc]')];
    await field.getByText('json · valid').waitFor();
    for (const [text, words] of [
      ['{"a": 1,\n "b" 2}', 'Line 2, column 6: a colon is expected.'], ['[1, 2', 'Line 1, column 6: a comma or ] is expected.'], ['{"a": tru}', 'Line 1, column 7: a value is expected.'],
      ['[1,]', 'Line 1, column 4: a value is expected.'], ["{'a': 1}", 'Line 1, column 2: a name in double quotes is expected.'], ['1 2', 'Line 1, column 3: the end of the text is expected.'], ['"a\tb"', 'Line 1, column 1: a value is expected.'],
    ]) {
      await doc.fill(text);
      await field.getByText(words).waitFor();
    }
    await field.getByText('json · not valid').waitFor();
    await doc.fill('{"big":12345678901234567890,"n":1.10,"empty":[],"list":[{"x":"a, {b}: \\"c\\""},null]}');
    await field.getByText('json · valid').waitFor();
    await doc.press('Shift+Alt+f');
    const laid = '{\n  "big": 12345678901234567890,\n  "n": 1.10,\n  "empty": [],\n  "list": [\n    {\n      "x": "a, {b}: \\"c\\""\n    },\n    null\n  ]\n}';
    assert.equal(await doc.inputValue(), laid);
    await picture(page, 'json');
    await doc.press('Control+z');
    assert.match(await doc.inputValue(), /^{"big":12345678901234567890,"n":1.10,/);
    await field.getByRole('button', { name: 'Format' }).click();
    await save(page);
    const stored = await (await fetch(`${stage.url}/api/collections/papers/records/${id}`, { headers: { Authorization: stage.token } })).text();
    assert.ok(stored.replace(/\s/g, '').includes(laid.replace(/\s/g, '')), stored);
    await isWell(page);
  });

  test('files: chosen, dropped and pasted ones are listed with a preview, ordered and taken out', async () => {
    const id = await create({ name: 'H' });
    const page = await stage.signedIn();
    const held = await hold(page, /\/files\b[^/]*\.js/);
    await page.goto(`${stage.url}/_/c/places/r/${id}`);
    const png = { name: 'leaf.png', mimeType: 'image/png', buffer: Buffer.from(leaf) };
    const names = () => page.locator('[data-new-files] .name').allInnerTexts();
    const hand = (on, type, name) => on.evaluate((node, [type, name]) => {
      const data = new DataTransfer();
      data.items.add(new File(['text'], name, { type: 'text/plain' }));
      node.dispatchEvent(type === 'drop' ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }) : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, [type, name]);
    await page.locator('input[type=file]').setInputFiles([png]);
    await held.release();
    await page.locator('[data-new-files] img').evaluate((image) => image.decode());
    await page.locator('input[type=file]').setInputFiles([{ name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.alloc(5 * 2 ** 20 + 1) }]);
    await page.locator('[data-new-files] .is-bad').getByText('larger than 5.2 MB').waitFor();
    await page.keyboard.press('Control+s');
    await page.getByText('large.txt is larger than 5.2 MB. Remove it first.').waitFor();
    await page.keyboard.press('Enter'); // presses the focused button
    await hand(page.locator('.drop'), 'drop', attack);
    await hand(page.locator('input[type=file]'), 'paste', 'c.txt');
    assert.deepEqual(await names(), ['leaf.png', attack, 'c.txt']);
    await page.locator('.drop').scrollIntoViewIfNeeded();
    await picture(page, 'files-new');
    await page.getByRole('button', { name: /^Move c\.txt/ }).press('Alt+ArrowUp');
    await page.getByRole('button', { name: /^Move c\.txt/ }).press('Alt+ArrowUp');
    await page.getByRole('button', { name: /^Remove <img/ }).click();
    assert.deepEqual(await names(), ['c.txt', 'leaf.png']);
    await save(page);
    const { pictures } = await stored(id);
    assert.match(pictures.join(), /^c\w*\.txt,leaf\w*\.png$/);
    await unharmed(page);
    await isWell(page);
  });

  test('related records, stored files and chosen options are moved by keys, which is announced', async () => {
    const { id: shelf } = await stage.api('POST', '/api/collections', { name: 'books', type: 'base', fields: [{ name: 'title', type: 'text', presentable: true }] });
    const books = await Promise.all(['One', 'Two'].map((title) => stage.api('POST', '/api/collections/books/records', { title })));
    const values = Array.from({ length: 14 }, (_, i) => `option ${i}`);
    await stage.api('POST', '/api/collections', { name: 'lists', type: 'base', fields: [
      { name: 'books', type: 'relation', collectionId: shelf, maxSelect: 5 }, { name: 'files', type: 'file', maxSelect: 5 }, { name: 'options', type: 'select', maxSelect: 9, values },
    ] });
    const body = new FormData();
    for (const book of books) body.append('books', book.id);
    for (const name of ['first.txt', 'second.txt']) body.append('files', new Blob(['text']), name);
    for (const value of ['option 3', 'option 1']) body.append('options', value);
    const before = await stage.api('POST', '/api/collections/lists/records', body);
    const page = await stage.signedIn();
    await page.goto(`${stage.url}/_/c/lists/r/${before.id}`);
    const said = (words) => page.locator('#said').getByText(words).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Move Two (' }).press('Alt+ArrowUp');
    await said('Two is 1 of 2');
    await page.getByRole('button', { name: /^Move second_/ }).press('Alt+ArrowUp');
    await said(/^second_\w+\.txt is 1 of 2$/);
    await page.getByLabel('option 7', { exact: true }).check();
    assert.equal(await page.getByRole('button', { name: 'Move option 2 (' }).count(), 0); // option 2 is not chosen
    await page.getByRole('button', { name: 'Move option 7 (' }).press('Alt+ArrowUp');
    await said('option 7 is 2 of 3');
    await page.getByRole('button', { name: 'Move option 7 (' }).press('Alt+ArrowUp');
    await said('option 7 is 1 of 3');
    await page.getByRole('searchbox', { name: 'Find an option of options' }).fill('12');
    assert.deepEqual(await page.locator('.check-item:visible').allInnerTexts(), ['option 7', 'option 3', 'option 1', 'option 12']);
    await picture(page, 'options');
    await save(page);
    const after = await stage.api('GET', `/api/collections/lists/records/${before.id}`);
    assert.deepEqual([after.books, after.files, after.options], [before.books.toReversed(), before.files.toReversed(), ['option 7', 'option 3', 'option 1']]);
    const [from, to] = await Promise.all(['option 1', 'option 7'].map((name) => page.getByRole('button', { name: `Move ${name} (` }).boundingBox()));
    await page.mouse.move(from.x + 4, from.y + 8);
    await page.mouse.down();
    await page.mouse.move(to.x - 60, to.y + 8, { steps: 6 });
    await page.mouse.up();
    await said('option 1 is 1 of 3');
    await isWell(page);
  });

  test('stored pictures and sounds have a preview, also by keys', async () => {
    const body = new FormData();
    body.append('name', 'I');
    body.append('pictures', new Blob([leaf], { type: 'image/png' }), `${attack}.png`);
    body.append('pictures', new Blob(['RIFF']), 'bell.wav');
    body.append('pictures', new Blob(['text']), 'notes.txt');
    const id = await create(body);
    const page = await stage.signedIn();
    const held = await hold(page, /\/preview\b[^/]*\.js/);
    await page.goto(`${stage.url}/_/c/places/r/${id}`);
    await page.getByRole('button', { name: 'Preview' }).first().press('Enter');
    await held.release();
    const dialog = page.getByRole('dialog');
    await dialog.locator('img').evaluate((image) => image.decode());
    assert.equal(await dialog.getByRole('button', { name: 'Previous file' }).isDisabled(), true);
    await picture(page, 'preview-file');
    await page.keyboard.press('ArrowRight');
    await dialog.locator('audio').waitFor();
    await page.keyboard.press('ArrowLeft');
    await dialog.locator('img').waitFor();
    await page.keyboard.press('ArrowRight');
    await dialog.getByRole('heading', { name: /^bell/ }).waitFor();
    const download = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download' }).click();
    assert.match((await download).suggestedFilename(), /^bell\w*\.wav$/);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'preview-file-phone-dark');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Preview bell/);
    await unharmed(page);
    await isWell(page);
  });

  test('a password is generated within the limits of its field, shown and copied', async () => {
    const id = await create({ name: 'G' });
    const page = await open(id, { permissions: ['clipboard-read', 'clipboard-write'] });
    const key = page.locator('#f-key');
    await page.getByRole('button', { name: 'Generate' }).click();
    const made = await key.inputValue();
    assert.match(made, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-_.])[\w.-]{20}$/);
    assert.equal(await key.getAttribute('type'), 'text');
    await page.getByRole('button', { name: 'Copy key' }).click();
    await clipboard(page, made);
    await page.getByRole('button', { name: 'Show key' }).click();
    assert.equal(await key.getAttribute('type'), 'password');
    await save(page);
    assert.equal(await key.inputValue(), '');
    await isWell(page);
  });
});
