// Ann signs in by codes that she is mailed; Root needs a code beside the password.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start, email, password } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const guest = app.guest();
const users = guest.collection('users');
const invalid = 'Invalid or expired OTP.';

const code = async (to) => {
  const mail = await box.next();
  assert.deepEqual(mail.to, [to]);
  return mail.html.match(/<strong>(\d+)<\/strong>/)[1];
};

test('codes are off at first', async () => {
  const off = 'The collection is not configured to allow OTP authentication.';
  await fails(users.requestOTP('ann@example.com'), 403, {}, off);
  await fails(users.authWithOTP('x', '1'), 403, {}, off);
  await app.root.collections.update('users', { otp: { enabled: true, length: 6 } });
  assert.deepEqual((await users.listAuthMethods()).otp, { enabled: true, duration: 180 });
});

test('Ann signs in by a code, once, and her address is verified', async () => {
  const before = await app.account('users', 'ann@example.com');
  const { otpId } = await users.requestOTP('ann@example.com');
  const mailed = await code('ann@example.com');
  assert.match(mailed, /^\d{6}$/);
  const made = await users.requestOTP('nobody@example.com'); // answers like for anybody
  assert.equal(made.otpId.length, otpId.length);
  await fails(users.requestOTP('no address'), 400, { email: 'validation_is_email' });
  await fails(users.authWithOTP('', ''), 400, { otpId: 'validation_required', password: 'validation_required' });
  await fails(users.authWithOTP(made.otpId, mailed), 400, {}, invalid);
  await fails(users.authWithOTP(otpId, '000000x'), 400, {}, invalid);
  const client = app.guest();
  const { record, token } = await client.collection('users').authWithOTP(otpId, mailed);
  assert.deepEqual([record.email, record.verified, client.authStore.token === token], ['ann@example.com', true, true]);
  await fails(users.authWithOTP(otpId, mailed), 400, {}, invalid);
  // Whoever had an account with her address before it was hers is out.
  await fails(before.collection('users').authRefresh(), 401, {});
  assert.equal((await app.root.collection('_otps').getList()).totalItems, 0);
});

test('guesses are few', async () => {
  const { otpId } = await users.requestOTP('ann@example.com');
  const mailed = await code('ann@example.com');
  for (let status = 400; status !== 429; ) {
    status = (await users.authWithOTP(otpId, 'guess').catch((e) => e)).status;
    assert.ok([400, 429].includes(status));
  }
  const err = await fails(users.authWithOTP(otpId, mailed), 429, {});
  assert.match(err.response.message, /^Too many attempts, please try again later with a new OTP\./);
});

test('a superuser with codes needs both methods', async () => {
  const changed = await app.root.collections.update('_superusers', { otp: { enabled: true } });
  assert.equal(changed.mfa.enabled, true);
  const roots = app.guest().collection('_superusers');
  const err = await roots.authWithPassword(email, password).catch((e) => e);
  assert.equal(err.status, 401);
  assert.deepEqual(Object.keys(err.response), ['mfaId']); // no envelope
  const { mfaId } = err.response;
  await fails(roots.authWithPassword(email, password, { mfaId }), 400, {}, 'A different authentication method is required.');
  await fails(roots.authWithPassword(email, 'wrong'), 400, {});
  const { otpId } = await roots.requestOTP(email);
  const { token } = await roots.authWithOTP(otpId, await code(email), { mfaId });
  assert.ok(token);
  const again = await roots.authWithOTP(otpId, '1', { mfaId }).catch((e) => e);
  assert.equal(again.status, 400);
});

test('with a dead mail server, the command line lets the superuser in', async () => {
  await app.root.settings.update({ smtp: { enabled: false } });
  const roots = app.guest().collection('_superusers');
  const { mfaId } = (await roots.authWithPassword(email, password).catch((e) => e)).response;
  const { stdout } = await app.server.command('superuser', 'otp', email);
  const [, id, secret] = stdout.match(/otpId\s+(\S+)\s+password\s+(\d+)/);
  // The identifier may be in the body, too.
  const { token } = await roots.authWithOTP(id, secret, { body: { otpId: id, password: secret, mfaId } });
  assert.ok(token);
});

test('a superuser acts as Ann', async () => {
  const { id } = await app.root.collection('users').getFirstListItem('email = "ann@example.com"');
  await fails(guest.collection('users').impersonate(id, 60), 401, {});
  await fails(app.root.collection('users').impersonate(id, -1), 400, { duration: 'validation_min_greater_equal_than_required' });
  await fails(app.root.collection('users').impersonate('nobody', 60), 404, {});
  const ann = await app.root.collection('users').impersonate(id, 60);
  const { exp, refreshable } = JSON.parse(Buffer.from(ann.authStore.token.split('.')[1], 'base64url'));
  assert.ok(Math.abs(exp - Date.now() / 1000 - 60) < 10 && refreshable === false);
  const before = ann.authStore.token;
  assert.equal((await ann.collection('users').authRefresh()).token, before); // it stays what it is
  assert.equal((await ann.collection('users').getOne(id)).email, 'ann@example.com');
});

test('the log holds no code', () => {
  assert.match(app.server.log.text, /msg="mail sent".*template=otp/);
  assert.doesNotMatch(app.server.log.text, /example\.com/);
});
