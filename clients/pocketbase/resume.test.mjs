// The WebSocket API, by npm ws: resuming, slow clients, large messages, a change of identity.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';
import { connector } from './socket.mjs';

const app = await start();
const { root } = app;
const connect = connector(app);

await root.collections.update('users', { createRule: '', listRule: '', viewRule: '', authAlert: { enabled: false } });
await root.settings.update({ batch: { enabled: true, maxRequests: 1000 } });
const users = await root.collections.getOne('users');
const teams = await app.open('teams', [{ name: 'name', type: 'text' }, { name: 'owner', type: 'relation', collectionId: users.id }]);
await app.open('tasks', [
  { name: 'title', type: 'text' }, { name: 'due', type: 'date' }, { name: 'team', type: 'relation', collectionId: teams.id },
], { listRule: 'team = null || team.owner = @request.auth.id' });
await app.open('rows', [{ name: 'text', type: 'text', max: 100_000 }]);
const records = (name) => root.collection(name);
const id = (user) => user.authStore.record.id;
const many = async (name, n, body) => {
  for (let i = 0; i < n; i += 100) {
    const batch = root.createBatch();
    for (let j = i; j < i + 100; j++) batch.collection(name).create(body(j));
    await batch.send();
  }
};

// The token of this socket expires while the tests run.
const brief = await app.account('users', 'short@example.com');
const shortTeam = await records('teams').create({ name: 'short', owner: id(brief) });
const { authToken } = await root.collections.getOne('users');
await root.collections.update('users', { authToken: { duration: 10 } });
await brief.collection('users').authRefresh();
await root.collections.update('users', { authToken });
const short = await connect({ Authorization: brief.authStore.token });
await short.subscribe('tasks/*', { filter: "title = 'withheld' || title = 'open'" });

test('nobody is known by the URL or a cookie', async () => {
  const user = await app.account('users', 'url@example.com');
  const team = await records('teams').create({ name: 'secret', owner: id(user) });
  const { token } = user.authStore;
  const headers = { Cookie: `pb_auth=${token}; token=${token}; loam_session=${token}` };
  const [guest, known] = [await connect(headers, { query: `?token=${token}&authorization=${token}&access_token=${token}` }), await connect({ Authorization: token })];
  for (const socket of [guest, known]) await socket.subscribe('tasks/*');
  await records('tasks').create({ title: 'hers', team: team.id });
  await records('tasks').create({ title: 'anyone\'s' });
  assert.equal((await guest.next()).record.title, 'anyone\'s');
  assert.equal((await known.next()).record.title, 'hers');
});

test('a peer is no client of another API', async () => {
  const { hello: { peer } } = await connect();
  const subscribed = await app.raw('POST', '/api/realtime', JSON.stringify({ clientId: peer, subscriptions: ['rows/*'] }));
  assert.equal(subscribed.status, 404);
  const redirected = await app.raw('GET', `/api/oauth2-redirect?state=${peer}&code=x`);
  assert.doesNotMatch(redirected.text, new RegExp(peer));
});

test('a message of the most bytes is taken, and larger ones close', async (t) => {
  t.after(() => root.settings.update({ realtime: { maxMessageBytes: 64 << 10 } }));
  const socket = await connect();
  const ping = (size) => {
    const text = JSON.stringify({ type: 'ping', more: '' });
    return text.replace('""', `"${'x'.repeat(size - text.length)}"`);
  };
  socket.ws.send(ping(64 << 10));
  assert.equal((await socket.next()).type, 'pong');
  await root.settings.update({ realtime: { maxMessageBytes: 1 << 20 } });
  socket.ws.send(ping(1 << 20));
  assert.equal((await socket.next()).type, 'pong');
  await root.settings.update({ realtime: { maxMessageBytes: 1 << 10 } });
  socket.ws.send(ping((1 << 10) + 1));
  assert.deepEqual(await socket.closed, { code: 1009, reason: 'The message is too large.' });
});

test('a frame of a megabyte closes its connection and no other', async () => {
  const [large, other] = [await connect(), await connect()];
  for (const socket of [large, other]) await socket.subscribe('rows/*');
  large.ws.send(JSON.stringify({ type: 'ping', more: 'x'.repeat(1 << 20) }));
  for (let i = 0; i < 50; i++) large.ws.send('{"type":"ping"}'); // messages after the large one are not handled
  await records('rows').create({ text: 'meanwhile' });
  assert.equal((await large.closed).code, 1009);
  assert.ok(large.queue.every((message) => message.type === 'event'), JSON.stringify(large.queue));
  assert.equal((await other.next()).record.text, 'meanwhile');
  const again = await connect();
  await again.subscribe('rows/*', { since: other.hello.token });
  assert.equal((await again.next()).record.text, 'meanwhile');
});

test('who cannot resume is told to begin anew', async () => {
  const socket = await connect();
  const [epoch, seq] = socket.hello.token.split('.');
  for (const since of [`${epoch}x.${seq}`, `${epoch}.${Number(seq) + 1000}`, 'nonsense', `${epoch}.`, `${epoch}.-1`, `${epoch}.1e3`, '.']) {
    const { data } = await socket.ask('subscribe', { topic: 'rows/*', since });
    const reset = await socket.next();
    assert.deepEqual(reset, { type: 'reset', sub: data.sub, token: data.token }, since);
    assert.match(reset.token, new RegExp(`^${epoch}\\.`), since);
    await socket.ask('unsubscribe', { sub: data.sub });
  }
});

test('a snapshot comes in pages of 500 at most', async () => {
  await many('rows', 1100, (i) => ({ text: `row ${i}` }));
  const socket = await connect();
  const sub = await socket.subscribe('rows/*', { snapshot: true, filter: "text ~ 'row %'", fields: 'text' });
  const pages = [];
  do pages.push(await socket.next()); while (pages.at(-1).more);
  assert.deepEqual(pages.map(({ type, sub, more, items }) => [type, sub, more, items.length]), [
    ['snapshot', sub, true, 500], ['snapshot', sub, true, 500], ['snapshot', sub, false, 100],
  ]);
  assert.equal(new Set(pages.flatMap(({ items }) => items.map(({ text }) => text))).size, 1100);
});

test('a change of another record is no event, but live queries follow it', async () => {
  const user = await app.account('users', 'related@example.com');
  const team = await records('teams').create({ name: 'related' });
  const earlier = await connect({ Authorization: root.authStore.token });
  await earlier.subscribe('tasks/*');
  const task = await records('tasks').create({ title: 'related', team: team.id });
  await earlier.next(); // later subscriptions do not get the event of this change
  const socket = await connect({ Authorization: user.authStore.token });
  const live = await socket.subscribe('tasks/*', { filter: "title = 'related'", sort: 'title', fields: 'title' });
  assert.deepEqual((await socket.next()).items, []);
  const plain = await socket.subscribe('tasks/*', { filter: "title = 'related'", expand: 'team' });
  await records('teams').update(team.id, { owner: id(user) });
  const enter = await socket.next();
  assert.deepEqual([enter.sub, enter.action, enter.index, enter.record], [live, 'enter', 0, { title: 'related' }]);
  await records('teams').update(team.id, { name: 'of today' });
  await records('tasks').delete(task.id);
  const told = [await socket.next(), await socket.next()].sort((a, b) => a.sub - b.sub);
  assert.deepEqual([told[0].sub, told[0].action, told[0].id], [live, 'leave', task.id]);
  assert.deepEqual([told[1].sub, told[1].action, told[1].record.title, told[1].record.expand.team.name], [plain, 'delete', 'related', 'of today']);
});

test('a live query that reads the clock follows it', async () => {
  const socket = await connect();
  await socket.subscribe('tasks/*', { filter: "title = 'soon' && due <= @now", sort: 'title', fields: 'title' });
  assert.deepEqual((await socket.next()).items, []);
  await records('tasks').create({ title: 'soon', due: new Date(Date.now() + 1500).toISOString() });
  const enter = await socket.next();
  assert.deepEqual([enter.action, enter.record], ['enter', { title: 'soon' }]);
});

test('who takes its time is told all', async () => {
  const socket = await connect();
  await socket.subscribe('rows/*', { filter: "text ~ 'large%'" });
  socket.ws.pause();
  const n = 400; // more than the queue of the client and the buffers of the network hold
  await many('rows', n, (i) => ({ text: `large ${i} ${'x'.repeat(50_000)}` }));
  socket.ws.resume();
  for (let i = 0; i < n; i++) assert.match((await socket.next()).record.text, new RegExp(`^large ${i} `));
});

test('a token that ends makes a guest of its connection, whose subscriptions stay', async () => {
  assert.deepEqual(await short.next(), { type: 'auth', auth: null, reason: 'expired' });
  await records('tasks').create({ title: 'withheld', team: shortTeam.id });
  const { id: open } = await records('tasks').create({ title: 'open' });
  const event = await short.next();
  assert.deepEqual([event.record.title, event.record.id], ['open', open]);
});
