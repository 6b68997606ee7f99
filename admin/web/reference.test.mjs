// The code on the pages about the API works: for a collection with every type of field and for an
// auth collection, each operation is sent by the JavaScript client and by cURL, and the Go programs
// compile.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isWell, onStage } from './stage.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(new URL('../../clients/pocketbase/package.json', import.meta.url));
const PocketBase = require('pocketbase');
const { WebSocket } = require('ws');
globalThis.EventSource = require('eventsource').EventSource; // browsers have an EventSource
const AsyncFunction = (async () => {}).constructor;

await onStage(async (stage) => {
  await stage.superuser();
  const [users] = (await stage.api('GET', '/api/collections?filter=name="users"')).items;
  const open = { listRule: '', viewRule: '', createRule: '', updateRule: '', deleteRule: '' };
  const kinds = ['text', 'editor', 'number', 'bool', 'email', 'url', 'date', 'autodate', 'json', 'geoPoint', 'password'];
  const fields = [
    ...kinds.map((type) => ({ name: `my_${type}`, type, ...(type === 'autodate' && { onCreate: true }) })),
    { name: 'my_select', type: 'select', maxSelect: 2, values: ["a'b", '"c" $d `e`'] },
    { name: 'my_relation', type: 'relation', collectionId: users.id, maxSelect: 3 },
    { name: 'my_file', type: 'file', maxSelect: 9, protected: true },
  ];
  await stage.api('POST', '/api/collections', { name: 'things', type: 'base', fields, ...open });
  await stage.api('PATCH', '/api/collections/users', { ...open, otp: { enabled: true } });
  await stage.api('PATCH', '/api/settings', { batch: { enabled: true } });
  const box = await stage.mailbox();
  const password = 'a long password';
  const ann = await stage.api('POST', '/api/collections/users/records', { email: 'ann@example.com', password, passwordConfirm: password, verified: true });
  const first = new FormData();
  for (const [name, value] of [['my_text', 'first'], ['my_relation', ann.id], ['my_file', new File(['stored'], 'stored.txt')]]) first.append(name, value);
  const thing = await stage.api('POST', '/api/collections/things/records', first);
  const folder = await mkdtemp(join(tmpdir(), 'reference-'));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'hello.txt'), 'Hello'); // the file that cURL uploads
  const signIn = () => stage.call('POST', '/api/collections/users/auth-with-password', { identity: 'ann@example.com', password });

  /** The operations of the page, or of a group, with their code in each language, for the record with the id. */
  async function operations(page, collection, id, { group = /./, change = (text) => text } = {}) {
    await page.goto(`${stage.url}/_/c/${collection}/api`);
    const links = await page.getByRole('navigation', { name: 'Operations' }).locator('.nav-group').filter({ hasText: group }).getByRole('link').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    const list = [];
    for (const path of links) {
      await page.goto(stage.url + path);
      await page.evaluate(() => (window.asked = 0));
      const body = page.locator('[name=body]');
      const filled = [];
      for (const [name, text] of Object.entries({ id, file: thing.my_file[0], token: (await stage.api('POST', '/api/files/token')).token })) {
        const input = page.getByRole('textbox', { name, exact: true });
        if (await input.count()) filled.push([input, text]);
      }
      if (await body.count()) filled.push([body, change((await body.inputValue()).replaceAll('RECORD_ID', path.includes('/things/') && !/gql-one/.test(path) ? ann.id : id))]);
      for (const [input, text] of filled) {
        if (text === (await input.inputValue())) continue;
        const answer = page.waitForResponse(/\/code$/);
        await input.fill(text);
        await answer;
      }
      assert.equal(await page.locator('.is-boxes').count(), 0); // samples are no inputs for code.js
      const code = await page.locator('[data-code]').evaluateAll((all) => Object.fromEntries(all.map((e) => [e.dataset.code, e.textContent])));
      list.push({ id: path.split('/').pop(), code });
    }
    await isWell(page);
    return list;
  }

  /** Runs the code of the JavaScript client as the account of the token; returns its response and its log. */
  async function javaScript(code, token) {
    const logged = [];
    const body = code.replace(/^import PocketBase from 'pocketbase';\n/, '').replace(/(const pb = .*;\n)/, `$1pb.authStore.save(${JSON.stringify(token)});\n`);
    const names = ['PocketBase', 'WebSocket', 'console'];
    const answer = await new AsyncFunction(...names, `${body}\nreturn typeof answer === 'undefined' ? { pb: typeof pb === 'undefined' ? null : pb, socket: typeof socket === 'undefined' ? null : socket } : answer;`)(
      PocketBase.default ?? PocketBase, WebSocket, { log: (...words) => logged.push(words) },
    );
    return { answer, logged };
  }

  /** Runs the cURL command; returns the status and the body. */
  async function curl(code, token) {
    const { stdout } = await run('sh', ['-c', code.replace(/^curl/, "curl -s -w '\\n%{http_code}'")], { cwd: folder, env: { ...process.env, TOKEN: token } });
    const at = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
  }

  /** Compiles the Go programs. */
  async function compile(list) {
    await mkdir(join(root, '.build'), { recursive: true });
    const folder = await mkdtemp(join(root, '.build', 'snippets-'));
    try {
      for (const { id, code } of list) {
        await mkdir(join(folder, id));
        await writeFile(join(folder, id, 'main.go'), code.Go);
      }
      await run('go', ['vet', ...list.map(({ id }) => join(folder, id))], { cwd: root });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** Waits for an event of a new record that the code of a live operation logs. */
  async function hears({ id, code }) {
    const { answer, logged } = await javaScript(code.JavaScript, stage.token);
    if (answer.socket) await once(answer.socket, 'open');
    const heard = () => logged.some((words) => /create/i.test(JSON.stringify(words)));
    for (let i = 0; !heard() && i < 1000; i++) {
      await stage.api('POST', '/api/collections/things/records', { my_text: id }); // the subscription begins some time after the socket has opened
    }
    assert.ok(heard(), `${id} logs ${JSON.stringify(logged)}`);
    answer.socket?.terminate();
    await answer.pb?.realtime.unsubscribe();
  }

  test('the tokens of mails are confirmed by the code; operations that are off are marked', async () => {
    const page = await stage.signedIn();
    const bea = { email: 'bea@example.com', password };
    const { id } = await stage.api('POST', '/api/collections/users/records', { ...bea, passwordConfirm: password });
    const at = '/api/collections/users';
    const { token } = await stage.call('POST', `${at}/auth-with-password`, { identity: bea.email, password });
    const confirm = async (operation, to, link, values) => {
      let mail;
      do mail = await box.next();
      while (!mail.to.includes(to)); // the sign-in of the superuser sends a mail too
      const [, token] = mail.html.match(new RegExp(`/_/#/auth/${link}/([^"]+)`));
      await page.goto(`${stage.url}/_/c/users/api/${operation}`);
      const body = page.locator('[name=body]');
      await body.fill(JSON.stringify({ ...JSON.parse(await body.inputValue()), token, ...values }));
      const code = page.locator('[data-code=JavaScript]').filter({ hasText: token });
      await code.waitFor({ state: 'attached' });
      await javaScript(await code.textContent(), '');
      return stage.api('GET', `${at}/records/${id}`);
    };
    await stage.call('POST', `${at}/request-verification`, { email: bea.email });
    assert.equal((await confirm('confirm-verification', bea.email, 'confirm-verification', {})).verified, true);
    await stage.call('POST', `${at}/request-email-change`, { newEmail: 'bea2@example.com' }, token);
    assert.equal((await confirm('confirm-email', 'bea2@example.com', 'confirm-email-change', { password })).email, 'bea2@example.com');
    await stage.call('POST', `${at}/request-password-reset`, { email: 'bea2@example.com' });
    await confirm('confirm-reset', 'bea2@example.com', 'confirm-password-reset', { password: 'another password', passwordConfirm: 'another password' });
    await stage.call('POST', `${at}/auth-with-password`, { identity: 'bea2@example.com', password: 'another password' });

    const off = () => page.getByRole('navigation', { name: 'Operations' }).getByRole('link').filter({ hasText: /off/ }).evaluateAll((links) => links.map((a) => a.href.split('/').pop()));
    assert.deepEqual(await off(), ['oauth2']);
    await page.goto(`${stage.url}/_/c/users/api/oauth2`);
    await page.getByText('OAuth2 is off for users').waitFor();
    await page.goto(`${stage.url}/_/c/_superusers/api/otp`);
    await page.getByText('One-time codes are off for _superusers').waitFor();
    assert.deepEqual(await off(), ['request-otp', 'otp', 'oauth2', 'verification', 'confirm-verification', 'email', 'confirm-email']);
    await isWell(page);
  });

  test('a collection with every kind of field', async () => {
    const page = await stage.signedIn();
    const list = await operations(page, 'things', thing.id);
    const live = list.filter(({ id }) => ['websocket', 'sse', 'gql-live'].includes(id));
    assert.equal(live.length, 3);
    for (const operation of live) await hears(operation);
    const records = async () => (await stage.api('GET', '/api/collections/things/records?perPage=1')).totalItems;
    const last = ({ id }) => id === 'delete'; // deletes the record that the other operations use
    for (const { id, code } of list.filter((o) => !live.includes(o)).sort((a, b) => last(a) - last(b))) {
      const before = await records();
      const answer = await curl(code.cURL, stage.token);
      assert.ok(answer.status < 300 && !/"errors"/.test(answer.body), `${id} by cURL: ${answer.status} ${answer.body}`);
      if (last({ id })) await stage.api('POST', '/api/collections/things/records', { id: thing.id, my_text: 'again' });
      const { answer: said } = await javaScript(code.JavaScript, stage.token);
      assert.equal(said?.errors, undefined, id);
      if (id === 'upload') assert.deepEqual(said.my_file.map((name) => name.replace(/_\w+\./, '.')), ['stored.txt', 'hello.txt', 'hello.txt']);
      if (id === 'file') assert.deepEqual([answer.body, await (await fetch(said)).text()], ['stored', 'stored']);
      if (id === 'file-token') assert.ok(JSON.parse(answer.body).token && said);
      const made = (await records()) - before;
      assert.equal(made, ['create', 'batch', 'gql-create'].includes(id) ? 2 : id === 'delete' ? -1 : 0, `${id} changes the number of records`);
    }
    const [one] = (await stage.api('GET', `/api/collections/things/records?filter=${encodeURIComponent('my_text = "text"')}`)).items;
    assert.deepEqual([one.my_number, one.my_bool, one.my_email, one.my_select, one.my_json, one.my_relation], [123, true, 'test@example.com', ["a'b"], { key: 'value' }, [ann.id]]);
    await compile(list);
  });

  test('a collection of accounts', async () => {
    const page = await stage.signedIn();
    const known = (text) => text.replace('test@example.com', 'ann@example.com').replace('"1234567890"\n}', `${JSON.stringify(password)}\n}`);
    const list = await operations(page, 'users', ann.id, { group: /^\s*Accounts/, change: known });
    const confirms = ['confirm-verification', 'confirm-reset', 'confirm-email'];
    const refused = ['otp', 'oauth2', ...confirms]; // these need a code or token of a mail or provider, which the test lacks
    const accounts = ['methods', 'password', 'request-otp', 'otp', 'oauth2', 'refresh', 'verification', 'confirm-verification', 'reset', 'confirm-reset', 'email', 'confirm-email'];
    assert.deepEqual(list.map(({ id }) => id), accounts);
    for (const { id, code } of list) {
      const { token } = await signIn();
      const { status, body } = await curl(code.cURL, token);
      assert.equal(status >= 400, refused.includes(id), `${id} by cURL: ${status} ${body}`);
      if (id === 'oauth2') continue; // its code opens a window
      const sent = javaScript(code.JavaScript, (await signIn()).token);
      if (refused.includes(id)) await assert.rejects(sent, { status: 400 }, id);
      else await sent;
      if (id === 'password' || id === 'refresh') assert.equal((await sent).answer.record.id, ann.id);
    }
    await compile(list);
  });
});
