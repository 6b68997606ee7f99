// An nginx in front of a server, with the default timeouts and buffers of nginx, and gzip for every
// media type.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const program = '/usr/sbin/nginx';

/** Whether startProxy can be used. In CI it is always true, so tests fail there without nginx. */
export const hasProxy = existsSync(program) || Boolean(process.env.CI);

/**
 * Starts nginx in front of the server at the URL upstream, and returns the URL of nginx. nginx runs
 * until the test file ends.
 */
export async function startProxy(upstream) {
  const folder = await mkdtemp(join(tmpdir(), 'loam-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), `
    ${userInfo().uid === 0 ? 'user root;' : ''}
    daemon off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      gzip on; gzip_types *; gzip_proxied any;
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass ${upstream};
          proxy_http_version 1.1;
          proxy_set_header Host $host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
        }
      }
    }`);
  const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  after(async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });
  while (!(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''))) {
    if (child.exitCode !== null) throw new Error(`nginx has ended: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return `http://127.0.0.1:${port}`;
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
