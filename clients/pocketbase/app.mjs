// One app for a test file: a server, its superuser, and clients of every kind.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import PocketBase, { ClientResponseError } from 'pocketbase';
import { serve } from '../loam.mjs';

export const email = 'root@example.com';
export const password = 'correct-horse';

/** Starts a server that ends with the test file. */
export async function start(options) {
  const server = await serve(options);
  after(() => server.stop());
  await server.command('superuser', 'upsert', email, password);
  const app = new App(server);
  app.root = await app.signIn('_superusers', email, password);
  return app;
}

class App {
  constructor(server) {
    this.server = server;
    this.url = server.url;
  }

  /** A client that is not signed in. Its requests do not cancel each other. */
  guest() {
    return new PocketBase(this.url).autoCancellation(false);
  }

  /** Another client, signed in. */
  async signIn(collection, identity, secret) {
    const client = this.guest();
    await client.collection(collection).authWithPassword(identity, secret);
    return client;
  }

  /** Makes an account and signs in with it; its record is client.authStore.record. */
  async account(collection, address, extra = {}) {
    const secret = 'a-long-password';
    await this.root.collection(collection).create({ email: address, password: secret, passwordConfirm: secret, ...extra });
    return this.signIn(collection, address, secret);
  }

  /** Makes a base collection that everybody may use, unless rules says otherwise. */
  open(name, fields, extra = {}) {
    return this.root.collections.create({ name, type: 'base', fields, ...everybody, ...extra });
  }

  /** Sends a request without the SDK. The body is sent unchanged. */
  async raw(method, path, body, headers = {}) {
    const response = await fetch(this.url + path, {
      method,
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  /** raw as the superuser. */
  rawRoot(method, path, body, headers = {}) {
    return this.raw(method, path, body, { Authorization: this.root.authStore.token, ...headers });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Rules that allow everything to everybody. */
export const everybody = { listRule: '', viewRule: '', createRule: '', updateRule: '', deleteRule: '' };

/**
 * Waits for a call to fail as documented: with this status, the envelope, and
 * exactly these codes by path of the field ({ 'fields.0.name': 'validation_…' };
 * not given: any). Returns the error.
 */
export async function fails(call, status, codes, message) {
  const err = await call.then(
    (value) => assert.fail(`succeeded with ${JSON.stringify(value)?.slice(0, 300)}`),
    (e) => e,
  );
  if (!(err instanceof ClientResponseError)) throw err;
  assert.equal(err.status, status, JSON.stringify(err.response));
  envelope(err.response, status);
  if (codes) assert.deepEqual(codesOf(err.response.data), codes, JSON.stringify(err.response));
  if (message) assert.equal(err.response.message, message);
  return err;
}

/** Fails unless the body is the error envelope of the status. */
export function envelope(body, status) {
  assert.ok(body, 'the body is not JSON');
  // Superusers may also get a reason.
  const keys = Object.keys(body).filter((key) => key !== 'reason');
  assert.deepEqual(keys, ['data', 'message', 'status'], JSON.stringify(body));
  assert.equal(body.status, status, JSON.stringify(body));
  assert.match(body.message, /^\p{Lu}.*[.?!]$/su);
  assert.equal(Object.prototype.toString.call(body.data), '[object Object]');
}

/** Fails unless raw has answered with the envelope of the status. */
export function refused(answer, status, codes) {
  assert.equal(answer.status, status, answer.text.slice(0, 300));
  assert.equal(answer.headers.get('content-type'), 'application/json');
  envelope(answer.body, status);
  if (codes) assert.deepEqual(codesOf(answer.body.data), codes, answer.text);
}

function codesOf(data, path = '', into = {}) {
  for (const [key, value] of Object.entries(data)) {
    if (typeof value.code === 'string') {
      into[path + key] = value.code;
      assert.match(value.message, /\S/, `${path + key} has no message`);
    } else {
      codesOf(value, `${path + key}.`, into);
    }
  }
  return into;
}

/** Repeats a check until it succeeds, for up to a minute on a slow machine. */
export async function eventually(check) {
  for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
    try {
      return await check();
    } catch (err) {
      if (Date.now() > end) throw err;
    }
  }
}

/** The values of a field in a list of records. */
export function pluck(records, field) {
  return records.map((record) => record[field]);
}
