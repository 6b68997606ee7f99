// Ann signs up as Ann@Example.com and types ann@example.com ever after: in collections
// that Loam makes or proposes both are one address. Where they are two, a superuser can
// make them one, and is told which accounts stand in the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imported } from '../loam.mjs';
import { email, fails, password, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const { collections } = app.root;
const secret = 'a-long-password';
const { auth: scaffold } = await collections.getScaffolds();
const fields = scaffold.fields.map((field) => (field.type === 'password' ? { ...field, cost: 4 } : field)); // cheap to check
await collections.create({ ...scaffold, fields, name: 'people', createRule: '', otp: { ...scaffold.otp, enabled: true } });
const people = app.guest().collection('people');
const signUp = (address, name = 'people') => app.guest().collection(name).create({ email: address, password: secret, passwordConfirm: secret });
const ann = await signUp('Ann@Example.com');

test('one address in any case is one account, spelled as it was first', async () => {
  await fails(signUp('ann@example.com'), 400, { email: 'validation_not_unique' });
  for (const address of ['Ann@Example.com', 'ann@example.com', 'ANN@EXAMPLE.COM']) {
    const { record } = await people.authWithPassword(address, secret);
    assert.deepEqual([record.id, record.email], [ann.id, 'Ann@Example.com']);
    await fails(people.authWithPassword(address, 'wrong'), 400, {});
  }
  // Letters beyond ASCII are what they are.
  const élan = await signUp('élan@example.com');
  await fails(people.authWithPassword('Élan@example.com', secret), 400, {});
  assert.equal((await people.authWithPassword('éLAN@example.com', secret)).record.id, élan.id);
});

test('so it is for codes, verification, resets and changes of address', async () => {
  const { otpId } = await people.requestOTP('ANN@example.com');
  const mail = await box.next();
  assert.deepEqual(mail.to, ['Ann@Example.com']);
  const { record } = await people.authWithOTP(otpId, mail.html.match(/<strong>(\d+)<\/strong>/)[1]);
  assert.deepEqual([record.id, record.verified], [ann.id, true]);

  const bob = await signUp('Bob@example.com');
  await people.requestVerification('bOB@example.com');
  await people.confirmVerification((await box.link('Bob@example.com', 'confirm-verification')).token);
  assert.equal((await app.root.collection('people').getOne(bob.id)).verified, true);

  await people.requestPasswordReset('BOB@EXAMPLE.COM');
  await people.confirmPasswordReset((await box.link('Bob@example.com', 'confirm-password-reset')).token, 'another-password', 'another-password');
  const client = app.guest();
  await client.collection('people').authWithPassword('bob@example.com', 'another-password');
  await fails(client.collection('people').requestEmailChange('ann@EXAMPLE.com'), 400, { newEmail: 'validation_invalid_new_email' });
  await client.collection('people').requestEmailChange('bob@example.com'); // another spelling of one's own
  await people.confirmEmailChange((await box.link('bob@example.com', 'confirm-email-change')).token, 'another-password');
  assert.equal((await people.authWithPassword('BOB@example.com', 'another-password')).record.email, 'bob@example.com');
});

test('users and superusers of a new installation too', { skip: imported && 'PocketBase made them' }, async () => {
  const user = await app.account('users', 'Cid@example.com');
  assert.equal((await app.guest().collection('users').authWithPassword('cid@EXAMPLE.com', secret)).record.id, user.authStore.record.id);
  await app.guest().collection('_superusers').authWithPassword(email.toUpperCase(), password);
  await app.server.command('superuser', 'create', 'Second@example.com', password);
  const { stdout } = await app.server.command('superuser', 'upsert', 'second@EXAMPLE.com', secret);
  assert.match(stdout, /^Updated the superuser/);
  await app.guest().collection('_superusers').authWithPassword('second@example.com', secret);
});

test('an old collection is switched over', async () => {
  const indexes = (folded) => [`CREATE UNIQUE INDEX i_old_email ON old (email${folded ? ' COLLATE NOCASE' : ''}) WHERE email != ''`];
  const { indexes: had } = await collections.create({ name: 'old', type: 'auth', fields, createRule: '' });
  assert.match(had[1], /\(`email`\) WHERE/); // as PocketBase adds it
  await collections.update('old', { indexes: [had[0], ...indexes(false)] });
  const old = app.guest().collection('old');
  const ids = [];
  for (const address of ['dan@x.io', 'eve@x.io', 'Dan@x.io', 'fay@x.io', 'DAN@x.io', 'Eve@x.io']) ids.push((await signUp(address, 'old')).id);
  await fails(old.authWithPassword('FAY@x.io', secret), 400, {});

  const { data } = (await fails(collections.update('old', { indexes: [had[0], ...indexes(true)] }), 400, { 'indexes.1': 'validation_invalid_index_expression' })).response;
  const record = (n, address) => ({ email: address, id: ids[n] });
  assert.deepEqual(data.indexes[1].params.clashes, [
    [record(0, 'dan@x.io'), record(2, 'Dan@x.io'), record(4, 'DAN@x.io')],
    [record(1, 'eve@x.io'), record(5, 'Eve@x.io')],
  ]);
  assert.match(data.indexes[1].message, new RegExp(`not unique: .*: ${ids[0]} \\(dan@x.io\\) and ${ids[2]} \\(Dan@x.io\\) and .*, ${ids[1]} \\(eve@x.io\\)`));
  assert.equal((await old.authWithPassword('Dan@x.io', secret)).record.id, ids[2]); // nothing has changed

  for (const n of [2, 4, 5]) await app.root.collection('old').delete(ids[n]);
  await collections.update('old', { indexes: [had[0], ...indexes(true)] });
  assert.equal((await old.authWithPassword('FAY@x.io', secret)).record.id, ids[3]);
  await fails(signUp('DAN@x.io', 'old'), 400, { email: 'validation_not_unique' });
});
