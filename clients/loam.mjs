// Starts the real binary for a test: a throw-away data folder, a free port, and, where
// $LOAM_TEST_POSTGRES names a PostgreSQL server, a schema of its own on that.
//
// With $LOAM_TEST_IMPORT the data folder is not empty: "loam import" has made it from a folder of
// PocketBase. A test that passes on both shows that clients see no difference.
//
// The binary is $LOAM_BIN, else ./loam at the top of the repository; nothing is
// built here ("make build" does).
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const binary = process.env.LOAM_BIN ?? fileURLToPath(new URL('../loam', import.meta.url));
const postgres = process.env.LOAM_TEST_POSTGRES;
const run = promisify(execFile);

/** Whether the servers keep their data in PostgreSQL. */
export const onPostgres = Boolean(postgres);

/** Whether their first collections were made by PocketBase. */
export const imported = Boolean(process.env.LOAM_TEST_IMPORT);

/** A server process with its URL, its folder and its log. */
class Server {
  constructor(program, folder, env, args) {
    this.program = program; // the path of the binary
    this.folder = folder;
    this.env = env;
    this.args = args;
    this.dir = dataIn(folder);
  }

  async start() {
    this.child = spawn(
      this.program,
      ['serve', '--http', '127.0.0.1:0', '--dir', this.dir, '--public', join(this.folder, 'public'), ...this.args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: this.env },
    );
    this.log = { text: '', said: '' };
    this.child.stderr.on('data', (chunk) => (this.log.text += chunk));
    this.url = await fronted(await announced(this.child, this.log));
    return this;
  }

  /** Ends the server by SIGTERM and starts it again, at another URL. */
  async restart() {
    await this.end();
    return this.start();
  }

  /** Kills the server by SIGKILL. */
  async kill() {
    const ended = end(this.child);
    this.child.kill('SIGKILL');
    await ended;
  }

  /**
   * Starts another server on the same database, which must be PostgreSQL. The caller stops that
   * server with its method end. The method stop of this server removes that server's folder.
   */
  async beside() {
    const folder = await mkdtemp(join(this.folder, 'node-'));
    await mkdir(join(folder, 'public'));
    return new Server(this.program, folder, this.env, this.args).start();
  }

  /**
   * Runs SQL directly on the database, with sqlite3 or psql. On SQLite, file is the name of the
   * database file in the data folder; on PostgreSQL, file has no effect.
   */
  sql(text, file = 'data.db') {
    if (!onPostgres) return run('sqlite3', ['-bail', join(this.dir, file), text]);
    const url = new URL(this.env.LOAM_DB);
    const options = `-c search_path=${url.searchParams.get('search_path')}`;
    url.searchParams.delete('search_path'); // psql rejects this parameter
    return run('psql', ['-v', 'ON_ERROR_STOP=1', '-c', text, url.href], { env: { ...process.env, PGOPTIONS: options } });
  }

  /** Runs another command of the binary beside the server, on the same data. */
  command(...args) {
    return run(this.program, [...args, '--dir', this.dir], { env: this.env });
  }

  /** Fails unless the process runs and its health endpoint answers 200. */
  async check() {
    assert.equal(this.child.exitCode, null, `the server has ended:\n${this.log.text}`);
    const response = await fetch(`${this.url}/api/health`);
    assert.equal(response.status, 200, 'the server is not healthy');
  }

  /** Ends the server and removes its folder. Fails under the conditions of end. */
  async stop() {
    try {
      await this.end();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /**
   * Ends the server by SIGTERM. Fails if its exit code is not 0, or if it has logged an error or
   * a panic since its start.
   */
  async end() {
    const ended = end(this.child);
    this.child.kill('SIGTERM');
    const code = await ended;
    assert.equal(code, 0, `the server ended with ${code}:\n${this.log.text}`);
    assert.doesNotMatch(this.log.text, /level=ERROR|panic:|goroutine \d+/, 'the server logged an error');
  }
}

/**
 * Starts a server on an empty data folder, or on the import of a PocketBase database that the SQL
 * scripts of source make. args are added to "loam serve". program is the path of another binary with
 * the commands of Loam.
 */
export async function serve({ args = [], program = binary, source = imported ? ['fresh.sql'] : [] } = {}) {
  assert.ok(existsSync(program), `${program} is missing: run "make binary", or "make build" and set LOAM_BIN`);
  const folder = await mkdtemp(join(tmpdir(), 'loam-'));
  const env = environment();
  await mkdir(join(folder, 'public'));
  if (source.length > 0) await importInto(folder, env, source);
  return new Server(program, folder, env, args).start();
}

/** The URL of the proxy of the module $LOAM_TEST_FRONT before the server; url without a module. */
async function fronted(url) {
  const front = process.env.LOAM_TEST_FRONT;
  return front ? (await import(front)).front(url) : url;
}

async function importInto(folder, env, scripts) {
  const source = join(folder, 'pb_data');
  await mkdir(source);
  for (const name of scripts) {
    const sql = fileURLToPath(new URL(`../core/pocketbase/testdata/${name}`, import.meta.url));
    await run('sqlite3', ['-bail', join(source, 'data.db'), `.read '${sql}'`]);
  }
  await run(binary, ['import', 'pocketbase', source, '--dir', dataIn(folder)], { env });
}

/** The environment of the server's processes; on PostgreSQL, LOAM_DB names a new schema. */
function environment() {
  if (!onPostgres) return process.env;
  const url = new URL(postgres);
  url.searchParams.set('search_path', `test_${randomUUID().replaceAll('-', '')}`);
  return { ...process.env, LOAM_DB: url.href };
}

function dataIn(folder) {
  return join(folder, 'data');
}

/** The URL in the line that a server prints when it is ready. */
function announced(child, log) {
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const url = (log.said += chunk).match(/serves (http:\/\/\S+)/)?.[1];
      if (url) resolve(url);
    });
    end(child).then((code) => reject(new Error(`the server ended with ${code}:\n${log.said}${log.text}`)));
  });
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child.exitCode ?? child.signalCode);
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
}
