// Rate limits as an app and its operator see them: refused and told when to come back, by
// rules that follow their collections, whatever a client pretends to be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, refused, start } from './app.mjs';

const app = await start();
const { settings } = app.root;
const guest = app.guest();
await app.open('notes', [{ name: 'title', type: 'text' }]);

/** Replaces the rules: [label, requests, audience]. Windows are longer than a test. */
function limit(rules, more = {}) {
  return settings.update({
    rateLimits: {
      enabled: true,
      excludedIPs: [],
      rules: rules.map(([label, maxRequests, audience = '']) => ({ label, maxRequests, audience, duration: 600 })),
    },
    ...more,
  });
}

test('one too many is told when to come back', async () => {
  await limit([['notes:list', 2]]);
  for (const left of ['1', '0']) {
    const answer = await app.raw('GET', '/api/collections/notes/records', undefined, { Origin: 'https://app.example.com' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('ratelimit-limit'), '2');
    assert.equal(answer.headers.get('ratelimit-remaining'), left);
    for (const name of ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']) {
      assert.ok(answer.headers.get('access-control-expose-headers').split(', ').includes(name), `scripts cannot read ${name}`);
    }
  }
  await fails(guest.collection('notes').getList(), 429, {}, 'Too Many Requests.');
  const answer = await app.raw('GET', '/api/collections/notes/records');
  refused(answer, 429, {});
  const wait = Number(answer.headers.get('retry-after'));
  assert.ok(wait > 0 && wait <= 600, `Retry-After: ${wait}`);

  await guest.collection('notes').create({ title: 'other actions are not limited' });
  await app.root.collection('notes').getList(); // nor are superusers
});

test('rules for guests and for accounts', async () => {
  const ann = await app.account('users', 'ann@example.com');
  await limit([['*:list', 1, '@guest'], ['*:list', 2, '@auth']]);
  await guest.collection('notes').getList();
  await fails(guest.collection('notes').getList(), 429);
  await ann.collection('notes').getList();
  await ann.collection('notes').getList();
  await fails(ann.collection('notes').getList(), 429);
});

test('sign-ins count, right or wrong', async () => {
  await limit([['*:auth', 2]]);
  await fails(guest.collection('users').authWithPassword('ann@example.com', 'wrong'), 400);
  await guest.collection('users').authWithPassword('ann@example.com', 'a-long-password');
  await fails(guest.collection('users').authWithPassword('ann@example.com', 'a-long-password'), 429);
});

test('a batch is no way around', async () => {
  await limit([['notes:create', 2]], { batch: { enabled: true } });
  const batch = guest.createBatch();
  for (const title of ['a', 'b', 'c']) batch.collection('notes').create({ title });
  const err = await fails(batch.send(), 400, { 'requests.2': 'batch_request_failed' });
  assert.equal(err.response.data.requests[2].response.status, 429);
  await fails(guest.collection('notes').create({}), 429);
});

test('rules follow a collection that gets another name', async () => {
  await limit([['notes:list', 1], ['*:view', 5]]);
  await app.root.collections.update('notes', { name: 'memos' });
  assert.deepEqual((await settings.getAll()).rateLimits.rules.map((rule) => rule.label), ['memos:list', '*:view']);
  await guest.collection('memos').getList();
  await fails(guest.collection('memos').getList(), 429);
  await app.root.collections.update('memos', { name: 'notes' });
});

test('addresses that a client makes up', async () => {
  const from = (address) => app.raw('GET', '/api/health', undefined, { 'X-Forwarded-For': address });
  await limit([['/api/health', 1]]);
  assert.equal((await from('203.0.113.1')).status, 200);
  assert.equal((await from('203.0.113.2')).status, 429);
  assert.match(app.server.log.text, /level=WARN .*header=X-Forwarded-For/);

  const headers = ['X-Forwarded-For'];
  await limit([['/api/health', 1]], { trustedProxy: { headers, peers: ['127.0.0.1'] } });
  assert.equal((await from('203.0.113.1')).status, 200);
  assert.equal((await from('203.0.113.2')).status, 200);
  assert.equal((await from('203.0.113.1, 203.0.113.2')).status, 429);

  await limit([['/api/health', 1]], { trustedProxy: { headers, peers: ['10.0.0.0/8'] } });
  assert.equal((await from('203.0.113.1')).status, 200);
  assert.equal((await from('203.0.113.2')).status, 429);
  await fails(settings.update({ trustedProxy: { peers: ['10.0.0.0/8', 'my proxy'] } }), 400, { 'trustedProxy.peers.1': 'validation_invlaid_ip_or_subnet' });
  await settings.update({ trustedProxy: { headers: [], peers: [] } });
});

test('excluded addresses, and rules that are wrong', async () => {
  await limit([['/api/', 1]]);
  await settings.update({ rateLimits: { excludedIPs: ['127.0.0.0/8'] } });
  for (let i = 0; i < 3; i++) await guest.health.check();

  const rules = [
    { label: 'no label!', maxRequests: 1, duration: 1 },
    { label: '/a', maxRequests: 0, duration: -1, audience: 'all' },
    { label: '/a', maxRequests: 1, duration: 1 },
  ];
  await fails(settings.update({ rateLimits: { rules, excludedIPs: ['x'] } }), 400, {
    'rateLimits.excludedIPs.0': 'validation_invlaid_ip_or_subnet',
    'rateLimits.rules.0.label': 'validation_match_invalid',
    'rateLimits.rules.1.audience': 'validation_in_invalid',
    'rateLimits.rules.1.duration': 'validation_min_greater_equal_than_required',
    'rateLimits.rules.1.maxRequests': 'validation_required',
    'rateLimits.rules.2.label': 'validation_conflicting_rate_limit_rule',
  });
  await fails(settings.update({ rateLimits: { rules: [] } }), 400, { 'rateLimits.rules': 'validation_required' });
  await settings.update({ rateLimits: { enabled: false, excludedIPs: [] } });
});
