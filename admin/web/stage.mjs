// A server and a browser for tests. Every page is watched for errors on the browser's console,
// violations of the content security policy, and content wider than the window. Without a browser
// the tests are skipped.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { chromium } from 'playwright-core';
import { chromium as find } from '../../clients/chromium.mjs';
import { serve } from '../../clients/loam.mjs';

export const email = 'maya@orchard.example';
export const password = 'correct-horse-battery';

// The headless shell is Chromium without windows and extensions: the same engine, which takes half
// the processor time.
const executable = find('chromium-headless-shell', 'chromium');

const shots = fileURLToPath(new URL('shots/', import.meta.url));

/**
 * Runs the tests on a stage. The options are those of serve (clients/loam.mjs). Without a browser
 * the tests are skipped; with $CI set they fail.
 */
export async function onStage(tests, options) {
  if (!executable) {
    test('the console', { skip: process.env.CI ? false : 'there is no chromium' }, () => assert.fail('there is no chromium'));
    return;
  }
  mkdirSync(shots, { recursive: true });
  let stage;
  after(() => stage?.close());
  stage = await open(options);
  afterEach(() => stage.closeWindows());
  await tests(stage);
}

/** Starts a browser, and a server on an empty folder with the options of serve. close ends both. */
export async function open(options) {
  const server = await serve(options);
  try {
    return new Stage(server, await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-dev-shm-usage'] }));
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class Stage {
  constructor(server, browser) {
    this.server = server;
    this.browser = browser;
    this.url = server.url;
    this.windows = [];
    this.shared = null; // the context of windows without options, whose cache keeps the assets
    this.sharedIsOpen = false;
  }

  /** Ends the browser and the server. */
  async close() {
    await this.browser.close();
    await this.server.stop();
  }

  /** The fragment of the printed link that creates the first superuser. */
  async installer() {
    const find = () => this.server.log.said.match(/#\/pbinstall\/\S+(?=\n)/)?.[0];
    while (!find()) await once(this.server.child.stdout, 'data');
    return find();
  }

  /**
   * Opens a page in a browser context that no other window of the test has; page.wrong lists the
   * errors of the page. The first window without options of each test is in a context that all
   * tests share; closeWindows clears its cookies and stored values.
   */
  async window(options) {
    if (options || this.sharedIsOpen) {
      const context = await this.context(options);
      this.windows.push(context);
      return this.watched(await context.newPage());
    }
    this.shared ??= await this.context();
    this.sharedIsOpen = true;
    return this.watched(await this.shared.newPage());
  }

  context({ width = 1440, height = 900, scheme = 'light', ...options } = {}) {
    return this.browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', ...options });
  }

  /** Lists the errors of the page in page.wrong from now on, and returns the page. */
  watched(page) {
    page.setDefaultTimeout(Number(process.env.WAIT ?? 60_000)); // long, since a busy machine is slow
    page.wrong = [];
    page.on('console', (message) => {
      // A status 4xx may be the expected answer to a form, a sandboxed frame is meant to block
      // scripts, and htmx logs requests that the page itself ends. Every other error or warning fails the test.
      const meant = /^Failed to load resource: the server responded with a status of 4|^Blocked script execution in '[^']*' because the document's frame is sandboxed|^htmx:(afterRequest|sendAbort), /.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !meant) page.wrong.push(message.text());
    });
    page.on('pageerror', (error) => page.wrong.push(String(error)));
    return page;
  }

  /** Closes the windows that a test has opened. */
  async closeWindows() {
    for (const window of this.windows.splice(0)) await window.close();
    if (!this.sharedIsOpen) return;
    this.sharedIsOpen = false;
    const page = await this.shared.newPage();
    for (const open of this.shared.pages()) if (open !== page) await open.close(); // a page stores its draft when it is closed
    const browser = await this.shared.newCDPSession(page);
    await browser.send('Storage.clearDataForOrigin', { origin: new URL(this.url).origin, storageTypes: 'local_storage' });
    await this.shared.clearCookies();
    await this.shared.clearPermissions();
    await page.close();
  }

  /**
   * Opens a window with the session of the superuser. With the option unconfirmed, the console asks
   * for the password before dangerous actions; with the option own, or options of the window, the
   * window has a context of its own.
   */
  async signedIn({ unconfirmed, own, ...options } = {}) {
    const page = await this.window(own || Object.keys(options).length > 0 ? options : undefined);
    await this.signIn();
    const cookies = { loam_session: this.token, ...(!unconfirmed && { loam_confirmed: this.confirmation }) };
    await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, domain: new URL(this.url).hostname, path: '/_/', httpOnly: true, sameSite: 'Strict' })));
    return page;
  }

  /** Signs in to the console, at the first call only, and returns the token of the session. */
  async signIn() {
    if (this.token) return this.token;
    const answer = await fetch(`${this.url}/_/sign-in`, { method: 'POST', body: new URLSearchParams({ identity: email, password }), redirect: 'manual' });
    const cookie = (name) => answer.headers.getSetCookie().join('\n').match(new RegExp(`${name}=([^;]+)`))?.[1];
    this.confirmation = cookie('loam_confirmed');
    assert.ok(this.confirmation, `the sign-in is answered with ${answer.status}`);
    return (this.token = cookie('loam_session'));
  }

  /** Creates the superuser on the command line. */
  superuser() {
    return this.server.command('superuser', 'upsert', email, password);
  }

  /** Starts a mail server and makes the server use it; returns its mailbox. */
  async mailbox() {
    const { mailbox } = await import('../../clients/pocketbase/mailbox.mjs');
    return mailbox({ url: this.url, root: { settings: { update: (settings) => this.api('PATCH', '/api/settings', settings) } } });
  }

  /** Ends the session of the page with the next request to the address, so that no other request is refused before. */
  async endsAt(page, address, method = 'POST') {
    let isOver = false;
    await page.route(address, async (route) => {
      if (isOver || route.request().method() !== method) return route.fallback();
      isOver = true;
      await page.context().clearCookies({ name: 'loam_session' });
      await route.continue();
    });
  }

  /** Signs in by the dialog over a page. */
  async again(page) {
    const dialog = page.locator('#sign-in');
    await dialog.getByLabel('Email').fill(email);
    await dialog.getByLabel('Password').fill(password);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  /** Removes the confirmation of the password: the next dangerous action asks for the password. */
  async unconfirm(page) {
    await page.context().clearCookies({ name: 'loam_confirmed' });
  }

  /** Types the password into the dialog that asks for it. */
  async confirm(page, secret = password) {
    await page.getByLabel(`Password of ${email}`).fill(secret);
    await page.getByLabel(`Password of ${email}`).press('Enter');
  }

  /** Sends a request to the API as the superuser, and returns the body. Fails unless it is 2xx. */
  async api(method, path, body) {
    return this.call(method, path, body, await this.signIn());
  }

  /** Creates another superuser, and returns a function that sends requests to the API as this superuser. */
  async colleague(address) {
    await this.api('POST', '/api/collections/_superusers/records', { email: address, password, passwordConfirm: password });
    const { token } = await this.call('POST', '/api/collections/_superusers/auth-with-password', { identity: address, password });
    return (method, path, body) => this.call(method, path, body, token);
  }

  async call(method, path, body, token) {
    const form = body instanceof FormData;
    const response = await fetch(this.url + path, {
      method,
      body: form ? body : body && JSON.stringify(body),
      headers: { ...(body && !form && { 'Content-Type': 'application/json' }), ...(token && { Authorization: token }) },
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text && JSON.parse(text);
  }
}

/** The number of bytes of the text, or the buffer, compressed by gzip. */
export const weight = async (text) => (await promisify(gzip)(text)).length;

/** Calls act, by which the page opens another page, and waits until that page is loaded. */
export async function loads(page, act) {
  const loaded = page.waitForEvent('load');
  await act();
  await loaded;
}

/**
 * Holds the requests to the addresses that match the pattern. asked resolves at the first request;
 * release sends the held requests, and resolves when the first is answered.
 */
export async function hold(page, pattern) {
  let send;
  const released = new Promise((done) => (send = done));
  const asked = page.waitForRequest(pattern);
  await page.route(pattern, (route) => released.then(() => route.continue()));
  const release = async () => {
    const first = await asked;
    const answered = page.waitForEvent('requestfinished', (request) => request === first);
    send();
    await answered;
    await page.unroute(pattern);
  };
  return { asked, release };
}

/** Presses Ctrl+S, and returns the status of the answer. */
export async function saved(page) {
  const answer = page.waitForResponse((response) => response.request().method() === 'POST' && response.request().postData()?.includes('_base'));
  await page.keyboard.press('Control+s');
  return (await answer).status();
}

/** Presses the button that takes the stored value of a field, and waits for the new input. */
export async function takeStored(page, field) {
  const old = await page.locator(`[data-field="${field}"]`).elementHandle();
  await page.locator(`[data-take="${field}"]`).click();
  await page.waitForFunction((node) => !node.isConnected, old);
}

/** Fills in the form of the sign-in page. */
export async function signIn(page, secret = password, address = email) {
  await page.getByLabel('Email').fill(address);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForLoadState();
}

/** Fails if the page has logged an error, or if its content is wider than the window. */
export async function isWell(page) {
  assert.deepEqual(page.wrong, [], page.url());
  const tooWide = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide <= 0) return '';
    const widest = [...document.querySelectorAll('body *')].find((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll-x, .table-wrap, .sr'));
    return `${wide} px too wide: ${widest?.outerHTML.slice(0, 200)}`;
  });
  assert.equal(tooWide, '', page.url());
}

/** Checks the page as isWell does, and saves a screenshot in shots/. */
export async function picture(page, name) {
  await isWell(page);
  page.camera ??= page.context().newCDPSession(page);
  const { data } = await (await page.camera).send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true });
  await writeFile(join(shots, `${name}.png`), data, 'base64');
}
