// Mails in the language of their readers, and mails to the address that an account had.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const users = app.root.collection('users');
const secret = 'a-long-password';
const ann = await users.create({ email: 'ann@example.com', password: secret, passwordConfirm: secret, verified: true });

/** Asks for a verification mail as a browser of that language; its subject. */
async function subjectFor(address, accept) {
  await users.create({ email: address, password: secret, passwordConfirm: secret, ...(accept.field && { lang: accept.field }) });
  await app.raw('POST', '/api/collections/users/request-verification', JSON.stringify({ email: address }), {
    'Accept-Language': accept.header ?? '',
  });
  return (await box.next()).subject;
}

test('without templates nothing is sent', async () => {
  const collection = await app.root.collections.getOne('users');
  for (const key of ['emailChangedTemplate', 'passwordChangedTemplate', 'languageField']) assert.ok(!(key in collection), key);
  await users.update(ann.id, { email: 'ann@new.example.com' });
  await users.update(ann.id, { email: 'ann@example.com' });
});

test('the old address is told of a new one and of a new password', async () => {
  await app.root.collections.update('users', {
    emailChangedTemplate: { subject: 'A new address, {RECORD:name}', body: '<p>Changed {ALERT_INFO}, not {RECORD:email}</p>' },
    passwordChangedTemplate: { subject: 'A new password', body: '<p>{APP_NAME}: {ALERT_INFO}</p>' },
  });
  await users.update(ann.id, { name: 'Ann' }); // no news: the next mail is about the address
  await users.update(ann.id, { email: 'ann@new.example.com' });
  let mail = await box.next();
  assert.deepEqual(mail.to, ['ann@example.com']);
  assert.equal(mail.subject, 'A new address, Ann');
  assert.match(mail.html, /Changed \d{4}-\d\d-\d\d .* UTC - 127\.0\.0\.1 .*, not ann@example\.com/);
  assert.doesNotMatch(mail.html, /new\.example|href/);

  const client = await app.signIn('users', 'ann@new.example.com', secret);
  await client.collection('users').update(ann.id, { oldPassword: secret, password: 'another-password', passwordConfirm: 'another-password' });
  mail = await box.next();
  assert.deepEqual(mail.to, ['ann@new.example.com']);
  assert.equal(mail.subject, 'A new password');
  assert.match(mail.html, /Story &amp; Co: /);
});

test('by the flows of mailed links too', async () => {
  const client = await app.signIn('users', 'ann@new.example.com', 'another-password');
  await client.collection('users').requestEmailChange('ann@third.example.com');
  const { token } = await box.link('ann@third.example.com', 'confirm-email-change');
  await app.guest().collection('users').confirmEmailChange(token, 'another-password');
  const mail = await box.next();
  assert.deepEqual([mail.to, mail.subject], [['ann@new.example.com'], 'A new address, Ann']);

  await app.guest().collection('users').requestPasswordReset('ann@third.example.com');
  const reset = await box.link('ann@third.example.com', 'confirm-password-reset');
  await app.guest().collection('users').confirmPasswordReset(reset.token, secret, secret);
  assert.equal((await box.next()).subject, 'A new password');
});

test('off again', async () => {
  const collection = await app.root.collections.update('users', { emailChangedTemplate: null, passwordChangedTemplate: null });
  assert.ok(!('emailChangedTemplate' in collection));
});

test('translations: by the field of the record, else by the browser', async () => {
  const { fields } = await app.root.collections.getOne('users');
  await app.root.collections.update('users', { fields: [...fields, { name: 'lang', type: 'text' }] });
  await app.root.collections.update('users', {
    languageField: 'lang',
    verificationTemplate: { translations: {
      de: { subject: 'Bestätigen', body: '<p>{TOKEN}</p>' }, 'pt-BR': { subject: 'Confirmar', body: '<p>{TOKEN}</p>' },
    } },
  });
  const german = /Best=C3=A4tigen|Bestätigen/i;
  assert.match(await subjectFor('a@example.com', { field: 'de-AT', header: 'pt-BR' }), german);
  assert.equal(await subjectFor('b@example.com', { header: 'pt,en;q=0.5' }), 'Confirmar');
  assert.equal(await subjectFor('c@example.com', { field: 'fr', header: 'de;q=0.1,pt-BR' }), 'Confirmar');
  assert.equal(await subjectFor('d@example.com', { header: 'fr' }), 'Verify your Story & Co email');

  const renamed = (await app.root.collections.getOne('users')).fields.map((f) => (f.name === 'lang' ? { ...f, name: 'tongue' } : f));
  assert.equal((await app.root.collections.update('users', { fields: renamed })).languageField, 'tongue');
  const less = await app.root.collections.update('users', { verificationTemplate: { translations: { de: { subject: 'a', body: 'b' } } } });
  assert.deepEqual(less.verificationTemplate.translations, { de: { subject: 'a', body: 'b' } });
});

test('what is wrong is named', async () => {
  await fails(app.root.collections.update('users', {
    languageField: 'nowhere',
    passwordChangedTemplate: { subject: '' },
    verificationTemplate: { translations: { 'not a language': { subject: 'a', body: 'b' }, de: { subject: 'a' } } },
  }), 400, {
    languageField: 'validation_missing_field',
    'passwordChangedTemplate.subject': 'validation_required',
    'passwordChangedTemplate.body': 'validation_required',
    'verificationTemplate.translations.not a language': 'validation_invalid_language',
    'verificationTemplate.translations.de.body': 'validation_required',
  });
});
