// Channels of the WebSocket API: presence, broadcasts, rules and history, by npm ws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';
import { connector } from './socket.mjs';

const app = await start();
const { root } = app;
const connect = connector(app);

await root.collections.update('users', { createRule: '', authAlert: { enabled: false } });
const users = await root.collections.getOne('users');
await app.open('members', [{ name: 'room', type: 'text' }, { name: 'user', type: 'relation', collectionId: users.id }]);
const channels = (list) => root.settings.update({ realtime: { channels: list } });
const open = { joinRule: '', sendRule: '', presence: true, history: 0 };
const join = async (socket, channel, presence) => {
  const answer = await socket.ask('join', { channel, ...(presence && { presence }) });
  assert.equal(answer.type, 'ok', JSON.stringify(answer));
};
/** The next presence_diff that names the peer. Diffs before it may be about the client itself. */
const diffOf = async (socket, peer) => {
  for (;;) {
    const message = await socket.next();
    assert.equal(message.event, 'presence_diff', JSON.stringify(message));
    if (peer in message.joins || peer in message.leaves) return message;
  }
};
const refused = ({ type, status, code }) => [type, status, code];

test('no channel is open before the settings say so', async () => {
  const socket = await connect();
  assert.deepEqual(refused(await socket.ask('join', { channel: 'room:1' })), ['error', 403, 'forbidden']);
});

test('names and patterns: the first that matches decides', async () => {
  await channels([
    { ...open, pattern: 'room:*', presence: false }, { ...open, pattern: 'closed:**', joinRule: null },
    { ...open, pattern: 'deep:**', presence: false }, { ...open, pattern: '**', joinRule: "@channel.1 = 'any' || @channel.name = 'exact'", presence: false },
  ]);
  const socket = await connect();
  for (const [channel, status] of [
    ['room:1', 200], ['room:', 403], ['room:a.b/c-d_E', 200], ['closed:a', 403], ['deep:a:b:c', 200], ['deep:', 403], ['exact', 200], ['other', 403],
    ['a'.repeat(201), 400], ['', 400], ['room:ä', 400], ['room 1', 400],
  ]) {
    const answer = await socket.ask('join', { channel });
    assert.equal(answer.type === 'ok' ? 200 : answer.status, status, `${channel}: ${JSON.stringify(answer)}`);
  }
});

test('who joins is told who is there, and the others are told of it', async () => {
  await channels([{ ...open, pattern: 'room:*' }]);
  const ann = await app.account('users', 'ann@example.com');
  const [one, two] = [await connect({ Authorization: ann.authStore.token }), await connect()];
  const auth = `users/${ann.authStore.record.id}`;
  await join(one, 'room:1', { mood: 'good' });
  const own = { [one.hello.peer]: { auth, state: { mood: 'good' } } };
  assert.deepEqual(await one.next(), { type: 'channel', channel: 'room:1', event: 'presence', state: own });
  await join(two, 'room:1');
  const guest = { [two.hello.peer]: { auth: null, state: {} } };
  assert.deepEqual(await two.next(), { type: 'channel', channel: 'room:1', event: 'presence', state: { ...own, ...guest } });
  const diff = { type: 'channel', channel: 'room:1', event: 'presence_diff', joins: {}, leaves: {} };
  const peer = two.hello.peer;
  const joined = await diffOf(one, peer);
  assert.deepEqual({ ...joined, joins: { [peer]: joined.joins[peer] } }, { ...diff, joins: guest });
  await diffOf(two, peer);
  assert.equal((await two.ask('presence', { channel: 'room:1', state: { typing: true } })).type, 'ok');
  const typing = { ...diff, joins: { [peer]: { auth: null, state: { typing: true } } } };
  assert.deepEqual([await one.next(), await two.next()], [typing, typing]);
  assert.deepEqual(refused(await two.ask('presence', { channel: 'room:1', state: { large: 'x'.repeat(4096) } })), ['error', 413, 'state_too_large']);
  assert.equal((await two.ask('leave', { channel: 'room:1' })).type, 'ok');
  const left = await one.next();
  assert.deepEqual([left.event, left.joins, Object.keys(left.leaves)], ['presence_diff', {}, [peer]]);
  assert.deepEqual(refused(await two.ask('leave', { channel: 'room:1' })), ['error', 404, 'not_found']);
  const three = await connect();
  await join(three, 'room:1');
  await diffOf(one, three.hello.peer);
  three.ws.terminate();
  assert.deepEqual(Object.keys((await one.next()).leaves), [three.hello.peer]);
});

test('broadcasts go to the others, and say from whom', async () => {
  await channels([{ ...open, pattern: 'room:*', presence: false, history: 2 }]);
  const [one, two] = [await connect(), await connect()];
  for (const socket of [one, two]) await join(socket, 'room:2');
  const say = (text, more = {}) => one.ask('broadcast', { channel: 'room:2', event: 'said', payload: { text }, ack: true, ...more });
  const said = (text) => ({ type: 'channel', channel: 'room:2', event: 'said', payload: { text }, from: { peer: one.hello.peer, auth: null } });
  assert.equal((await say('first')).type, 'ok');
  assert.deepEqual(await two.next(), said('first'));
  one.ws.send(JSON.stringify({ type: 'broadcast', channel: 'room:2', event: 'said', payload: { text: 'self' }, self: true, from: { peer: 'forged' } }));
  assert.deepEqual([await one.next(), await two.next()], [said('self'), said('self')]);
  assert.equal((await say('third')).type, 'ok');
  assert.deepEqual(await two.next(), said('third'));
  assert.deepEqual(refused(await say('x'.repeat(32 << 10))), ['error', 413, 'payload_too_large']);
  const three = await connect();
  await join(three, 'room:2'); // the answer is followed by the last two messages
  assert.deepEqual([await three.next(), await three.next()], [said('self'), said('third')]);
  assert.deepEqual(refused(await three.ask('broadcast', { channel: 'room:3', event: 'said', payload: {} })), ['error', 404, 'not_found']);
});

test('rules decide who joins and who sends, and are judged again', async () => {
  const [ann, bob] = [await app.account('users', 'hers@example.com'), await app.account('users', 'his@example.com')];
  const mayJoin = '@collection.members.room ?= @channel.1 && @collection.members.user ?= @request.auth.id';
  await channels([{ ...open, pattern: 'club:*', joinRule: mayJoin, sendRule: '@request.auth.verified = true', presence: false }]);
  const member = await root.collection('members').create({ room: '7', user: ann.authStore.record.id });
  const [hers, his] = [await connect({ Authorization: ann.authStore.token }), await connect({ Authorization: bob.authStore.token })];
  assert.deepEqual(refused(await his.ask('join', { channel: 'club:7' })), ['error', 403, 'forbidden']);
  await join(hers, 'club:7');
  const send = () => hers.ask('broadcast', { channel: 'club:7', event: 'e', payload: 1, ack: true });
  assert.deepEqual(refused(await send()), ['error', 403, 'forbidden']);
  await root.collection('users').update(ann.authStore.record.id, { verified: true });
  while ((await send()).type !== 'ok'); // on PostgreSQL a connection learns of the change of its account a moment later
  const left = { type: 'channel', channel: 'club:7', event: 'left', reason: 'forbidden' };
  await root.collection('members').delete(member.id);
  assert.deepEqual(await hers.next(), left);
  await root.collection('members').create({ room: '7', user: ann.authStore.record.id });
  await join(hers, 'club:7');
  hers.ws.send(JSON.stringify({ type: 'auth', id: 'out', token: null }));
  const told = [await hers.next(), await hers.next()];
  assert.deepEqual([told[0].type, told[1]], ['ok', left]);
  for (const rule of ["name = 'x'", 'nonsense =']) {
    await assert.rejects(channels([{ ...open, pattern: 'x:*', joinRule: rule }]), (err) => err.status === 400);
  }
});

test('the number of channels of a connection is limited', async (t) => {
  t.after(() => root.settings.update({ realtime: { maxChannels: 100 } }));
  await channels([{ ...open, pattern: 'many:*', presence: false }]);
  await root.settings.update({ realtime: { maxChannels: 2 } });
  const socket = await connect();
  for (const n of [1, 2, 1]) await join(socket, `many:${n}`);
  assert.deepEqual(refused(await socket.ask('join', { channel: 'many:3' })), ['error', 413, 'too_many_channels']);
});

test('who is lost is still there in the time of grace', async () => {
  await channels([{ ...open, pattern: 'room:*', graceSeconds: 5 }]);
  const [one, two] = [await connect(), await connect()];
  await join(one, 'room:9');
  await one.next();
  await join(two, 'room:9');
  await two.next();
  await diffOf(one, two.hello.peer);
  two.ws.terminate();
  await two.closed;
  const three = await connect();
  await join(three, 'room:9');
  assert.deepEqual(Object.keys((await three.next()).state).sort(), [one, two, three].map((s) => s.hello.peer).sort());
  assert.deepEqual((await diffOf(one, three.hello.peer)).leaves, {});
});
