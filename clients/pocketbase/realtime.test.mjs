// Realtime over server-sent events, as the SDK subscribes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EventSource } from 'eventsource';
import { onPostgres } from '../loam.mjs';
import { everybody, fails, refused, start } from './app.mjs';
import { connector } from './socket.mjs';

globalThis.EventSource = EventSource;
const app = await start();
const { root } = app;
const connect = connector(app);

await root.collections.update('users', { listRule: null, createRule: '', authAlert: { enabled: false } });
const users = await root.collections.getOne('users');
const rooms = await app.open('rooms', [{ name: 'name', type: 'text' }]);
await app.open('messages', [
  { name: 'text', type: 'text' },
  { name: 'n', type: 'number' },
  { name: 'secret', type: 'text', hidden: true },
  { name: 'room', type: 'relation', collectionId: rooms.id, cascadeDelete: true },
  { name: 'owner', type: 'relation', collectionId: users.id },
]);
await root.collections.create({
  name: 'diaries', type: 'base', ...everybody,
  listRule: 'owner = @request.auth.id', viewRule: 'owner = @request.auth.id',
  fields: [{ name: 'text', type: 'text' }, { name: 'owner', type: 'relation', collectionId: users.id }],
});
await root.collections.create({ name: 'locked', type: 'base', fields: [{ name: 'text', type: 'text' }] });
await root.collections.create({
  name: 'keyed', type: 'base', ...everybody, listRule: "@request.headers.x_key = 'open' && @request.context = 'realtime' && @request.query.how = '7'",
  fields: [{ name: 'text', type: 'text' }],
});

/** Subscribes and queues the events. next() returns the next event. */
async function watch(client, collection, topic, options) {
  const queue = [];
  let waiting;
  const unsubscribe = await client.collection(collection).subscribe(topic, (event) => {
    if (waiting) waiting(event);
    else queue.push(event);
    waiting = undefined;
  }, options);
  after(unsubscribe);
  return {
    unsubscribe,
    queue,
    next: () => (queue.length ? Promise.resolve(queue.shift()) : new Promise((resolve) => { waiting = resolve; })),
  };
}

const brief = (event) => [event.action, event.record.text, event.record.n];

test('creations, updates and deletions come in order, to whom the topic names', async () => {
  const guest = app.guest();
  const all = await watch(guest, 'messages', '*');
  const message = await root.collection('messages').create({ text: 'one', n: 1, secret: 'x' });
  const first = await all.next();
  assert.deepEqual(Object.keys(first), ['record', 'action']);
  assert.deepEqual(first, { action: 'create', record: await guest.collection('messages').getOne(message.id) });

  const one = await watch(guest, 'messages', message.id);
  await root.collection('messages').create({ text: 'another' });
  await root.collection('messages').update(message.id, { text: 'two', 'n+': 1 });
  assert.deepEqual(brief(await one.next()), ['update', 'two', 2]);
  assert.deepEqual(brief(await all.next()), ['create', 'another', 0]);
  assert.deepEqual(brief(await all.next()), ['update', 'two', 2]);
  await root.collection('messages').delete(message.id); // no update of a deleted record is sent
  assert.deepEqual(brief(await one.next()), ['delete', 'two', 2]);
  assert.deepEqual(brief(await all.next()), ['delete', 'two', 2]);
  assert.equal(one.queue.length + all.queue.length, 0);
});

test('a change on one server is told to the subscribers of another', { skip: onPostgres ? false : 'other servers need PostgreSQL' }, async () => {
  const other = await app.server.beside();
  const there = app.guest();
  there.baseURL = other.url;
  const all = await watch(there, 'messages', '*');
  const message = await root.collection('messages').create({ text: 'here', n: 1 });
  assert.deepEqual(brief(await all.next()), ['create', 'here', 1]);
  await there.collection('messages').update(message.id, { text: 'there' });
  assert.deepEqual(brief(await all.next()), ['update', 'there', 1]);
  await all.unsubscribe();
  await other.end();
});

test('quick changes come once each and in order', async () => {
  const all = await watch(app.guest(), 'messages', '*', { filter: "text = 'quick'" });
  const made = await Promise.all(Array.from({ length: 100 }, (_, n) => root.collection('messages').create({ text: 'quick', n })));
  const { id } = made[0];
  for (let n = 200; n < 300; n++) await root.collection('messages').update(id, { n });
  const created = new Set();
  for (let i = 0; i < 100; i++) created.add((await all.next()).record.id);
  assert.deepEqual(created, new Set(made.map((record) => record.id)));
  let last = 0;
  for (let i = 0; i < 100; i++) {
    const event = await all.next();
    assert.equal(event.action, 'update');
    assert.ok(event.record.n >= last, `${event.record.n} after ${last}`);
    last = event.record.n;
  }
  assert.equal(last, 299);
});

test('rules decide for each account, filters and options for each subscription', async () => {
  const [ann, bob] = [await app.account('users', 'ann@example.com'), await app.account('users', 'bob@example.com')];
  const annId = ann.authStore.record.id;
  const [hers, his, nobodys, roots] = [
    await watch(ann, 'diaries', '*'), await watch(bob, 'diaries', '*'), await watch(app.guest(), 'diaries', '*'), await watch(root, 'diaries', '*'),
  ];
  const [locked, known] = [await watch(ann, 'locked', '*'), await watch(root, 'locked', '*')];
  const keyed = await watch(ann, 'keyed', '*', { headers: { 'X-Key': 'open' }, query: { how: 7 } });
  const wrong = await watch(bob, 'keyed', '*', { headers: { 'X-Key': 'shut' }, query: { how: 7 } });
  const cut = await watch(ann, 'messages', '*', { filter: 'n > 5', expand: 'room', fields: 'text,expand.room.name' });
  const sly = await watch(ann, 'messages', '*', { filter: "secret = 'x'" });
  const all = await watch(root, 'messages', '*', { filter: "secret = 'x'" });

  await root.collection('diaries').create({ text: 'dear', owner: annId });
  await root.collection('locked').create({ text: 'l' });
  await root.collection('keyed').create({ text: 'k' });
  const room = await root.collection('rooms').create({ name: 'hall' });
  await root.collection('messages').create({ text: 'few', n: 5, secret: 'x' });
  await root.collection('messages').create({ text: 'many', n: 6, room: room.id, secret: 'x' });

  assert.equal((await hers.next()).record.text, 'dear');
  assert.equal((await roots.next()).record.text, 'dear');
  assert.equal((await known.next()).record.text, 'l');
  assert.equal((await keyed.next()).record.text, 'k');
  assert.deepEqual((await cut.next()).record, { text: 'many', expand: { room: { name: 'hall' } } });
  assert.deepEqual([(await all.next()).record.secret, (await all.next()).record.secret], ['x', 'x']);

  // A deletion that takes messages along tells of them too. It comes after all that must not come.
  await root.collection('rooms').delete(room.id);
  assert.deepEqual([(await cut.next()).action, (await all.next()).action], ['delete', 'delete']);
  for (const silent of [his, nobodys, locked, wrong, sly]) assert.deepEqual(silent.queue, []);
});

test('nothing is told of what is rolled back', async () => {
  await root.settings.update({ batch: { enabled: true } });
  const all = await watch(app.guest(), 'messages', '*');
  const batch = root.createBatch();
  batch.collection('messages').create({ text: 'never' });
  batch.collection('messages').create({ text: 'never', room: 'no-such-room-00' });
  await fails(batch.send(), 400);
  await root.collection('messages').create({ text: 'after' });
  assert.equal((await all.next()).record.text, 'after');
});

test('an account that is revoked is a guest from then on, and may sign in again', async () => {
  const carl = await app.account('users', 'carl@example.com');
  const id = carl.authStore.record.id;
  const his = await watch(carl, 'diaries', '*');
  const open = await watch(carl, 'messages', '*');
  await root.collection('diaries').create({ text: 'before', owner: id });
  assert.equal((await his.next()).record.text, 'before');

  await root.collection('users').update(id, { name: 'Carl' }); // the token stays good
  await root.collection('diaries').create({ text: 'renamed', owner: id });
  assert.equal((await his.next()).record.text, 'renamed');

  await root.collection('users').update(id, { password: 'another-password', passwordConfirm: 'another-password' });
  await root.collection('diaries').create({ text: 'withheld', owner: id });
  await root.collection('messages').create({ text: 'for everybody' });
  assert.equal((await open.next()).record.text, 'for everybody');
  assert.deepEqual(his.queue, []);

  await carl.collection('users').authWithPassword('carl@example.com', 'another-password');
  const again = await watch(carl, 'messages', '*', { query: { again: 1 } }); // sends all topics anew
  await root.collection('diaries').create({ text: 'once more', owner: id });
  assert.equal((await his.next()).record.text, 'once more');
  await again.unsubscribe();
});

test('a list rule decides for all records, a view rule for the record', async () => {
  await app.open('halls', [{ name: 'text', type: 'text' }, { name: 'open', type: 'bool' }], { listRule: 'open = true', viewRule: null });
  await root.collections.create({ name: 'overview', type: 'view', listRule: '', viewRule: '', viewQuery: 'SELECT id, text FROM halls' });
  const { id } = await root.collection('halls').create({ text: 'shut' });
  const [all, one, roots, view] = [await watch(app.guest(), 'halls', '*'), await watch(app.guest(), 'halls', id), await watch(root, 'halls', id), await watch(root, 'overview', '*')];
  const told = async (of) => {
    const event = await of.next();
    return `${event.action} ${event.record.text}`;
  };
  for (const [text, open] of [['still', false], ['opened', true], ['shut again', false]]) {
    await root.collection('halls').update(id, { text, open });
    assert.equal(await told(roots), `update ${text}`); // on PostgreSQL an event has the record as it is when the event is made
    if (open) assert.equal(await told(all), 'update opened');
  }
  await root.collection('halls').create({ text: 'another', open: true });
  await root.collection('halls').delete(id);
  assert.equal(await told(roots), 'delete shut again');
  assert.equal(await told(all), 'create another'); // no event for a record that stops matching the rule
  for (const silent of [all, one, view]) assert.deepEqual(silent.queue, []);
});

test('an address is told to whom it is shown', async () => {
  await root.collections.create({ name: 'people', type: 'auth', listRule: '', viewRule: '', manageRule: "@request.auth.name = 'manager'", fields: [{ name: 'name', type: 'text' }], authAlert: { enabled: false } });
  const [ann, eve, manager] = [await app.account('people', 'ann@example.com'), await app.account('people', 'eve@example.com'), await app.account('people', 'm@example.com', { name: 'manager' })];
  const { id } = ann.authStore.record;
  const watching = [];
  for (const client of [ann, root, manager, eve, app.guest()]) watching.push(await watch(client, 'people', id));
  const told = async () => {
    const list = [];
    for (const w of watching) list.push((await w.next()).record.email);
    return list;
  };
  await root.collection('people').update(id, { name: 'Ann' });
  assert.deepEqual(await told(), ['ann@example.com', 'ann@example.com', 'ann@example.com', undefined, undefined]);
  await root.collection('people').update(id, { emailVisibility: true });
  assert.deepEqual(await told(), Array(5).fill('ann@example.com'));
});

test('who is deleted, whose secret has changed, whose token has ended is a guest', async () => {
  const made = [];
  for (const [name, revoke] of [
    ['deleted', (id) => root.collection('deleted').delete(id)],
    ['secrets', () => root.collections.update('secrets', { authToken: { secret: 'another secret of 40 characters or more' } })],
    ['dropped', () => root.collections.delete('dropped')],
    ['ended', () => ended],
  ]) {
    await root.collections.create({ name, type: 'auth', fields: [], authToken: { duration: name === 'ended' ? 10 : 3600 }, authAlert: { enabled: false } });
    const user = await app.account(name, 'user@example.com');
    made.push({ user, revoke });
  }
  const ended = (await connect({ Authorization: made.at(-1).user.authStore.token })).next(); // a WebSocket gets a message when its token ends
  await app.open('letters', [{ name: 'text', type: 'text' }], { listRule: "text = 'open' || @request.auth.id != ''" });
  for (const { user, revoke } of made) {
    const his = await watch(user, 'letters', '*');
    await root.collection('letters').create({ text: 'known' });
    assert.equal((await his.next()).record.text, 'known');
    await revoke(user.authStore.record.id);
    await root.collection('letters').create({ text: 'withheld' });
    await root.collection('letters').create({ text: 'open' });
    assert.equal((await his.next()).record.text, 'open');
    await his.unsubscribe();
  }
});

/** A stream without the SDK: its client id, and its text as it arrives. */
async function stream(headers = {}) {
  const response = await fetch(`${app.url}/api/realtime`, { headers });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  after(() => reader.cancel());
  const first = (await reader.read()).value;
  return { response, reader, first, id: /^id:(\w{40})\n/.exec(first)[1] };
}

test('the stream and its first event have the documented form', async () => {
  const { response, reader, first, id } = await stream();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.match(response.headers.get('cache-control'), /no-store/);
  assert.equal(response.headers.get('x-accel-buffering'), 'no');
  assert.equal(first, `id:${id}\nevent:PB_CONNECT\ndata:{"clientId":"${id}"}\n\n`);
  const topic = 'messages/*?options=%7B%22query%22%3A%7B%22fields%22%3A%22text%22%7D%7D';
  const answer = await app.raw('POST', '/api/realtime', JSON.stringify({ clientId: id, subscriptions: [topic, 'messages', 'an app’s own topic', '@oauth2'] }));
  assert.equal(answer.status, 204);
  await root.collection('messages').create({ text: '<a> & b' });
  let text = '';
  while (text.split('\n\n').length < 3) text += (await reader.read()).value;
  const events = text.split('\n\n').slice(0, 2);
  assert.ok(events.includes(`id:${id}\nevent:${topic}\ndata:{"record":{"text":"<a> & b"},"action":"create"}`), text);
  assert.ok(events.some((event) => event.startsWith(`id:${id}\nevent:messages\ndata:{"record":{"collectionId":`)), text);
});

test('subscriptions that cannot be are refused', async () => {
  const { id } = await stream();
  const post = (body, headers) => app.raw('POST', '/api/realtime', JSON.stringify(body), headers);
  refused(await post({ subscriptions: [] }), 400, { clientId: 'validation_required' });
  refused(await post({ clientId: 'x'.repeat(256) }), 400, { clientId: 'validation_length_too_long' });
  refused(await post({ clientId: id, subscriptions: Array(1001).fill('a') }), 400, { subscriptions: 'validation_length_too_long' });
  refused(await post({ clientId: id, subscriptions: ['a', 'b'.repeat(2501)] }), 400, { 'subscriptions.1': 'validation_length_too_long' });
  refused(await post({ clientId: id, subscriptions: ['a\nevent:x'] }), 400, { 'subscriptions.0': 'validation_match_invalid' });
  refused(await post({ clientId: 'nobody', subscriptions: [] }), 404, {});
  refused(await post({ clientId: id, subscriptions: 'messages' }), 400, {});
  assert.equal((await post({ clientId: id, subscriptions: ['nowhere/*', 'a/b/c', '/', '*', 'messages/*?options=%zz'] })).status, 204);
  const dora = await app.account('users', 'dora@example.com');
  const token = { Authorization: dora.authStore.token };
  assert.equal((await post({ clientId: id, subscriptions: ['messages/*'] }, token)).status, 204);
  refused(await post({ clientId: id, subscriptions: [] }), 403, {});
  refused(await post({ clientId: id, subscriptions: [] }, { Authorization: root.authStore.token }), 403, {});
  assert.equal((await post({ clientId: id, subscriptions: [] }, token)).status, 204);
});

test('a stream belongs to where it was opened, whatever proxies say', async () => {
  const mine = await stream({ 'X-Forwarded-For': '203.0.113.7' });
  const post = (from) => app.raw('POST', '/api/realtime', JSON.stringify({ clientId: mine.id, subscriptions: ['@oauth2'] }), from);
  for (const other of [{}, { 'X-Forwarded-For': '203.0.113.8' }, { 'X-Forwarded-For': '203.0.113.7', 'X-Real-IP': '203.0.113.7' }]) {
    const answer = await post(other);
    refused(answer, 400, {});
    assert.equal(answer.body.message, 'Invalid realtime client.');
  }
  assert.equal((await post({ 'X-Forwarded-For': '203.0.113.7' })).status, 204);
});
