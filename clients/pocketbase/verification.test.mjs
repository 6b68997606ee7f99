// Ann signs up, and shows that the address she gave is hers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const guest = app.guest();
const users = guest.collection('users');
const ann = await app.account('users', 'ann@example.com', { name: 'Ann <b>' });
await app.root.collections.update('users', {
  verificationTemplate: { subject: 'Hello {RECORD:name}', body: '<p>{RECORD:name} of {APP_NAME}</p><a href="{APP_URL}/_/#/auth/confirm-verification/{TOKEN}">go</a>' },
});

let token;

test('she asks for a mail', async () => {
  assert.equal(await users.requestVerification('ann@example.com'), true);
  const { mail, start, token: mailed } = await box.link('ann@example.com', 'confirm-verification');
  token = mailed;
  assert.equal(start, app.url);
  assert.equal(mail.subject, 'Hello Ann <b>');
  assert.match(mail.html, /<p>Ann &lt;b&gt; of Story &amp; Co<\/p>/);
  assert.equal(mail.from, 'support@example.com');
  assert.equal(mail.hello, 'example.com'); // not localhost, which is no name for the world
});

test('whoever asks for another, or for somebody else, gets the same answer and no mail', async () => {
  assert.equal(await users.requestVerification('ann@example.com'), true);
  assert.equal(await users.requestVerification('nobody@example.com'), true);
  await fails(users.requestVerification('no address'), 400, { email: 'validation_is_email' });
  await fails(guest.collection('_superusers').requestVerification('root@example.com'), 400, {}, 'All superusers are verified by default.');
  await fails(guest.collection('_otps').requestVerification('a@example.com'), 404, {});
});

test('a wrong token proves nothing', async () => {
  await fails(users.confirmVerification(''), 400, { token: 'validation_required' });
  await fails(users.confirmVerification('garbage'), 400, { token: 'validation_invalid_token_claims' });
  await fails(users.confirmVerification(ann.authStore.token), 400, { token: 'validation_invalid_token_claims' });
  await fails(users.confirmVerification(token.slice(0, -3) + 'AAA'), 400, { token: 'validation_invalid_token' });
  await fails(guest.collection('_superusers').confirmVerification(token), 400, {});
  // It is no session either.
  assert.equal((await app.raw('POST', '/api/collections/users/auth-refresh', '', { Authorization: token })).status, 401);
  assert.equal((await ann.collection('users').authRefresh()).record.verified, false);
});

test('with the right one she is verified, and stays signed in', async () => {
  assert.equal(await ann.collection('users').confirmVerification(token), true);
  assert.equal(ann.authStore.record.verified, true); // the SDK notes it
  assert.equal((await ann.collection('users').authRefresh()).record.verified, true);
  assert.equal(await users.confirmVerification(token), true); // once more does no harm
  assert.equal(await users.requestVerification('ann@example.com'), true);
  assert.deepEqual(box.mails, []);
});

test('a link that was sent before she changed her address is void', async () => {
  const bob = await app.account('users', 'bob@example.com');
  await users.requestVerification('bob@example.com');
  const { token } = await box.link('bob@example.com', 'confirm-verification');
  await app.root.collection('users').update(bob.authStore.record.id, { email: 'bob2@example.com' });
  await fails(users.confirmVerification(token), 400, { token: 'validation_invalid_token' });
});

test('the log says which mails were sent, and holds no token', () => {
  assert.match(app.server.log.text, /msg="mail sent".*template=verification/);
  assert.ok(!app.server.log.text.includes(token));
  assert.ok(!app.server.log.text.includes('ann@example.com'));
});
