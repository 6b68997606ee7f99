// A bucket whose keys are those that the machine of the server offers, and whose files
// clients get from itself.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fails, start } from './app.mjs';
import { hasBucket, startBucket } from './bucket.mjs';

const options = { skip: hasBucket ? false : 'versitygw is not installed' };
const bucket = hasBucket && (await startBucket());

/** The metadata service of a virtual machine, whose keys are good for a second at first. */
const service = { asked: 0, life: 1000 };
const machine = createServer((request, response) => {
  const path = '/latest/meta-data/iam/security-credentials/';
  const session = request.headers['x-aws-ec2-metadata-token'] === 'session';
  if (request.method === 'PUT' && request.url === '/latest/api/token') return response.end('session');
  if (session && request.url === path) return response.end('role');
  if (!session || request.url !== `${path}role`) return response.writeHead(401).end();
  service.asked++;
  const Expiration = new Date(Date.now() + service.life).toISOString();
  response.end(JSON.stringify({ Code: 'Success', AccessKeyId: 'loam', SecretAccessKey: 'loamsecret', Expiration }));
});
await new Promise((resolve) => machine.listen(0, '127.0.0.1', resolve));
const home = await mkdtemp(join(tmpdir(), 'loam-home-'));
after(async () => {
  machine.closeAllConnections();
  machine.close();
  await rm(home, { recursive: true });
});
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
Object.assign(process.env, { HOME: home, AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${machine.address().port}` });

const app = await start();
const { root } = app;
const docs = root.collection('docs');
await app.open('docs', [
  { name: 'files', type: 'file', maxSelect: 9, thumbs: ['2x1'] },
  { name: 'secret', type: 'file', protected: true },
], { viewRule: '@request.auth.id != ""' });
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==', 'base64');
const get = (record, name, query = {}, request = {}) => fetch(root.files.getURL(record, name, query), request);
const redirected = (record, name, query, request) => get(record, name, query, { redirect: 'manual', ...request });
const bytes = async (response) => Buffer.from(await response.arrayBuffer());
let record;

test('keys of the machine are used and renewed', options, async () => {
  const { accessKey, secret, ...s3 } = bucket.settings;
  await fails(root.settings.update({ s3 }), 400, { 's3.accessKey': 'validation_required', 's3.secret': 'validation_required' });
  await root.settings.update({ s3: { ...s3, credentials: 'ambient', presigned: true } });
  await root.settings.testS3('storage');
  record = await docs.create({
    files: [new File([png], '圖.png'), new File(['<svg xmlns="http://www.w3.org/2000/svg"/>'], 'drawing.svg'), new File(['words'], 'words.txt'), new File([png], 'picture.js')],
    secret: new File([png], 'secret.png'),
  });
  const before = service.asked;
  service.life = 3600_000;
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the first keys have ended
  for (let i = 0; i < 2; i++) assert.deepEqual(await bytes(await get(record, record.files[0])), png);
  assert.equal(service.asked, before + 1);
  const settings = await root.settings.getAll();
  assert.deepEqual([settings.s3.credentials, settings.s3.presigned, settings.s3.accessKey, settings.backups.s3.presigned], ['ambient', true, '', undefined]);
});

test('what browsers show comes from the bucket, with our headers', options, async () => {
  const [picture] = record.files;
  const answer = await redirected(record, picture, { original: 1 });
  assert.deepEqual([answer.status, answer.headers.get('etag'), answer.headers.get('content-type')], [302, null, null]);
  const age = Number(answer.headers.get('cache-control').match(/^max-age=(\d+)$/)[1]);
  assert.ok(age > 1000 && age <= 3600, `the redirection is kept for ${age} seconds`);
  const location = answer.headers.get('location');
  assert.ok(location.startsWith(`${bucket.settings.endpoint}/files/${record.collectionId}/${record.id}/`), location);

  const file = await get(record, picture, { original: 1 }); // fetch follows
  assert.equal(file.url, location); // the same again: a browser need not load it twice
  assert.deepEqual(await bytes(file), png);
  assert.deepEqual(
    ['content-type', 'content-disposition', 'cache-control'].map((name) => file.headers.get(name)),
    ['image/png', `inline; filename="${picture}"; filename*=UTF-8''%E5%9C%96.png`, 'max-age=2592000, stale-while-revalidate=86400'],
  );
  assert.match((await get(record, picture, { download: 1 })).headers.get('content-disposition'), /^attachment/);
  const part = await get(record, picture, {}, { headers: { Range: 'bytes=1-3' } });
  assert.deepEqual([part.status, (await bytes(part)).toString()], [206, 'PNG']);
  const thumb = await get(record, picture, { thumb: '2x1' });
  assert.match(thumb.url, /\/thumbs_[^/]+\/2x1_[^/]+\?/);
  assert.equal(thumb.headers.get('content-disposition'), `inline; filename="2x1_${picture}"`);
  assert.equal((await redirected(record, picture, {}, { method: 'HEAD' })).status, 200); // the signature is for a GET
  assert.equal((await fetch(location.replace('inline', 'attachment'))).status, 403);
});

test('everything else comes from us', options, async () => {
  for (const name of record.files.slice(1)) {
    const answer = await redirected(record, name);
    assert.equal(answer.status, 200, name);
    assert.match(answer.headers.get('content-disposition'), /^attachment/);
    assert.match(answer.headers.get('content-security-policy'), /sandbox/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  }
});

test('the address of a protected file ends with its token', options, async () => {
  await root.collections.update('users', { createRule: '', fileToken: { duration: 30 } });
  const user = await app.account('users', 'ann@example.com');
  const token = await user.files.getToken();
  const answer = await redirected(record, record.secret, { token });
  const ends = (location) => {
    const query = new URL(location).searchParams;
    const [, year, month, day, hour, minute, second] = query.get('X-Amz-Date').match(/(....)(..)(..)T(..)(..)(..)Z/);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + Number(query.get('X-Amz-Expires'));
  };
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const end = ends(answer.headers.get('location'));
  assert.ok(answer.status === 302 && end <= exp && end > Date.now() / 1000, `the address ends at ${end}, the token at ${exp}`);
  assert.deepEqual([answer.headers.get('cache-control'), answer.headers.get('referrer-policy')], ['private, no-store', 'no-referrer']);
  const file = await get(record, record.secret, { token });
  assert.deepEqual([file.headers.get('cache-control'), Buffer.compare(await bytes(file), png)], ['private, no-store', 0]);
  assert.equal((await redirected(record, record.secret)).status, 404);

  await root.collections.update('docs', { viewRule: '' }); // no token is needed
  const open = await redirected(record, record.secret);
  assert.ok(ends(open.headers.get('location')) <= Date.now() / 1000 + 180);
});

test('switched off, the server gives the files itself', options, async () => {
  await root.settings.update({ s3: { presigned: false } });
  const answer = await redirected(record, record.files[0]);
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/png']);
  await answer.arrayBuffer();
});
