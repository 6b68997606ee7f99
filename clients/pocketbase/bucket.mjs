// An S3 server that others wrote, for tests: versitygw, which "make tools" installs. Its
// bucket is a folder.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../.build/bin/versitygw', import.meta.url));

/** Whether it is installed. In CI it must be. */
export const hasBucket = existsSync(program) || Boolean(process.env.CI);

/** Starts the server, which ends with the test file. */
export async function startBucket() {
  const folder = await mkdtemp(join(tmpdir(), 'loam-s3-'));
  const [data, sidecar] = [join(folder, 'data'), join(folder, 'sidecar')];
  for (const dir of [join(data, 'files'), sidecar]) await mkdir(dir, { recursive: true });
  const bucket = new Bucket(await freePort(), data, sidecar);
  after(async () => {
    await bucket.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await bucket.start();
  return bucket;
}

class Bucket {
  constructor(port, data, sidecar) {
    Object.assign(this, { port, data, sidecar, folder: join(data, 'files') });
  }

  /** The settings of it. */
  get settings() {
    return {
      enabled: true, endpoint: `http://127.0.0.1:${this.port}`, bucket: 'files', region: 'us-east-1', accessKey: 'loam', secret: 'loamsecret', forcePathStyle: true,
    };
  }

  async start() {
    const flags = ['--access', 'loam', '--secret', 'loamsecret', '--port', `127.0.0.1:${this.port}`, '--region', 'us-east-1'];
    this.child = spawn(program, [...flags, 'posix', '--sidecar', this.sidecar, this.data], { stdio: 'ignore' });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    while (!(await reachable(this.port))) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function reachable(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
