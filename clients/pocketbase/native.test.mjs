// The official SDK in a browser: realtime over Chromium's own EventSource.
import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from './app.mjs';
import { browse, chromium } from './browser.mjs';

test('the SDK is told of changes in Chromium, and comes back by itself', { skip: chromium || process.env.CI ? false : 'there is no chromium' }, async () => {
  const app = await start();
  const { root } = app;
  const browser = await browse();
  after(() => browser.close());
  await root.collections.update('users', { authAlert: { enabled: false } });
  const ann = await app.account('users', 'ann@example.com');
  const owner = ann.authStore.record.id;
  await app.open('notes', [{ name: 'text', type: 'text' }, { name: 'owner', type: 'text' }], { listRule: "owner = '' || owner = @request.auth.id" });
  const folder = join(app.server.folder, 'public');
  await copyFile(fileURLToPath(import.meta.resolve('pocketbase')), join(folder, 'pocketbase.mjs'));
  await writeFile(join(folder, 'index.html'), `<!doctype html><title>notes</title><script type="module">
    import PocketBase from './pocketbase.mjs';
    const pb = new PocketBase(location.origin);
    window.told = [];
    window.connects = 0;
    await pb.collection('users').authWithPassword('ann@example.com', 'a-long-password');
    await pb.realtime.subscribe('PB_CONNECT', () => window.connects++);
    await pb.collection('notes').subscribe('*', ({ action, record }) => window.told.push(action + ' ' + record.text));
    window.ready = true;
  </script>`);
  const page = await browser.open(app.url);
  await page.until('window.ready');
  // The test waits for each event: an event has the record as stored when the event is sent.
  const told = (n) => page.until(`window.told.length === ${n}`);
  const first = await root.collection('notes').create({ text: 'hers', owner });
  await root.collection('notes').create({ text: 'of somebody', owner: 'somebody' });
  await told(1);
  await root.collection('notes').update(first.id, { text: 'hers too' });
  await told(2);
  await root.collection('notes').delete(first.id);
  await told(3);
  assert.deepEqual(await page.value('window.told'), ['create hers', 'update hers too', 'delete hers too']);

  await root.collections.update('notes', { viewRule: 'id = "none"' }); // ends the streams that are subscribed to notes
  await page.until('window.connects === 2');
  for (let i = 0; (await page.value('window.told.length')) === 3; i++) await root.collection('notes').create({ text: `again ${i}` });
  assert.match((await page.value('window.told'))[3], /^create again/);
});
