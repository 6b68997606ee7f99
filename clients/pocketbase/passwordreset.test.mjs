// Ann has forgotten her password.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { fails, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const guest = app.guest();
const users = guest.collection('users');
const ann = await app.account('users', 'ann@example.com');
const page = 'confirm-password-reset';

let token;

test('she asks for a link, and whoever asks for others learns nothing', async () => {
  assert.equal(await users.requestPasswordReset('ann@example.com'), true);
  assert.equal(await users.requestPasswordReset('ann@example.com'), true); // two minutes must pass
  assert.equal(await users.requestPasswordReset('nobody@example.com'), true);
  ({ token } = await box.link('ann@example.com', page));
  assert.deepEqual(box.mails, []);
});

test('what is wrong with a new password is said for each field', async () => {
  await fails(users.confirmPasswordReset('', '', ''), 400, {
    token: 'validation_required', password: 'validation_required', passwordConfirm: 'validation_required',
  });
  await fails(users.confirmPasswordReset(token, 'short', 'other'), 400, {
    password: 'validation_length_out_of_range', passwordConfirm: 'validation_values_mismatch',
  });
  const long = 'x'.repeat(80);
  await fails(users.confirmPasswordReset(token, long, long), 400, { password: 'validation_max_text_constraint' }, 'Failed to set new password.');
  await fails(users.confirmPasswordReset(ann.authStore.token, 'new-password', 'new-password'), 400, { token: 'validation_invalid_token' });
  await fails(guest.collection('_superusers').confirmPasswordReset(token, 'new-password', 'new-password'), 400, {
    token: 'validation_token_collection_mismatch',
  });
  await ann.collection('users').authRefresh(); // still signed in
});

test('the new password ends every session, and the link', async () => {
  assert.equal(await users.confirmPasswordReset(token, 'new-password', 'new-password'), true);
  await fails(ann.collection('users').authRefresh(), 401, {});
  await fails(users.confirmPasswordReset(token, 'new-password', 'new-password'), 400, { token: 'validation_invalid_token' });
  await fails(users.authWithPassword('ann@example.com', 'a-long-password'), 400, {});
  const again = await app.signIn('users', 'ann@example.com', 'new-password');
  assert.equal(again.authStore.record.verified, true); // she has read her mail
});

test('superusers reset their passwords the same way', async () => {
  const roots = guest.collection('_superusers');
  await app.server.command('superuser', 'upsert', 'second@example.com', 'a-long-password');
  await roots.requestPasswordReset('second@example.com');
  const { token } = await box.link('second@example.com', page);
  await roots.confirmPasswordReset(token, 'new-password', 'new-password');
  await app.signIn('_superusers', 'second@example.com', 'new-password');
});

test('a request with a foreign Host header gets no foreign link into the mail', async () => {
  await app.root.settings.update({ meta: { appURL: 'https://app.example.com/sub/' } });
  const status = await new Promise((resolve, reject) => {
    const headers = { Host: 'evil.example.net', 'X-Forwarded-Host': 'evil.example.net', 'Content-Type': 'application/json' };
    const call = request(`${app.url}/api/collections/users/request-password-reset`, { method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.on('error', reject);
    call.end(JSON.stringify({ email: 'ann@example.com' }));
  });
  assert.equal(status, 204);
  const { mail, start } = await box.link('ann@example.com', page);
  assert.equal(start, 'https://app.example.com/sub');
  assert.ok(!mail.html.includes('evil') && !mail.head.includes('evil'));
});

test('a collection without passwords has none to reset', async () => {
  await app.root.collections.update('users', { passwordAuth: { enabled: false } });
  await fails(users.requestPasswordReset('ann@example.com'), 400, {}, 'The collection is not configured to allow password authentication.');
});
