// An account gets a mail about a sign-in from a new place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, start } from './app.mjs';
import { mailbox } from './mailbox.mjs';

const app = await start();
const box = await mailbox(app);
const secret = 'a-long-password';

/** Signs in as a browser of that name. */
const from = async (agent) => {
  const client = app.guest();
  client.beforeSend = (url, options) => ({ url, options: { ...options, headers: { ...options.headers, 'User-Agent': agent } } });
  await client.collection('users').authWithPassword('ann@example.com', secret);
  return client;
};

test('the first sign-in of all is no news', async () => {
  await app.root.collection('users').create({ email: 'ann@example.com', password: secret, passwordConfirm: secret });
  const ann = await from('Firefox');
  await from('Firefox');
  const own = ann.collection('_authOrigins');
  await eventually(async () => assert.equal((await own.getList()).totalItems, 1));
  assert.deepEqual(box.mails, []);
});

test('one from elsewhere is', async () => {
  const elsewhere = await from('Evil <b>');
  const mail = await box.next();
  assert.deepEqual(mail.to, ['ann@example.com']);
  assert.match(mail.html, /<em>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC - 127\.0\.0\.1 Evil &lt;b&gt;<\/em>/);
  const own = elsewhere.collection('_authOrigins');
  await eventually(async () => assert.equal((await own.getList()).totalItems, 2));
  await from('Evil <b>'); // known by now
  // The account may read the list of places and delete an entry; other accounts may not.
  const [first] = await own.getFullList();
  assert.match(first.fingerprint, /^[0-9a-f]{32}$/);
  assert.equal(await own.delete(first.id), true);
  assert.equal((await app.guest().collection('_authOrigins').getList()).totalItems, 0);
  assert.deepEqual(box.mails, []);
});
