// Settings: read, merged, judged, kept, never telling secrets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, refused, start } from './app.mjs';

const app = await start();
const { settings } = app.root;

test('defaults', async () => {
  const all = await settings.getAll();
  assert.deepEqual(Object.keys(all), ['superuserIPs', 'smtp', 'backups', 's3', 'meta', 'rateLimits', 'trustedProxy', 'batch', 'logs', 'server', 'realtime', 'graphql']);
  assert.deepEqual(all.batch, { enabled: false, maxRequests: 50, timeout: 3, maxBodySize: 0 });
  assert.deepEqual(all.logs, { maxDays: 5, minLevel: 0, logIP: true, logAuthId: false, maxDataSize: 0, maxSize: 1000, inBackups: false });
  assert.deepEqual(all.server, { idleSeconds: 0 });
  assert.equal(all.realtime.maxSubscriptions, 1000);
  assert.equal(all.graphql.introspection, 'on');
  assert.equal(all.meta.senderAddress, 'support@example.com');
});

test('a change is merged and effective at once', async () => {
  const before = await settings.getAll();
  const after = await settings.update({ meta: { appName: 'Mine' }, batch: { enabled: true }, unknown: 1, s3: null });
  assert.deepEqual(after, { ...before, meta: { ...before.meta, appName: 'Mine' }, batch: { ...before.batch, enabled: true } });
  assert.deepEqual(await settings.getAll(), after);
  assert.deepEqual(await settings.update({}), after);
  const batch = app.root.createBatch();
  batch.collection('_superusers').update(app.root.authStore.record.id, {});
  assert.equal((await batch.send())[0].status, 200);
});

test('secrets are kept and not shown', async () => {
  const answers = [
    await settings.update({ smtp: { password: 'hush-1' }, s3: { secret: 'hush-2' }, backups: { s3: { secret: 'hush-3' } } }),
    await settings.getAll(),
    await settings.update({ smtp: { username: 'u' } }),
  ];
  for (const answer of answers) assert.doesNotMatch(JSON.stringify(answer), /hush|"secret"|"password"/);
});

test('what is wrong is named and changes nothing', async () => {
  const before = await settings.getAll();
  const message = 'An error occurred while saving the new settings.';
  await fails(settings.update({ meta: { appName: '', appURL: 'nowhere at all' } }), 400, {
    'meta.appName': 'validation_required', 'meta.appURL': 'validation_is_url',
  }, message);
  await fails(settings.update({ superuserIPs: ['1.2.3.4', 'x'] }), 400, { 'superuserIPs.1': 'validation_invlaid_ip_or_subnet' }, message);
  await fails(settings.update({ batch: { enabled: true, maxRequests: 0 } }), 400, { 'batch.maxRequests': 'validation_required' }, message);
  await fails(settings.update({ backups: { cron: 'now and then' } }), 400, undefined, message);
  await fails(settings.update({ batch: 'yes' }), 400, {});
  await fails(settings.update({ batch: { maxRequests: 'many' } }), 400, {});
  refused(await app.rawRoot('PATCH', '/api/settings', '{"meta":'), 400, {});
  refused(await app.rawRoot('PATCH', '/api/settings', '[]'), 400);
  assert.deepEqual(await settings.getAll(), before);
});

test('are for superusers', async () => {
  const user = await app.account('users', 'user@example.com');
  await fails(app.guest().settings.getAll(), 401, {}, 'The request requires valid record authorization token.');
  await fails(app.guest().settings.update({}), 401, {});
  await fails(user.settings.getAll(), 403, {}, 'The authorized record is not allowed to perform this action.');
  await fails(user.settings.update({}), 403, {});
});

test('superusers may be bound to addresses', async () => {
  await settings.update({ superuserIPs: ['10.0.0.0/8', '127.0.0.1'] });
  assert.equal((await settings.getAll()).superuserIPs.length, 2);
  await settings.update({ superuserIPs: [] });
});
