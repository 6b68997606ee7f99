// Stored files as clients get them: types, ranges, caching, thumbs, protected files.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { eventually, everybody, refused, start } from './app.mjs';
import { browse, chromium } from './browser.mjs';

const app = await start();
const { root } = app;
const guest = app.guest();

const docs = await app.open('docs', [
  { name: 'title', type: 'text' },
  { name: 'files', type: 'file', maxSelect: 20, thumbs: ['30x0', '0x20', '20x20f', '900x900f', '10x90t', '40x10t', '90x10b'] },
  { name: 'owner', type: 'text' },
  { name: 'secrets', type: 'file', maxSelect: 5, protected: true },
], { viewRule: "owner = @request.auth.id && @request.context = 'protectedFile' || title = 'seen'" });
await root.collections.create({ name: 'gallery', type: 'view', viewRule: null, viewQuery: 'SELECT id, title, files AS pictures, secrets FROM docs' });
await root.collections.create({ name: 'wall', type: 'view', viewRule: '', viewQuery: 'SELECT id, pictures, secrets FROM gallery' });

/** A PNG of the rows. sum computes its CRC-32 where zlib.crc32 is missing, as in Node 20. */
function png(width, height, rows = noise(width, height)) {
  const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
  const sum = crc32 ?? ((data) => { let c = ~0; for (const byte of data) c = table[(c ^ byte) & 255] ^ (c >>> 8); return ~c >>> 0; });
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(sum(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function noise(width, height) {
  const rows = Buffer.alloc(height * (3 * width + 1));
  for (let i = 0, value = 1; i < rows.length; i++) {
    value = (value * 48271) % 2147483647;
    rows[i] = i % (3 * width + 1) ? value & 255 : 0;
  }
  return rows;
}

const picture = png(240, 120);
const contents = {
  'photo.png': picture,
  'page.html': '<!doctype html><script>alert(1)</script>',
  'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  'code.js': 'alert(1)',
  'style.css': 'a{}',
  'words.txt': 'x'.repeat(5000),
  'svg.html': '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject></svg>',
  'html.svg': '<html><svg onload="alert(1)" xmlns="http://www.w3.org/2000/svg"></svg></html>',
  'gif.html': 'GIF89a/*<svg/onload=alert(1)>*/=1;alert(1)',
  '填报指南.pdf': '%PDF-1.4\n%%EOF\n',
  'evil\u202Egpj.exe': 'MZ',
};
const record = await root.collection('docs').create({
  title: 'all', files: Object.entries(contents).map(([name, content]) => new File([content], name)),
});
const stored = Object.fromEntries(Object.keys(contents).map((name, i) => [name, record.files[i]]));

/** A request for a file, by the URL that the SDK makes. */
async function get(name, query = {}, { headers = {}, method = 'GET', of = record } = {}) {
  const response = await fetch(guest.files.getURL(of, name, query), { method, headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

test('a file comes as it was stored, with the documented headers', async () => {
  const answer = await get(stored['photo.png']);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.bytes, picture);
  const { headers } = answer;
  assert.equal(headers.get('content-type'), 'image/png');
  assert.equal(headers.get('content-disposition'), `inline; filename="${stored['photo.png']}"`);
  assert.equal(headers.get('content-security-policy'), "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
  assert.equal(headers.get('cache-control'), 'max-age=2592000, stale-while-revalidate=86400');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), null);
  assert.equal(headers.get('accept-ranges'), 'bytes');
  assert.ok(headers.get('last-modified') && headers.get('etag'));
  const head = await get(stored['photo.png'], {}, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), head.bytes.length], [200, String(picture.length), 0]);
});

test('what could run in a browser is saved, not shown', async () => {
  const types = { 'page.html': /^text\/html/, 'drawing.svg': /^image\/svg\+xml$/, 'code.js': /^text\/javascript$/, 'style.css': /^text\/css$/, 'words.txt': /^text\/plain/ };
  for (const [name, type] of Object.entries(types)) {
    const { headers } = await get(stored[name]);
    assert.match(headers.get('content-type'), type);
    assert.equal(headers.get('content-disposition'), `attachment; filename="${stored[name]}"`);
    assert.match(headers.get('content-security-policy'), /sandbox/);
  }
  // A file that is valid in two formats is saved, or is shown in the format that runs no scripts.
  const polyglots = { 'svg.html': [/^(image\/svg\+xml|text\/html)/, /^attachment/], 'html.svg': [/^image\/svg\+xml$/, /^attachment/], 'gif.html': [/^image\/gif$/, /^inline/] };
  for (const [name, [type, disposition]] of Object.entries(polyglots)) {
    const { headers } = await get(stored[name]);
    assert.match(headers.get('content-type'), type);
    assert.match(headers.get('content-disposition'), disposition);
    assert.match(headers.get('content-security-policy'), /^default-src 'none';.*; sandbox$/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
  assert.match((await get(stored['填报指南.pdf'])).headers.get('content-disposition'), /^inline/);
  for (const yes of ['1', 't', 'true', 'TRUE']) {
    assert.match((await get(stored['photo.png'], { download: yes })).headers.get('content-disposition'), /^attachment/);
  }
  for (const no of ['0', 'false', 'no']) {
    assert.match((await get(stored['photo.png'], { download: no })).headers.get('content-disposition'), /^inline/);
  }
});

test('the type is that of the content, but for some extensions', async () => {
  const inline = {
    'a.jpg': ['\xff\xd8\xff\xe0', 'image/jpeg'], 'a.bmp': ['BM:\0\0\0\0\0\0\x006\0\0\0(\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0', 'image/bmp'], 'a.ico': ['\0\0\x01\0', 'image/x-icon'], 'a.webp': ['RIFF\x04\0\0\0WEBPVP8 ', 'image/webp'],
    'a.mp4': ['\0\0\0\x18ftypmp42', 'video/mp4'], 'a.3gp': ['\0\0\0\x18ftyp3gp4', 'video/3gpp'], 'a.mov': ['\0\0\0\x14ftypqt  ', 'video/quicktime'],
    'a.webm': ['\x1a\x45\xdf\xa3\x9fB\x82\x84webm', 'video/webm'],
    'a.mp3': ['ID3\x03\0\0\0\0\0\x01\0', 'audio/mpeg'], 'a.wav': ['RIFF\x04\0\0\0WAVEfmt ', 'audio/wav'], 'a.aiff': ['FORM\0\0\0\x04AIFFCOMM', 'audio/aiff'], 'a.mid': ['MThd', 'audio/midi'],
    'a.pdf': ['%PDF-1.4', 'application/pdf'],
  };
  const zip = 'PK\x03\x04';
  const office = 'application/vnd.openxmlformats-officedocument';
  const attachment = {
    'a.zip': [zip, 'application/zip'], 'a.xlsx': [zip, `${office}.spreadsheetml.sheet`], 'a.docx': [zip, `${office}.wordprocessingml.document`],
    'a.pptx': [zip, `${office}.presentationml.presentation`], 'a.mjs': ['x = 1', 'text/javascript'], 'a.css': ['%PDF-1.4', 'text/css'], 'a.bin': ['\0\x01\x02', 'application/octet-stream'],
  };
  for (const [kind, table] of Object.entries({ inline, attachment })) {
    const names = Object.keys(table);
    const made = await root.collection('docs').create({ files: names.map((name) => new File([Buffer.from(table[name][0], 'latin1')], name)) });
    for (const [i, name] of names.entries()) {
      const { headers } = await get(made.files[i], {}, { of: made });
      assert.deepEqual([headers.get('content-type'), headers.get('content-disposition').split(';')[0]], [table[name][1], kind], name);
    }
  }
});

test('the original name is told on request, and cannot deceive', async () => {
  const named = async (name) => (await get(stored[name], { download: 1, original: 1 })).headers.get('content-disposition');
  assert.equal(await named('填报指南.pdf'),
    `attachment; filename="${stored['填报指南.pdf']}"; filename*=UTF-8''%E5%A1%AB%E6%8A%A5%E6%8C%87%E5%8D%97.pdf`);
  assert.match(await named('evil\u202Egpj.exe'), /filename\*=UTF-8''evilgpj\.exe$/);
  // Header syntax in the file name of an upload stays a part of the file name.
  const body = '--b\r\nContent-Disposition: form-data; name="files"; filename="a\\"%0d%0aX-Evil: 1;.txt"\r\n\r\nhello\r\n--b--\r\n';
  const made = await app.rawRoot('POST', '/api/collections/docs/records', body, { 'Content-Type': 'multipart/form-data; boundary=b' });
  const answer = await get(made.body.files[0], { download: 1, original: 1 }, { of: made.body });
  assert.equal(answer.headers.get('x-evil'), null);
  assert.match(answer.headers.get('content-disposition'), /^attachment; filename="[a-z0-9_.]+"; filename\*=UTF-8''[A-Za-z0-9%._-]+$/);
});

test('ranges and conditions', async () => {
  const name = stored['photo.png'];
  const whole = await get(name);
  const part = await get(name, {}, { headers: { Range: 'bytes=10-19' } });
  assert.deepEqual([part.status, part.headers.get('content-range')], [206, `bytes 10-19/${picture.length}`]);
  assert.deepEqual(part.bytes, picture.subarray(10, 20));
  assert.equal((await get(name, {}, { headers: { Range: 'bytes=999999-' } })).status, 416);
  assert.equal((await get(name, {}, { headers: { 'If-None-Match': whole.headers.get('etag') } })).status, 304);
  assert.equal((await get(name, {}, { headers: { 'If-Modified-Since': whole.headers.get('last-modified') } })).status, 304);
  assert.equal((await get(name, {}, { headers: { Range: 'bytes=0-4', 'If-Range': '"other"' } })).status, 200);
});

test('a compressed file has another tag than the plain one', async () => {
  const name = stored['words.txt'];
  const words = Buffer.from(contents['words.txt']);
  const compressed = await get(name, {}, { headers: { 'Accept-Encoding': 'gzip' } });
  const plain = await get(name, {}, { headers: { 'Accept-Encoding': '' } });
  assert.deepEqual([compressed.bytes, plain.bytes], [words, words]); // fetch unpacks it
  assert.deepEqual([compressed.headers.get('content-encoding'), plain.headers.get('content-encoding')], ['gzip', null]);
  const [weak, strong] = [compressed.headers.get('etag'), plain.headers.get('etag')];
  assert.match(strong, /^"[^"]+"$/);
  assert.equal(weak, `W/${strong}`);
  assert.match(compressed.headers.get('vary'), /accept-encoding/i);
  for (const [encoding, tag] of [['gzip', weak], ['', strong]]) {
    for (const known of [weak, strong]) {
      const answer = await get(name, {}, { headers: { 'Accept-Encoding': encoding, 'If-None-Match': known } });
      assert.deepEqual([answer.status, answer.headers.get('etag')], [304, tag]);
    }
    // Ranges are those of the uncompressed file; they cannot continue a compressed download.
    const part = (condition) => get(name, {}, { headers: { 'Accept-Encoding': encoding, Range: 'bytes=4990-', ...condition } });
    const resumed = await part({ 'If-Range': strong });
    assert.deepEqual([resumed.status, resumed.bytes, resumed.headers.get('etag')], [206, words.subarray(4990), strong]);
    const anew = await part({ 'If-Range': weak });
    assert.deepEqual([anew.status, anew.bytes, anew.headers.get('etag'), anew.headers.get('content-encoding')], [200, words, strong, null]);
  }
  const image = await get(stored['photo.png'], {}, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.match(image.headers.get('etag'), /^"/); // it is never compressed
});

test('Chromium saves a file under the name that it had', { skip: chromium || process.env.CI ? false : 'there is no Chromium' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loam-saved-'));
  const browser = await browse();
  try {
    const page = await browser.open(`${app.url}/api/health`);
    await page.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
    for (const [name, saved] of Object.entries({ '填报指南.pdf': '填报指南.pdf', 'evil\u202Egpj.exe': 'evilgpj.exe' })) {
      const url = guest.files.getURL(record, stored[name], { download: 1, original: 1 });
      await page.press(`location.href = ${JSON.stringify(url)}`);
      await eventually(async () => assert.equal(await readFile(join(folder, saved), 'utf8'), contents[name]));
    }
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
});

test('thumbs of listed sizes, and the original for every other', async () => {
  const size = (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  for (const [thumb, wanted] of Object.entries({ '100x100': [100, 100], '30x0': [30, 15], '20x20f': [20, 10], '10x90t': [10, 90] })) {
    for (let i = 0; i < 2; i++) {
      const answer = await get(stored['photo.png'], { thumb });
      assert.deepEqual([answer.status, ...size(answer.bytes)], [200, ...wanted], thumb);
      assert.equal(answer.headers.get('content-disposition'), `inline; filename="${thumb}_${stored['photo.png']}"`);
      assert.ok(answer.bytes.length <= picture.length);
    }
  }
  for (const thumb of ['31x0', '20x20', '9999x9999', '../x', '']) assert.deepEqual((await get(stored['photo.png'], { thumb })).bytes, picture);
  for (const name of ['words.txt', 'drawing.svg']) assert.deepEqual((await get(stored[name], { thumb: '100x100' })).bytes, Buffer.from(contents[name]));

  const zeros = Buffer.alloc(50_000_000);
  const bad = [png(50_000, 50_000, zeros), png(10, 10, zeros), picture.subarray(0, 200)]; // two bombs, and one that ends too early
  const made = await root.collection('docs').create({ files: bad.map((content, i) => new File([content], `${i}.png`)) });
  for (const [i, name] of made.files.entries()) assert.deepEqual((await get(name, { thumb: '100x100' }, { of: made })).bytes, bad[i]);

  // The thumbs of a file are deleted with the file.
  const thumbs = join(app.server.dir, 'storage', docs.id, record.id, `thumbs_${stored['photo.png']}`);
  const path = guest.files.getURL(record, stored['photo.png'], { thumb: '30x0' });
  await root.collection('docs').update(record.id, { 'files-': stored['photo.png'] });
  assert.equal((await fetch(path)).status, 404);
  await eventually(() => assert.rejects(readFile(join(thumbs, `30x0_${stored['photo.png']}`)), { code: 'ENOENT' }));
});

test('Chromium sees thumbs of JPEG, PNG and WebP, turned as the camera was held', { skip: chromium || process.env.CI ? false : 'there is no Chromium' }, async () => {
  const browser = await browse();
  try {
    const page = await browser.open(`${app.url}/api/health`);
    // quarters draws an image with red, green, blue and white corners; see returns them as rgbw.
    await page.value(`
      window.quarters = async (type) => {
        const canvas = new OffscreenCanvas(400, 200);
        const brush = canvas.getContext('2d');
        for (const [i, color] of ['#f00', '#0f0', '#00f', '#fff'].entries()) {
          brush.fillStyle = color;
          brush.fillRect((i % 2) * 200, Math.floor(i / 2) * 100, 200, 100);
        }
        const pixels = brush.getImageData(0, 0, 400, 200);
        let noise = 1; // without it a thumb might be heavier
        pixels.data.forEach((part, i) => i % 4 < 3 && (pixels.data[i] = Math.abs(part - ((noise = (noise * 48271) % 2147483647) % 91))));
        brush.putImageData(pixels, 0, 0);
        return new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
      };
      window.exif = (jpeg, orientation) => {
        const segment = [255, 0xe1, 0, 34, 69, 120, 105, 102, 0, 0, 77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        return new Uint8Array([...jpeg.slice(0, 2), ...segment, ...jpeg.slice(2)]);
      };
      window.upload = async (bytes, name) => {
        const body = new FormData();
        body.append('files', new File([bytes], name));
        const { id, files } = await (await fetch('/api/collections/docs/records', { method: 'POST', body })).json();
        return '/api/files/docs/' + id + '/' + files[0];
      };
      window.see = async (path) => {
        const response = await fetch(path);
        const blob = await response.blob();
        const image = await createImageBitmap(blob, { imageOrientation: 'none' });
        const { width, height } = image;
        const brush = new OffscreenCanvas(width, height).getContext('2d');
        brush.drawImage(image, 0, 0);
        const corner = (x, y) => {
          const [r, g, b] = brush.getImageData(Math.floor(x), Math.floor(y), 1, 1).data.map((part) => (part > 128 ? 1 : 0));
          return ['?', 'b', 'g', '?', 'r', '?', '?', 'w'][4 * r + 2 * g + b];
        };
        const [left, right, top, bottom] = [width / 8, width * 7 / 8, height / 8, height * 7 / 8];
        return [blob.type, width + 'x' + height, corner(left, top) + corner(right, top) + corner(left, bottom) + corner(right, bottom), blob.size];
      };`);
    const forms = { '100x100': ['100x100', 'rgbw'], '30x0': ['30x15', 'rgbw'], '0x20': ['40x20', 'rgbw'], '20x20f': ['20x10', 'rgbw'], '10x90t': ['10x90', 'rgbw'], '90x10b': ['90x10', 'bwbw'], '900x900f': ['400x200', 'rgbw'], '40x10t': ['40x10', 'rgrg'] };
    for (const [type, name, thumbType] of [['image/jpeg', 'a.jpg', 'image/jpeg'], ['image/png', 'a.png', 'image/png'], ['image/webp', 'a.webp', 'image/jpeg']]) {
      const path = await page.value(`quarters('${type}').then((bytes) => upload(bytes, '${name}'))`);
      const original = await page.value(`see('${path}')`);
      assert.deepEqual(original.slice(0, 3), [type, '400x200', 'rgbw']);
      for (const [thumb, wanted] of Object.entries(forms)) {
        const seen = await page.value(`see('${path}?thumb=${thumb}')`);
        assert.ok(seen[3] <= original[3], `${name} ${thumb} has ${seen[3]} bytes, its original ${original[3]}`);
        // The server sends the original if the thumb would be larger.
        const type = seen[3] === original[3] ? original[0] : thumbType;
        assert.deepEqual(seen.slice(0, 3), [type, ...wanted], `${name} ${thumb}`);
        assert.ok(thumb === '900x900f' || seen[3] < original[3], `${name} ${thumb} is the original`);
      }
    }
    const turned = ['rgbw', 'grwb', 'wbgr', 'bwrg', 'rbgw', 'brwg', 'wgbr', 'gwrb'];
    for (const [i, corners] of turned.entries()) {
      const path = await page.value(`quarters('image/jpeg').then((bytes) => upload(exif(bytes, ${i + 1}), 'turned.jpg'))`);
      assert.deepEqual((await page.value(`see('${path}?thumb=30x0')`)).slice(0, 3), ['image/jpeg', i < 4 ? '30x15' : '30x60', corners], `orientation ${i + 1}`);
    }
  } finally {
    await browser.close();
  }
});

test('what is not there is 404, whatever is wrong', async () => {
  const path = (...parts) => app.raw('GET', `/api/files/${parts.join('/')}`);
  const name = stored['words.txt'];
  refused(await path('docs', record.id, 'none.txt'), 404);
  refused(await path('docs', 'no-such-record0', name), 404);
  refused(await path('docs', record.id, `${name}.attrs`), 404);
  refused(await path('docs', record.id, '..%2f..%2f..%2fdata.db'), 404);
  refused(await path('docs', record.id, `thumbs_${name}%2f100x100_${name}`), 404);
  const unknown = await path('nowhere', record.id, name);
  refused(unknown, 404);
  assert.equal(unknown.body.message, 'Missing or invalid collection context.');
  assert.equal((await path(docs.id, record.id, name)).status, 200); // by the collection's id
  await unlink(join(app.server.dir, 'storage', docs.id, record.id, name));
  refused(await path('docs', record.id, name), 404);
});

test('a protected file is for whom its view rule lets see the record, by a token of its own', async () => {
  await root.collections.update('users', { createRule: '' });
  const [ann, bob] = [await app.account('users', 'ann@example.com'), await app.account('users', 'bob@example.com')];
  const hers = await root.collection('docs').create({ owner: ann.authStore.record.id, secrets: new File(['hers'], 'diary.txt'), files: new File(['open'], 'open.txt') });
  const [name] = hers.secrets;
  const status = async (token, headers) => (await get(name, token ? { token } : {}, { of: hers, headers })).status;
  refused(await app.raw('POST', '/api/files/token'), 401);
  const [herToken, hisToken, rootToken] = [await ann.files.getToken(), await bob.files.getToken(), await root.files.getToken()];
  assert.equal(await status(), 404);
  assert.equal(await status(hisToken), 404);
  assert.equal(await status('nonsense'), 404);
  assert.equal(await status(ann.authStore.token), 404); // that is no file token
  assert.equal(await status(undefined, { Authorization: ann.authStore.token }), 404);
  assert.equal(await status(undefined, { Authorization: root.authStore.token }), 404);
  assert.equal(await status(rootToken), 200);
  const answer = await get(name, { token: herToken }, { of: hers });
  assert.deepEqual([answer.status, answer.bytes.toString()], [200, 'hers']);
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  assert.equal((await get(hers.files[0], {}, { of: hers })).status, 200); // not protected: for everybody
  await root.collection('docs').update(hers.id, { title: 'seen' });
  assert.equal(await status(), 200);
});

test('files of views are those of the records behind them, under the rule of the view', async () => {
  const one = await root.collection('docs').create({ files: [new File(['a'], 'a.txt')], secrets: new File(['s'], 's.txt') });
  const through = async (view, name, token) => (await fetch(`${app.url}/api/files/${view}/${one.id}/${name}${token ? `?token=${token}` : ''}`)).status;
  assert.equal(await through('gallery', one.files[0]), 200);
  assert.equal(await through('wall', one.files[0]), 200);
  assert.equal(await through('gallery', one.secrets[0]), 404);
  assert.equal(await through('gallery', one.secrets[0], await root.files.getToken()), 200);
  assert.equal(await through('wall', one.secrets[0]), 200);
  assert.equal(await through('wall', stored['words.txt']), 404); // of another record
});

test('a collection that nobody may see still gives the files that are not protected', async () => {
  await root.collections.create({ name: 'closed', type: 'base', ...everybody, viewRule: null, listRule: null, fields: [{ name: 'file', type: 'file' }] });
  const made = await root.collection('closed').create({ file: new File(['x'], 'x.txt') });
  assert.equal((await get(made.file, {}, { of: made })).status, 200);
});
