// A headless Chromium, driven by the DevTools protocol over a pipe. Tests that need a browser are
// skipped without one.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as find } from '../chromium.mjs';

/** The path of a Chromium; undefined without one. */
export const chromium = find('chromium');

/** Starts a browser; end it with close. */
export async function browse() {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${folder}`, '--remote-debugging-pipe', 'about:blank'];
  const child = spawn(chromium, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const answers = new Map();
  let rest = '';
  child.stdio[4].setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      answers.get(message.id)?.(message);
      answers.delete(message.id);
    }
  });
  let id = 0;
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      answers.set(++id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
      child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    });
  return {
    /** Opens a page of its own. */
    async open(url) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const page = new Page((method, params) => send(method, params, sessionId));
      await page.go(url);
      return page;
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await send('Browser.close').catch(() => {});
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

class Page {
  constructor(send) {
    this.send = send;
  }

  async go(url) {
    await this.send('Page.navigate', { url });
    await this.until('document.readyState === "complete" && document.querySelector("h1")?.textContent !== "Please wait"');
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Runs a script as part of a user gesture, so that it may open windows. */
  async press(expression) {
    await this.send('Runtime.evaluate', { expression, userGesture: true });
  }

  /** Waits until the scripts of the page are idle and all requests have ended. */
  async idle() {
    await this.value('new Promise((done) => requestIdleCallback(done))');
    await this.until('performance.getEntriesByType("resource").every((entry) => entry.responseEnd > 0)');
  }

  /** Waits until the expression is true, for up to a minute. */
  async until(expression) {
    for (const end = Date.now() + 60_000; !(await this.value(expression).catch(() => false)); ) {
      if (Date.now() > end) throw new Error(`never true: ${expression}; the page is ${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The visible text of the page. */
  text() {
    return this.value('document.body.innerText');
  }

  /** Types into the fields by their names and presses the button. */
  async submit(fields = {}) {
    for (const [name, value] of Object.entries(fields)) {
      await this.value(`document.querySelector('input[name=${name}]').value = ${JSON.stringify(value)}`);
    }
    await this.value(`document.querySelector('button').click()`);
  }
}
