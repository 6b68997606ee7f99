// Ann moves to another address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const guest = app.guest();
const ann = await app.account('users', 'ann@example.com');
await app.account('users', 'bob@example.com');
const own = ann.collection('users');

let token;

test('she asks for a link to the new address', async () => {
  await fails(guest.collection('users').requestEmailChange('new@example.com'), 401, {});
  await fails(app.root.collection('users').requestEmailChange('new@example.com'), 403, {}, 'The request requires auth record from _superusers collection.');
  await fails(app.root.collection('_superusers').requestEmailChange('new@example.com'), 400, {}, 'All superusers can change their emails directly.');
  await fails(own.requestEmailChange(''), 400, { newEmail: 'validation_required' });
  await fails(own.requestEmailChange('nowhere'), 400, { newEmail: 'validation_is_email' });
  await fails(own.requestEmailChange('ann@example.com'), 400, { newEmail: 'validation_not_in_invalid' });
  await fails(own.requestEmailChange('bob@example.com'), 400, { newEmail: 'validation_invalid_new_email' });
  assert.equal(await own.requestEmailChange('new@example.com'), true);
  ({ token } = await box.link('new@example.com', 'confirm-email-change'));
  assert.deepEqual(box.mails, []);
});

test('a mail that is not taken is told at once', async () => {
  await app.root.settings.update({ smtp: { port: 1 } });
  await fails(own.requestEmailChange('other@example.com'), 400, {}, 'Failed to request email change.');
  await app.root.settings.update({ smtp: box.settings });
});

test('whoever reads the mail needs her password, too', async () => {
  const users = guest.collection('users');
  await fails(users.confirmEmailChange(token, ''), 400, { password: 'validation_required' });
  await fails(users.confirmEmailChange(token, 'wrong'), 400, { password: 'validation_invalid_password' });
  await fails(users.confirmEmailChange('garbage', 'x'), 400, { token: 'validation_invalid_token_payload' });
  await fails(users.confirmEmailChange(token.slice(0, -3) + 'AAA', 'x'), 400, { token: 'validation_invalid_token' });
  await fails(guest.collection('_superusers').confirmEmailChange(token, 'x'), 400, {});
  for (let i = 0; i < 4; i++) await fails(users.confirmEmailChange(token, `guess-${i}`), 400);
  await fails(users.confirmEmailChange(token, 'a-long-password'), 429, {});
});

test('with both the address is changed and every session ends', async () => {
  // Three minutes later the guesses are forgotten; here it is another account.
  const carl = await app.account('users', 'carl@example.com');
  await carl.collection('users').requestEmailChange('carl2@example.com');
  const { token } = await box.link('carl2@example.com', 'confirm-email-change');
  const other = await app.signIn('users', 'carl@example.com', 'a-long-password');
  assert.equal(await carl.collection('users').confirmEmailChange(token, 'a-long-password'), true);
  assert.equal(carl.authStore.token, ''); // the SDK signs out
  await fails(other.collection('users').authRefresh(), 401, {});
  await fails(guest.collection('users').authWithPassword('carl@example.com', 'a-long-password'), 400, {});
  const again = await app.signIn('users', 'carl2@example.com', 'a-long-password');
  assert.equal(again.authStore.record.verified, true);
});
