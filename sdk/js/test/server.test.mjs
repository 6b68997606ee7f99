// The client against the real server, beside the official SDK, whose auth store it uses.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import WebSocket from 'ws';
import { start } from '../../../clients/pocketbase/app.mjs';
import { Loam, LoamError } from '../dist/loam.js';

const app = await start();
const { root } = app;
const clients = [];
after(() => clients.forEach((c) => c.close()));

await root.collections.update('users', { createRule: '', authAlert: { enabled: false } });
await root.collections.create({
  name: 'notes', type: 'base', listRule: "owner = '' || owner = @request.auth.id", viewRule: '',
  fields: [{ name: 'text', type: 'text' }, { name: 'owner', type: 'text' }],
});
await root.settings.update({
  realtime: { channels: [{ pattern: 'room:*', joinRule: '', sendRule: "@request.auth.id != ''", presence: true, history: 5 }] },
});

/** A client of the account of a pocketbase client; undefined is a guest. */
function connect(pb) {
  const loam = new Loam(app.url, { authStore: pb?.authStore, WebSocket });
  clients.push(loam);
  return loam;
}

/** A listener whose calls can be awaited. */
function heard() {
  const calls = [];
  let wake = () => {};
  const fn = (...args) => {
    calls.push(args);
    wake();
  };
  fn.calls = calls;
  fn.until = async (check) => {
    while (!check(calls)) await new Promise((resolve) => (wake = resolve));
    return calls;
  };
  return fn;
}

const note = (text, owner = '') => root.collection('notes').create({ text, owner });
const texts = (calls) => calls.map(([c]) => `${c.action} ${c.record?.text}`);

/** Writes notes until a subscription tells of one: from then on it misses nothing. */
async function live(...listeners) {
  for (let i = 0; listeners.some((l) => l.calls.length === 0); i++) await note(`early ${i}`);
  const last = await note('begin');
  for (const l of listeners) {
    await l.until((c) => c.some(([m]) => m.record?.id === last.id));
    l.calls.length = 0;
  }
}

test('changes come in order, by the rules of who is signed in', async () => {
  const ann = await app.account('users', 'ann@example.com');
  const [hers, guests] = [heard(), heard()];
  connect(ann).collection('notes').subscribe('*', hers);
  connect().collection('notes').subscribe('*', guests, { filter: "text != 'skip'" });
  await live(hers, guests);
  const [a] = [await note('for all'), await note('hers', ann.authStore.record.id), await note('skip')];
  await root.collection('notes').update(a.id, { text: 'changed' });
  await root.collection('notes').update(a.id, { text: 'skip' });
  await root.collection('notes').delete(a.id);
  await note('end');
  for (const l of [hers, guests]) await l.until((c) => c.at(-1)?.[0].record.text === 'end');
  assert.deepEqual(texts(hers.calls).slice(0, -1), ['create for all', 'create hers', 'create skip', 'update changed', 'update skip', 'delete skip']);
  assert.deepEqual(texts(guests.calls).slice(0, -1), ['create for all', 'update changed', 'leave undefined']);
});

test('a live list is what a list returns, whatever happens', async () => {
  const dan = await app.account('users', 'dan@example.com');
  const shown = heard();
  const rows = () => shown.calls.at(-1)?.[0].map((r) => r.text).join();
  const ids = [];
  for (const text of ['c', 'a', 'b']) ids.push((await note(`list ${text}`, text === 'b' ? dan.authStore.record.id : '')).id);
  const stop = connect(dan).collection('notes').live({ filter: "text ~ 'list'", sort: 'text', limit: 3, fields: 'text' }, shown);
  await shown.until(() => rows() === 'list a,list b,list c');
  await root.collection('notes').update(ids[1], { text: 'list d' }); // moves
  await shown.until(() => rows() === 'list b,list c,list d');
  await note('list aa'); // pushes one out
  await shown.until(() => rows() === 'list aa,list b,list c');
  await root.collection('notes').delete(ids[0]);
  await shown.until(() => rows() === 'list aa,list b,list d');
  await root.collection('notes').update(ids[1], { text: 'other' }); // leaves the filter
  await shown.until(() => rows() === 'list aa,list b');
  dan.authStore.clear(); // what was his alone goes
  await shown.until(() => rows() === 'list aa');
  stop();
  const failed = heard();
  const loam = connect();
  loam.collection('notes').live({ filter: 'nope = 1' }, () => {}, failed);
  await failed.until((c) => c.length > 0);
  assert.equal(failed.calls[0][0].status, 400);

  // What is only expanded counts too.
  await root.collections.create({ name: 'topics', type: 'base', listRule: '', viewRule: '', fields: [{ name: 'name', type: 'text' }] });
  const { id: collectionId } = await root.collections.getOne('topics');
  await root.collections.create({ name: 'posts', type: 'base', listRule: '', viewRule: '', fields: [{ name: 'topic', type: 'relation', collectionId, maxSelect: 1 }] });
  const topic = await root.collection('topics').create({ name: 'old' });
  await root.collection('posts').create({ topic: topic.id });
  const posts = heard();
  loam.collection('posts').live({ expand: 'topic' }, posts);
  await posts.until((c) => c.length > 0);
  await root.collection('topics').update(topic.id, { name: 'new' });
  await posts.until((c) => c.at(-1)[0][0].expand.topic.name === 'new');
});

test('signing out is told at once, and so is a revoked token', async () => {
  const bob = await app.account('users', 'bob@example.com');
  const id = bob.authStore.record.id;
  const [his, auth] = [heard(), heard()];
  const loam = connect(bob);
  loam.on('auth', auth);
  loam.collection('notes').subscribe('*', his);
  await live(his);
  bob.authStore.clear();
  await his.until((c) => c.some(([m]) => m.action === 'reset'));
  await note('his', id);
  await note('for all');
  await his.until((c) => c.some(([m]) => m.record?.text === 'for all'));
  assert.deepEqual(texts(his.calls), ['reset undefined', 'create for all']);

  await bob.collection('users').authWithPassword('bob@example.com', 'a-long-password');
  await his.until((c) => c.filter(([m]) => m.action === 'reset').length === 2);
  await root.collection('users').update(id, { password: 'another-password', passwordConfirm: 'another-password' });
  await auth.until((c) => c.length > 0);
  assert.deepEqual(auth.calls, [['revoked']]);
});

test('what the server refuses is an error with its status', async () => {
  const [failed, denied] = [heard(), heard()];
  const loam = connect();
  loam.collection('nope').subscribe('*', () => {}, {}, failed);
  await failed.until((c) => c.length > 0);
  assert.ok(failed.calls[0][0] instanceof LoamError);
  assert.equal(failed.calls[0][0].status, 404);
  loam.channel('other').on('error', denied);
  await denied.until((c) => c.length > 0);
  assert.equal(denied.calls[0][0].status, 403);
});

test('channels: who is there, what they say, and what was said', async () => {
  const cem = await app.account('users', 'cem@example.com');
  const [one, two, guest] = [connect(cem), connect(cem), connect()];
  const rooms = [one, two, guest].map((c, i) => c.channel('room:a', { n: i }));
  const [present, said, late] = [heard(), heard(), heard()];
  rooms[2].on('presence', present).on('say', said);
  await present.until(() => rooms[2].users().length === 2 && rooms[2].size === 3);
  const user = rooms[2].users().find((u) => u.auth);
  assert.deepEqual([user.auth, user.peers.toSorted()], [`users/${cem.authStore.record.id}`, [one.peer, two.peer].toSorted()]);
  await rooms[0].send('say', { text: 'hello' }, { ack: true });
  await said.until((c) => c.length === 1);
  assert.deepEqual(said.calls[0], [{ text: 'hello' }, { peer: one.peer, auth: user.auth }]);
  await assert.rejects(rooms[2].send('say', {}, { ack: true }), { status: 403 });
  rooms[0].leave();
  await present.until(() => rooms[2].size === 2);
  connect().channel('room:a').on('say', late);
  await late.until((c) => c.length === 1);
  assert.deepEqual(late.calls[0][0], { text: 'hello' });
});
