// Signing in through another service, the way an app does that keeps the code flow in
// its own hands (authWithOAuth2Code), with a certified OpenID provider at the other end.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import { EventSource } from 'eventsource';
import { fails, start } from './app.mjs';
import { clientId, clientSecret, openIDProvider, signingKey } from './oidc.mjs';

globalThis.EventSource = EventSource;
const app = await start({ args: ['--debug'] });
const back = 'https://app.example/signed-in';
const window = `${app.url}/api/oauth2-redirect`;
const service = await openIDProvider({ redirects: [back, window] });
const secrets = [clientSecret]; // that no log may hold
const picture = `${service.url}/picture.png`; // on this machine: it must not be fetched
service.people = {
  ann: { email: 'ann@example.com', email_verified: true, name: 'Ann', preferred_username: 'ann', picture },
  bob: { email: 'bob@example.com', email_verified: true, name: 'Bob' },
  carl: { email: 'carl@example.com', email_verified: false, name: 'Carl' },
  dora: { email: 'dora@example.com', email_verified: true, name: 'Dora' },
  eve: { email: 'eve@example.com', email_verified: true },
  fay: { email: 'fay@example.com', email_verified: true },
};

const addresses = { authURL: `${service.url}/auth`, tokenURL: `${service.url}/token`, userInfoURL: `${service.url}/me` };
const configured = { name: 'oidc', clientId, clientSecret, displayName: 'The service', ...addresses };
const options = { enabled: true, mappedFields: { name: 'name', avatarURL: 'avatar' }, providers: [configured] };
const configure = (oauth2, more = {}) => app.root.collections.update('users', { oauth2: { ...options, ...oauth2 }, ...more });
await configure({});

/** Goes to the service as a person, and returns what comes back for the app. */
async function visit(person, client = app.guest(), name = 'oidc') {
  service.person = person;
  const { oauth2 } = await client.collection('users').listAuthMethods();
  const provider = oauth2.providers.find((p) => p.name === name);
  const returned = await service.visit(provider.authURL + encodeURIComponent(back));
  assert.equal(returned.origin + returned.pathname, back);
  assert.equal(returned.searchParams.get('state'), provider.state);
  const code = returned.searchParams.get('code');
  secrets.push(code, provider.codeVerifier);
  return { code, provider };
}

/** Signs a person in. */
async function signIn(person, client = app.guest(), createData = {}, o = {}) {
  const { code, provider } = await visit(person, client);
  const signed = await client.collection('users').authWithOAuth2Code('oidc', code, provider.codeVerifier, back, createData, o);
  secrets.push(signed.meta.accessToken, signed.token);
  return signed;
}

const links = (id) => app.root.collection('users').listExternalAuths(id);

test('what a client is told', async () => {
  const { oauth2 } = await app.guest().collection('users').listAuthMethods();
  assert.equal(oauth2.enabled, true);
  const [p, ...others] = oauth2.providers;
  assert.equal(others.length, 0);
  assert.deepEqual([p.name, p.displayName, p.codeChallengeMethod], ['oidc', 'The service', 'S256']);
  assert.match(p.logo, /^<svg /);
  assert.match(p.state, /^[A-Za-z0-9]{30}$/);
  assert.match(p.codeVerifier, /^[A-Za-z0-9]{43}$/);
  assert.equal(p.codeChallenge, createHash('sha256').update(p.codeVerifier).digest('base64url'));
  assert.equal(p.authUrl, p.authURL);
  assert.ok(p.authURL.startsWith(`${service.url}/auth?`) && p.authURL.endsWith('&redirect_uri='), p.authURL);
  const sent = Object.fromEntries(new URL(p.authURL).searchParams);
  assert.deepEqual(sent, {
    client_id: clientId, code_challenge: p.codeChallenge, code_challenge_method: 'S256', redirect_uri: '',
    response_type: 'code', scope: 'openid email profile', state: p.state,
  });
  const old = await app.guest().collection('users').listAuthMethods({ fields: '*' });
  assert.deepEqual([old.authProviders.length, old.authProviders[0].logo], [1, '']);
  const listed = await app.root.collections.getAllOAuth2Providers();
  assert.deepEqual([listed.length, listed[0].name, listed.at(-1).name], [32, 'apple', 'oidc3']);
  await fails(app.guest().collections.getAllOAuth2Providers(), 401, {});
  const seen = await app.root.collections.getOne('users');
  assert.equal(JSON.stringify(seen).includes(clientSecret), false);
});

test('a new person, and again', async () => {
  const client = app.guest();
  const first = await signIn('ann', client);
  assert.deepEqual(Object.keys(first).sort(), ['meta', 'record', 'token']);
  assert.deepEqual([first.record.email, first.record.name, first.record.verified], ['ann@example.com', 'Ann', true]);
  const { meta } = first;
  assert.deepEqual(
    [meta.isNew, meta.id, meta.name, meta.username, meta.email, meta.avatarURL, meta.avatarUrl],
    [true, 'ann', 'Ann', 'ann', 'ann@example.com', picture, picture],
  );
  assert.equal(meta.rawUser.preferred_username, 'ann');
  assert.match(meta.expiry, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(first.record.avatar, ''); // it is on a private address
  assert.equal(client.authStore.record.id, first.record.id);
  await client.collection('users').authRefresh();
  const again = await signIn('ann');
  assert.deepEqual([again.meta.isNew, again.record.id], [false, first.record.id]);
  const [link] = await links(first.record.id);
  assert.deepEqual([link.provider, link.providerId, link.collectionRef], ['oidc', 'ann', first.record.collectionId]);
});

test('codes are good once, for who has asked for them', async () => {
  const { code, provider } = await visit('ann');
  const users = app.guest().collection('users');
  const failing = (code, verifier, redirect) =>
    fails(users.authWithOAuth2Code('oidc', code, verifier, redirect), 400, {}, 'Failed to fetch OAuth2 token.');
  await failing('made-up', provider.codeVerifier, back);
  await failing(code, 'v'.repeat(43), back);
  for (const [verifier, redirect] of [[provider.codeVerifier, 'https://evil.example/'], ['', back]]) {
    const other = await visit('ann');
    await failing(other.code, verifier === '' ? '' : other.provider.codeVerifier, redirect);
  }
  const good = await visit('ann');
  await users.authWithOAuth2Code('oidc', good.code, good.provider.codeVerifier, back);
  await failing(good.code, good.provider.codeVerifier, back); // replayed
});

test('forms that are not complete', async () => {
  const users = app.guest().collection('users');
  await fails(users.authWithOAuth2Code('', '', '', ''), 400, { provider: 'validation_required', code: 'validation_required' });
  await fails(users.authWithOAuth2Code('github', 'c', '', ''), 400, { provider: 'validation_invalid_provider' });
  await fails(users.authWithOAuth2Code('x'.repeat(101), 'c', '', ''), 400, { provider: 'validation_length_out_of_range' });
  await fails(users.authWithOAuth2Code('oidc', 'c'.repeat(20000), '', ''), 400, { code: 'validation_length_out_of_range' });
  const off = 'The collection is not configured to allow OAuth2 authentication.';
  await fails(app.guest().collection('_superusers').authWithOAuth2Code('oidc', 'c', '', ''), 403, {}, off);
  await fails(app.guest().collection('_mfas').authWithOAuth2Code('oidc', 'c', '', ''), 404, {});
});

test('what the client adds to a new record, and who may make one', async () => {
  const { createRule } = await app.root.collections.getOne('users');
  await app.root.collections.update('users', { createRule: "@request.context = 'oauth2' && @request.body.password:isset = false && name = 'Bobby'" });
  await fails(signIn('bob'), 400, {}, 'Failed to create record.');
  await fails(signIn('bob', undefined, { name: 'Bobby', verified: true }), 400, { verified: 'validation_values_mismatch' });
  const { record } = await signIn('bob', undefined, { name: 'Bobby', emailVisibility: true });
  assert.deepEqual([record.name, record.emailVisibility, record.verified], ['Bobby', true, true]);
  await app.root.collections.update('users', { createRule: null });
  await fails(signIn('dora'), 403, {}, 'Only superusers can perform this action.');
  await app.root.collections.update('users', { createRule });
});

test('an address that the service has not verified is nobody’s', async () => {
  const owner = await app.account('users', 'carl@example.com');
  const { record, meta } = await signIn('carl', undefined, { email: 'carl-at-work@example.com' });
  assert.notEqual(record.id, owner.authStore.record.id);
  assert.deepEqual([meta.email, record.email, record.verified], ['', 'carl-at-work@example.com', false]);
});

test('attack: somebody has signed up with the address of another and waits', async () => {
  // The attacker has the address, a password, a session and a link of his own.
  const attacker = await app.account('users', 'dora@example.com');
  const { id } = attacker.authStore.record;
  await signIn('eve', attacker);
  assert.deepEqual((await links(id)).map((l) => l.providerId), ['eve']);
  await attacker.collection('users').authRefresh(); // he is in, as far as that goes
  const stale = app.guest();
  stale.authStore.save(attacker.authStore.token, attacker.authStore.record);
  // The owner comes through the service, which has verified the address.
  const owner = app.guest();
  const signed = await signIn('dora', owner);
  assert.deepEqual([signed.record.id, signed.record.verified, signed.meta.isNew], [id, true, false]);
  assert.deepEqual((await links(id)).map((l) => l.providerId), ['dora']);
  await fails(stale.collection('users').authRefresh(), 401, {});
  await fails(app.guest().collection('users').authWithPassword('dora@example.com', 'a-long-password'), 400, {}, 'Failed to authenticate.');
  const elsewhere = await signIn('eve'); // the attacker's own person at the service
  assert.notEqual(elsewhere.record.id, id);
  await owner.collection('users').authRefresh();
});

test('linking and unlinking', async () => {
  const client = await app.account('users', 'fred@example.com');
  const users = client.collection('users');
  const { id } = client.authStore.record;
  const { record, meta } = await signIn('fay', client);
  assert.deepEqual([record.id, meta.isNew, record.email, record.verified], [id, false, 'fred@example.com', false]);
  assert.deepEqual((await users.listExternalAuths(id)).map((l) => l.provider), ['oidc']);
  assert.equal((await signIn('fay')).record.id, id);
  assert.deepEqual(await app.guest().collection('users').listExternalAuths(id), []);
  await app.signIn('users', 'fred@example.com', 'a-long-password').then(assert.fail, () => {}); // see above: nobody had verified the address
  const again = app.guest();
  await signIn('fay', again);
  await again.collection('users').unlinkExternalAuth(id, 'oidc');
  assert.notEqual((await signIn('fay')).record.id, id);
});

test('one link a service', async () => {
  const client = app.guest();
  const { record } = await signIn('ann', client);
  service.people.twin = { email: 'twin@example.com', email_verified: true };
  await fails(signIn('twin', client), 400, {}, 'The account is linked to somebody else at this provider.');
  assert.equal((await links(record.id)).length, 1);
});

test('many at once make one account', async () => {
  service.people.gus = { email: 'gus@example.com', email_verified: true, name: 'Gus' };
  const visits = [];
  for (let i = 0; i < 5; i++) visits.push(await visit('gus'));
  const users = app.guest().collection('users');
  const all = await Promise.all(visits.map(({ code, provider }) => users.authWithOAuth2Code('oidc', code, provider.codeVerifier, back)));
  assert.equal(new Set(all.map(({ record }) => record.id)).size, 1);
  assert.equal(all.filter(({ meta }) => meta.isNew).length, 1);
});

test('a second method', async () => {
  await configure({}, { mfa: { enabled: true, duration: 600 } });
  const client = app.guest();
  const err = await signIn('ann', client).then(assert.fail, (e) => e);
  assert.deepEqual([err.status, Object.keys(err.response)], [401, ['mfaId']]);
  await fails(signIn('ann', client, {}, { mfaId: err.response.mfaId }), 400, {}, 'A different authentication method is required.');
  await configure({}, { mfa: { enabled: false } });
});

// A second window: it goes to the service, and to where the service leads from there.
const ends = async (url, headers = {}) => {
  const response = await fetch(url, { headers, redirect: 'manual' });
  return [response.status, response.headers.get('location').split('-').pop()];
};

test('in a second window', async () => {
  const client = app.guest();
  after(() => client.realtime.unsubscribe());
  const urlCallback = async (url) => {
    const at = await service.visit(url);
    assert.equal(at.origin + at.pathname, window);
    secrets.push(at.searchParams.get('code'));
    assert.deepEqual(await ends(at), [307, 'success']);
    assert.deepEqual(await ends(at), [307, 'failure']); // once
  };
  service.person = 'ann';
  const { record, meta } = await client.collection('users').authWithOAuth2({ provider: 'oidc', urlCallback });
  assert.deepEqual([record.email, meta.isNew], ['ann@example.com', false]);
});

test('attack: the code of a victim on the stream of an attacker', async () => {
  // Both come through a proxy that nobody has configured: they have one address.
  const attacker = app.guest();
  const got = [];
  const stream = new EventSource(`${app.url}/api/realtime`, { fetch: (url, o) => fetch(url, { ...o, headers: { ...o.headers, 'X-Forwarded-For': '203.0.113.1' } }) });
  after(() => stream.close());
  const clientId = await new Promise((resolve) => stream.addEventListener('PB_CONNECT', (e) => resolve(e.lastEventId)));
  const subscribe = () => attacker.send('/api/realtime', { method: 'POST', headers: { 'X-Forwarded-For': '203.0.113.1' }, body: { clientId, subscriptions: ['@oauth2'] } });
  const first = new Promise((resolve) => stream.addEventListener('@oauth2', (e) => resolve(got.push(e.data))));
  await subscribe();
  // The victim follows a link to the service whose state is the attacker's stream.
  const { oauth2 } = await app.guest().collection('users').listAuthMethods();
  const link = new URL(oauth2.providers[0].authURL + encodeURIComponent(window));
  link.searchParams.set('state', clientId);
  service.person = 'bob';
  const at = await service.visit(link.href);
  assert.deepEqual(await ends(at, { 'X-Forwarded-For': '203.0.113.2' }), [307, 'failure']);
  assert.deepEqual(await ends(at, { 'X-Forwarded-For': '203.0.113.1' }), [307, 'failure']); // not subscribed any more
  await subscribe();
  assert.deepEqual(await ends(`${window}?state=${clientId}&error=access_denied`, { 'X-Forwarded-For': '203.0.113.1' }), [307, 'failure']);
  await first;
  assert.deepEqual(got.map((data) => JSON.parse(data)), [{ state: clientId, code: '', error: 'access_denied' }]);
});

test('a service that fails', async () => {
  const answers = (status, text) => (_, response) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  const user = (text) => (service.instead['/me'] = answers(200, text));
  for (const instead of [answers(500, '{}'), answers(401, '{}'), answers(302, '')]) {
    service.instead['/me'] = instead;
    await fails(signIn('ann'), 400, {}, 'Failed to fetch OAuth2 user.');
  }
  for (const text of ['', '[]', 'null', '{"sub":""}', '{"name":"no id"}', '{"sub":{}}', `{"sub":"${'x'.repeat(2 << 20)}"}`]) {
    user(text);
    await fails(signIn('ann'), 400, {}, 'Failed to fetch OAuth2 user.');
  }
  delete service.instead['/me'];
  for (const instead of [answers(500, 'no'), answers(200, '{}'), answers(200, 'not json'), answers(307, '')]) {
    service.instead['/token'] = instead;
    await fails(signIn('ann'), 400, {}, 'Failed to fetch OAuth2 token.');
  }
  delete service.instead['/token'];
});

test('a service that hangs holds nobody else up', async () => {
  const waiting = new Promise((resolve) => (service.instead['/token'] = (request) => resolve(request)));
  const { code, provider } = await visit('ann');
  const aborted = new AbortController();
  const body = JSON.stringify({ provider: 'oidc', code, codeVerifier: provider.codeVerifier, redirectURL: back });
  const hangs = fetch(`${app.url}/api/collections/users/auth-with-oauth2`, {
    method: 'POST', body, headers: { 'Content-Type': 'application/json' }, signal: aborted.signal,
  }).catch((e) => e.name);
  await waiting;
  await app.account('users', 'meanwhile@example.com'); // writes
  aborted.abort();
  assert.equal(await hangs, 'AbortError');
  delete service.instead['/token'];
});

test('discovery, and id_tokens that are verified', async () => {
  const found = { name: 'oidc', clientId, clientSecret, authURL: '', tokenURL: '', userInfoURL: '', extra: { issuer: service.url } };
  await configure({ providers: [found] });
  const { oauth2 } = await app.guest().collection('users').listAuthMethods();
  assert.ok(oauth2.providers[0].authURL.startsWith(`${service.url}/auth?`), oauth2.providers[0].authURL);
  assert.equal((await signIn('ann')).record.email, 'ann@example.com');
  // The claims of the id_token alone.
  await configure({ providers: [{ ...found, ...addresses, userInfoURL: '', extra: { issuers: [service.url], jwksURL: `${service.url}/jwks` } }] });
  assert.equal((await signIn('ann')).record.email, 'ann@example.com');
  await configure({ providers: [{ ...found, ...addresses, userInfoURL: '', extra: { issuers: ['https://elsewhere.example'] } }] });
  await fails(signIn('ann'), 400, {}, 'Failed to fetch OAuth2 user.');
  // Attack: a token that somebody else has signed.
  const { kid, n, e, kty, alg, use } = signingKey('real');
  service.instead['/jwks'] = (_, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys: [{ kid, n, e, kty, alg, use }] }));
  await configure({ providers: [found] });
  await fails(signIn('ann'), 400, {}, 'Failed to fetch OAuth2 user.');
  delete service.instead['/jwks'];
  // An issuer that is not there: the others are told of, this one is not.
  await configure({ providers: [{ ...found, extra: { issuer: 'http://127.0.0.1:1' } }, { ...configured, name: 'oidc2' }] });
  const methods = await app.guest().collection('users').listAuthMethods();
  assert.deepEqual(methods.oauth2.providers.map((p) => p.name), ['oidc2']);
  await configure({});
});

test('the secret of Apple, which is made of a key', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' });
  secrets.push(key.split('\n')[1]);
  const made = (client, ...form) => client.settings.generateAppleClientSecret(...form);
  const { secret } = await made(app.root, 'com.app', 'TEAM567890', 'KEY4567890', key, 60);
  const [header, claims] = secret.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  assert.deepEqual([header.alg, header.kid, claims.iss, claims.sub, claims.aud], ['ES256', 'KEY4567890', 'TEAM567890', 'com.app', ['https://appleid.apple.com']]);
  await fails(made(app.guest(), 'com.app', 'TEAM567890', 'KEY4567890', key, 60), 401, {});
  await fails(made(app.root, '', 'short', '', 'no key', 0), 400, {
    clientId: 'validation_required', teamId: 'validation_length_invalid', keyId: 'validation_required',
    privateKey: 'validation_match_invalid', duration: 'validation_required',
  });
});

test('the log holds no secret', async () => {
  await app.guest().collection('users').authWithOAuth2Code('oidc', 'a-code-that-fails', 'v'.repeat(43), back).catch(() => {});
  const { text } = app.server.log;
  assert.match(text, /the service answers with 400 invalid_grant/);
  assert.match(text, /no avatar.*the address is not public/);
  for (const secret of [...secrets, 'a-code-that-fails']) assert.equal(text.includes(secret), false, secret);
});
