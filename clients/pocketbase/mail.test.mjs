// The superuser sets up the mail server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();

const testEmail = (template = 'verification', collection = 'users') => app.root.settings.testEmail(collection, 'me@example.com', template);

test('without a server no mail is sent, and the log says so once', async () => {
  await fails(testEmail(), 400, {}, 'Failed to send the test email. Raw error: SMTP is off in the settings.');
  assert.equal(app.server.log.text.match(/SMTP is off: no mail is sent/g).length, 1);
});

test('what fails is named by its step', async () => {
  const smtp = { enabled: true, host: '127.0.0.1', port: 1 };
  await app.root.settings.update({ smtp });
  const err = await fails(testEmail(), 400, {});
  assert.match(err.response.message, /^Failed to send the test email\. Raw error: connect: /);
  await app.root.settings.update({ smtp: { host: 'mail.invalid' } });
  assert.match((await fails(testEmail(), 400, {})).response.message, /Raw error: look-up: /);
});

test('settings that mean nothing are refused, and the password is never shown', async () => {
  await fails(app.root.settings.update({ smtp: { port: 70000, host: 'a b', authMethod: 'NTLM' } }), 400, {
    'smtp.port': 'validation_max_less_equal_than_required', 'smtp.host': 'validation_is_host', 'smtp.authMethod': 'validation_in_invalid',
  });
  const shown = await app.root.settings.update({ smtp: { username: 'me', password: 'sesame' } });
  assert.equal('password' in shown.smtp, false);
  assert.ok(!JSON.stringify(await app.root.settings.getAll()).includes('sesame'));
  await app.root.settings.update({ smtp: { username: '', password: '' } });
});

test('then every template arrives', async () => {
  const box = await mailbox(app);
  for (const template of ['verification', 'password-reset', 'email-change', 'otp', 'login-alert']) {
    assert.equal(await testEmail(template), true);
    const mail = await box.next();
    assert.deepEqual(mail.to, ['me@example.com']);
    assert.doesNotMatch(mail.subject + mail.html, /\{[A-Z_]+\}/);
  }
  await testEmail('otp', '_superusers');
});

test('so do the notices of changes, where there is a template', async () => {
  const box = await mailbox(app);
  await fails(testEmail('email-changed'), 400, { template: 'validation_in_invalid' });
  await app.root.collections.update('users', {
    emailChangedTemplate: { subject: 'A new address', body: '<p>{ALERT_INFO}</p>' },
    passwordChangedTemplate: { subject: 'A new password', body: '<p>{RECORD:email}</p>' },
  });
  for (const [template, subject, text] of [['email-changed', 'A new address', / UTC - 127\.0\.0\.1 test/], ['password-changed', 'A new password', /__pb_test_email__/]]) {
    assert.equal(await testEmail(template), true);
    const mail = await box.next();
    assert.deepEqual([mail.to, mail.subject], [['me@example.com'], subject]);
    assert.match(mail.html, text);
  }
});

test('the test is for superusers, and says what it does not know', async () => {
  await fails(app.guest().settings.testEmail('users', 'me@example.com', 'otp'), 401, {});
  await fails(app.root.settings.testEmail('nothing', 'me', 'postcard'), 400, {
    collection: 'validation_invalid_auth_collection', email: 'validation_is_email', template: 'validation_in_invalid',
  });
});

test('a server that wants TLS first gets a hint', async () => {
  const box = await mailbox(app);
  await app.root.settings.update({ smtp: { tls: true } });
  assert.match((await fails(testEmail(), 400, {})).response.message, /Raw error: TLS: .*switch smtp\.tls off/);
  await app.root.settings.update({ smtp: { tls: false } });
  assert.equal(box.mails.length, 0);
});
