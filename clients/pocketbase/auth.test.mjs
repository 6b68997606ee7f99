// Signing in with a password, refreshing tokens, and the effects of changes of an account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, fails, refused, start } from './app.mjs';

const app = await start();
const guest = app.guest();
const secret = 'a-long-password';
const credentials = { password: secret, passwordConfirm: secret };

await app.root.collections.create({
  name: 'members',
  type: 'auth',
  fields: [{ name: 'nick', type: 'text' }, { name: 'boss', type: 'bool' }],
  indexes: ['CREATE UNIQUE INDEX idx_nick ON members (nick COLLATE NOCASE)'],
  passwordAuth: { enabled: true, identityFields: ['email', 'nick'] },
  authRule: "nick != 'banned'",
  manageRule: '@request.auth.boss = true',
  listRule: '', viewRule: '', createRule: '', updateRule: '@request.auth.id != ""', deleteRule: 'id = @request.auth.id',
});
const members = guest.collection('members');

test('sign up, sign in, refresh', async () => {
  const made = await members.create({ email: 'ann@example.com', nick: 'Ann', ...credentials });
  assert.equal('password' in made || 'tokenKey' in made || 'email' in made, false);
  const client = app.guest();
  const { token, record } = await client.collection('members').authWithPassword('ann@example.com', secret);
  assert.equal(record.email, 'ann@example.com');
  assert.equal('password' in record || 'tokenKey' in record, false);
  assert.equal(client.authStore.isValid, true);
  assert.equal(client.authStore.isSuperuser, false);
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  assert.deepEqual(Object.keys(claims).sort(), ['collectionId', 'exp', 'id', 'refreshable', 'type']);
  assert.deepEqual([claims.id, claims.type, claims.collectionId], [record.id, 'auth', record.collectionId]);
  const refreshed = await client.collection('members').authRefresh();
  assert.equal(refreshed.record.id, record.id);
  assert.equal(client.authStore.token, refreshed.token);
});

test('the ways to sign in', async () => {
  const off = { enabled: false, duration: 0 };
  const want = { oauth2: { providers: [], enabled: false }, mfa: off, otp: off };
  assert.deepEqual(await members.listAuthMethods(), { ...want, password: { identityFields: ['email', 'nick'], enabled: true } });
  const old = await members.listAuthMethods({ fields: 'authProviders,usernamePassword,emailPassword' });
  assert.deepEqual(old, { authProviders: null, usernamePassword: false, emailPassword: true });
  await fails(guest.collection('_mfas').listAuthMethods(), 404, {}, 'Missing or invalid auth collection context.');
  await fails(guest.collection('nothing').listAuthMethods(), 404, {}, 'Missing or invalid collection context.');
});

test('identities', async () => {
  const sign = (identity, options) => app.guest().collection('members').authWithPassword(identity, secret, options);
  const by = (identityField, identity) => sign(identity, { body: { identity, password: secret, identityField } });
  assert.equal((await sign('Ann')).record.nick, 'Ann');
  assert.equal((await sign('aNN')).record.nick, 'Ann'); // the index has NOCASE
  assert.equal((await by('email', 'ann@example.com')).record.nick, 'Ann');
  await fails(sign('ANN@example.com'), 400, {}, 'Failed to authenticate.');
  await fails(by('email', 'Ann'), 400, {}, 'Failed to authenticate.');
  await fails(by('boss', 'Ann'), 400, { identityField: 'validation_in_invalid' });
  const picked = await sign('Ann', { fields: 'token,record.id' });
  assert.deepEqual([Object.keys(picked), Object.keys(picked.record)], [['record', 'token'], ['id']]);
});

test('who is not let in', async () => {
  const sign = (identity, password, collection = 'members') => guest.collection(collection).authWithPassword(identity, password);
  await fails(sign('ann@example.com', 'wrong-password'), 400, {}, 'Failed to authenticate.');
  await fails(sign('nobody@example.com', secret), 400, {}, 'Failed to authenticate.');
  await fails(sign("' OR 1=1 --", secret), 400, {}, 'Failed to authenticate.');
  await fails(sign('', ''), 400, { identity: 'validation_required', password: 'validation_required' });
  await fails(sign('x'.repeat(256), secret), 400, { identity: 'validation_length_out_of_range' });
  await fails(sign('a', secret, 'nothing'), 404, {}, 'Missing or invalid collection context.');
  await fails(sign('a', secret, '_mfas'), 404, {}, 'Missing or invalid auth collection context.');
  await members.create({ nick: 'banned', email: 'banned@example.com', ...credentials });
  await fails(sign('banned', secret), 403, {}, "The request doesn't satisfy the collection requirements to authenticate.");
  refused(await app.raw('POST', '/api/collections/members/auth-with-password', '{"identity":'), 400, {});
});

test('refresh is for those who are signed in, in their own collection', async () => {
  await fails(guest.collection('members').authRefresh(), 401, {}, 'The request requires valid record authorization token.');
  await fails(app.root.collection('members').authRefresh(), 403, {}, 'The request requires auth record from _superusers collection.');
});

test('the forms of an account', async () => {
  const failing = async (body, codes) => fails(members.create(body), 400, codes, 'Failed to create record.');
  await failing({ email: 'x@example.com' }, { password: 'validation_required', passwordConfirm: 'validation_required' });
  await failing({ email: 'x@example.com', password: secret, passwordConfirm: 'other' }, { passwordConfirm: 'validation_values_mismatch' });
  await failing({ email: 'x@example.com', password: 'short', passwordConfirm: 'short' }, { password: 'validation_min_text_constraint' });
  const long = 'é'.repeat(40);
  await failing({ email: 'x@example.com', password: long, passwordConfirm: long }, { password: 'validation_max_text_constraint' });
  await failing({ email: 'no address', ...credentials }, { email: 'validation_is_email' });
  await failing({ ...credentials }, { email: 'validation_required' });
  await failing({ email: 'ann@example.com', nick: 'Ann2', ...credentials }, { email: 'validation_not_unique' });
  await failing({ email: 'x@example.com', nick: 'ANN', ...credentials }, { nick: 'validation_not_unique' });
  await fails(members.create({ email: 'x@example.com', verified: true, ...credentials }), 400, { verified: 'validation_values_mismatch' });
  const { id } = app.root.authStore.record;
  await failing({ id, email: 'x@example.com', nick: 'x', ...credentials }, { id: 'validation_invalid_auth_id' });
  const key = 'k'.repeat(50);
  const made = await members.create({ email: 'x@example.com', nick: 'x', tokenKey: key, ...credentials });
  assert.equal((await app.root.collection('members').getList(1, 1, { filter: `tokenKey = '${key}'` })).totalItems, 0);
  assert.equal(made.verified, false);
});

test('changing one’s own account', async () => {
  const client = await app.account('members', 'bob@example.com', { nick: 'Bob' });
  const own = client.collection('members');
  const { id } = client.authStore.record;
  await own.update(id, { nick: 'Bobby', emailVisibility: true });
  assert.equal(client.authStore.record.nick, 'Bobby'); // the SDK keeps the record
  await fails(own.update(id, { email: 'new@example.com' }), 400, { email: 'validation_values_mismatch' });
  await fails(own.update(id, { verified: true }), 400, { verified: 'validation_values_mismatch' });
  const next = { password: 'another-password', passwordConfirm: 'another-password' };
  await fails(own.update(id, next), 400, { oldPassword: 'validation_required' });
  await fails(own.update(id, { ...next, oldPassword: 'wrong' }), 400, { oldPassword: 'validation_invalid_old_password' });

  const other = await app.signIn('members', 'bob@example.com', secret);
  await own.update(id, { ...next, oldPassword: secret });
  // All earlier tokens have ended when the response arrives.
  await fails(other.collection('members').authRefresh(), 401, {});
  await fails(client.collection('members').authRefresh(), 401, {});
  await fails(guest.collection('members').authWithPassword('bob@example.com', secret), 400, {});
  await app.signIn('members', 'bob@example.com', 'another-password');
});

test('linked accounts are listed and unlinked by their owner', async () => {
  const client = await app.account('members', 'linked@example.com', { nick: 'Linked' });
  const own = client.collection('members');
  const { id, collectionId } = client.authStore.record;
  const link = { collectionRef: collectionId, recordRef: id, provider: 'github', providerId: '7' };
  await app.root.collection('_externalAuths').create(link);
  await fails(client.collection('_externalAuths').create({ ...link, provider: 'google' }), 403, {});
  const other = await app.account('members', 'unlinked@example.com', { nick: 'Unlinked' });
  assert.deepEqual(await other.collection('members').listExternalAuths(id), []);
  await assert.rejects(other.collection('members').unlinkExternalAuth(id, 'github'), { status: 404 }); // found by a list
  assert.deepEqual((await own.listExternalAuths(id)).map((auth) => auth.provider), ['github']);
  assert.equal(await own.unlinkExternalAuth(id, 'github'), true);
  assert.deepEqual(await own.listExternalAuths(id), []);
});

test('managers and superusers change the accounts of others', async () => {
  const boss = await app.account('members', 'boss@example.com', { nick: 'Boss', boss: true });
  const user = await app.account('members', 'carl@example.com', { nick: 'Carl' });
  const { id } = user.authStore.record;
  const seen = await boss.collection('members').update(id, { email: 'carl2@example.com', verified: true });
  assert.deepEqual([seen.email, seen.verified], ['carl2@example.com', true]);
  await fails(user.collection('members').authRefresh(), 401, {}); // the address has changed
  await app.root.collection('members').update(id, credentials);
  await app.signIn('members', 'carl2@example.com', secret);
});

test('an account that is gone is a guest', async () => {
  const client = await app.account('members', 'gone@example.com', { nick: 'Gone' });
  const { token, record } = client.authStore;
  assert.equal(await client.collection('members').delete(record.id), true);
  assert.equal(client.authStore.token, '');
  refused(await app.raw('POST', '/api/collections/members/auth-refresh', '', { Authorization: token }), 401, {});
});

test('changing what tokens are signed with ends them all', async () => {
  const client = await app.account('members', 'dora@example.com', { nick: 'Dora' });
  await app.root.collections.update('members', { authRule: '' });
  await fails(client.collection('members').authRefresh(), 401, {});
  await app.root.collections.update('members', { passwordAuth: { enabled: false } });
  await fails(
    guest.collection('members').authWithPassword('dora@example.com', secret), 403, {},
    'The collection is not configured to allow password authentication.',
  );
});

test('superusers', async () => {
  assert.equal(app.root.authStore.isSuperuser, true);
  await fails(
    app.root.collection('_superusers').delete(app.root.authStore.record.id), 400, {}, "You can't delete the only existing superuser.",
  );
  await app.server.command('superuser', 'upsert', 'second@example.com', secret);
  const second = await app.signIn('_superusers', 'second@example.com', secret);
  await app.server.command('superuser', 'delete', 'second@example.com');
  await fails(guest.collection('_superusers').getList(), 403, {});
  await eventually(async () => {
    const answer = await second.send('/api/settings', {}).catch((e) => e);
    assert.equal(answer.status, 401, 'a superuser who was deleted from outside is still let in');
  });
});

test('the SDK renews the token of a superuser by itself', async () => {
  const client = app.guest();
  const asked = [];
  client.afterSend = (response, data) => {
    asked.push(new URL(response.url).pathname.split('/').pop());
    return data;
  };
  const superusers = client.admins; // an old name of collection('_superusers')
  await app.server.command('superuser', 'upsert', 'auto@example.com', secret);
  await superusers.authWithPassword('auto@example.com', secret, { autoRefreshThreshold: 7 * 86400 });
  asked.length = 0;
  await client.settings.getAll();
  assert.deepEqual(asked, ['auth-refresh', 'settings']);
  // A new sign-in replaces a revoked token.
  await app.root.collection('_superusers').update(client.authStore.record.id, { 'tokenKey:autogenerate': '' });
  asked.length = 0;
  await client.settings.getAll();
  assert.deepEqual(asked, ['auth-refresh', 'auth-with-password', 'settings']);
});
