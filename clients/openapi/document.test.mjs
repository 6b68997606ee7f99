// The document of the interface, judged by the tools that read such documents.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import SwaggerParser from '@apidevtools/swagger-parser';
import yaml from 'js-yaml';
import postman from 'openapi-to-postmanv2';
import { start } from '../pocketbase/app.mjs';
import { fetched, makeCollections, saved } from './everykind.mjs';

const run = promisify(execFile);
const redocly = fileURLToPath(new URL('node_modules/.bin/redocly', import.meta.url));
const app = await start();
const folder = await mkdtemp(join(tmpdir(), 'loam-openapi-'));
const file = (caller) => join(folder, `${caller}.json`);
await makeCollections(app.root);
const documents = {
  root: await saved(file('root'), app.url, app.root.authStore.token),
  guest: await saved(file('guest'), app.url),
};
after(() => rm(folder, { recursive: true, force: true }));

for (const caller of ['root', 'guest']) {
  test(`redocly finds nothing in the document of ${caller}`, async () => {
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { stdout } = await run(redocly, ['lint', '--extends', 'recommended', '--format', 'json', file(caller)], { env, maxBuffer: 1 << 24 });
    const { totals, problems } = JSON.parse(stdout);
    assert.deepEqual(totals, { errors: 0, warnings: 0, ignored: 0 }, JSON.stringify(problems).slice(0, 1000));
  });

  test(`swagger-parser accepts the document of ${caller}`, async () => {
    await SwaggerParser.validate(structuredClone(documents[caller]));
  });
}

test('openapi-to-postmanv2 makes a request of every operation', async () => {
  const operations = Object.values(documents.root.paths).flatMap(Object.keys).length;
  const result = await new Promise((resolve, reject) => {
    postman.convertV2({ type: 'json', data: structuredClone(documents.root) }, { folderStrategy: 'Tags' }, (err, done) => (err ? reject(err) : resolve(done)));
  });
  assert.ok(result.result, result.reason);
  const count = (items) => items.reduce((n, item) => n + (item.item ? count(item.item) : 1), 0);
  assert.equal(count(result.output[0].data.item), operations);
});

test('the document is the same in YAML', async () => {
  const text = await fetched(`${app.url}/api/openapi.json`, app.root.authStore.token, 'application/yaml, application/json;q=0.5');
  assert.doesNotMatch(text, /^\{/);
  assert.deepEqual(yaml.load(text, { schema: yaml.JSON_SCHEMA }), documents.root);
});

test('guests see nothing of what is for superusers', () => {
  const text = JSON.stringify(documents.guest);
  for (const secret of ['drafts', '"hidden"', '"secret"', 'tokenKey', '/api/settings', '/api/collections/meta', 'impersonate']) {
    assert.ok(!text.includes(secret), `the document of guests has ${secret}`);
    if (secret !== 'tokenKey') assert.ok(JSON.stringify(documents.root).includes(secret), `the one of superusers lacks ${secret}`);
  }
});

test('a record has a schema of each kind', () => {
  const { properties, required } = documents.guest.components.schemas.EveryKind;
  const write = documents.guest.components.schemas['EveryKind.Create'];
  assert.deepEqual(properties.status.enum, ['draft', 'published', "it's", 'two words', '1st', '']);
  assert.deepEqual(properties.sizes, { type: 'array', items: { type: 'string', enum: ['s', 'm', 'l'] } });
  assert.equal(properties.count.type, 'integer');
  assert.equal(properties.date.$ref, '#/components/schemas/api.Moment');
  assert.deepEqual(properties.expand.properties.tags, { type: 'array', items: { $ref: '#/components/schemas/Tag' } });
  assert.deepEqual(properties.expand.properties.author, { $ref: '#/components/schemas/Author' });
  assert.equal(properties.text.description, 'A title, "quoted" */ and closed.');
  assert.ok(required.includes('collectionName') && !required.includes('expand'));
  assert.deepEqual(write.required, ['text']);
  assert.equal(write.properties.text.maxLength, 50);
  assert.ok(!('created' in write.properties));
  const form = documents.guest.paths['/api/collections/every_kinds/records'].post.requestBody.content['multipart/form-data'].schema;
  assert.deepEqual(form.properties.files, { type: 'array', items: { type: 'string', format: 'binary' } });
});
