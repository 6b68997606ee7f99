// What the server really answers is what its document says: a part of the suite of the SDK
// runs against it, and each JSON answer is compared with the document that its caller sees.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Checker } from './checker.mjs';
import { start } from '../pocketbase/app.mjs';

// $LOAM_TEST_FRONTED names others. Those that change a collection while it is read, as
// collections.test.mjs, get answers of either state.
const suite = process.env.LOAM_TEST_FRONTED?.split(' ') ?? ['records', 'expand', 'settings', 'crons', 'batch'];

test('answers are those of the document', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loam-answers-'));
  const log = join(folder, 'answers');
  const env = { ...process.env, LOAM_TEST_FRONT: fileURLToPath(new URL('front.mjs', import.meta.url)), LOAM_TEST_FRONT_LOG: log };
  delete env.NODE_TEST_CONTEXT; // else it would report as a part of this file
  const cwd = fileURLToPath(new URL('../pocketbase', import.meta.url));
  const child = spawn(process.execPath, ['--test', ...suite.map((name) => `${name}.test.mjs`)], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, output.slice(-5000));
  const answers = (await readFile(log, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  await rm(folder, { recursive: true });
  const wrong = answers.filter((answer) => answer.errors.length > 0);
  assert.deepEqual(wrong.slice(0, 5), []);
  const operations = new Set(answers.map(({ method, path }) => `${method} ${path}`));
  assert.ok(answers.length > 20 * suite.length && operations.size > 5 * suite.length, `only ${answers.length} answers of ${operations.size} operations`);
  console.log(`# ${answers.length} answers of ${operations.size} operations`);
});

test('a wrong answer is found', async () => {
  const app = await start();
  const checker = new Checker(app.url, app.root.authStore.token);
  const answer = async (path, change) => {
    const { status, body } = await app.rawRoot('GET', path);
    change(body);
    return (await checker.check('GET', path, status, JSON.stringify(body))).errors;
  };
  assert.deepEqual(await answer('/api/settings', () => {}), []);
  assert.equal((await answer('/api/settings', (body) => (body.meta.appName = 1))).length, 1);
  assert.equal((await answer('/api/settings', (body) => delete body.smtp.port)).length, 1);
  assert.equal((await answer('/api/collections?fields=page', (body) => (body.more = true))).length, 1);
  assert.equal(await checker.check('GET', '/api/nothing', 404, '{}'), undefined);
});
