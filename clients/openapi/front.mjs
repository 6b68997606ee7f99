// A proxy in front of a server while the test suite of the SDK runs. It compares each JSON answer
// with the OpenAPI document that the caller of the request gets, and appends the differences to the
// file $LOAM_TEST_FRONT_LOG, one line for each wrong answer.
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { Checker } from './checker.mjs';

/** Starts the proxy and returns its URL. */
export async function front(url) {
  const checkers = new Map(); // by the header Authorization of the caller
  const proxy = http.createServer({ maxHeaderSize: 1 << 21 }, (request, response) => {
    forward(url, request, response, checkers).catch((err) => response.destroy(err));
  });
  proxy.on('connection', (socket) => socket.unref());
  proxy.on('upgrade', (request, socket, head) => tunnel(url, request, socket, head));
  proxy.unref();
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${proxy.address().port}`;
}

/** Passes the handshake of a WebSocket on to the server, then all bytes in both directions. */
function tunnel(url, request, socket, head) {
  const { hostname, port } = new URL(url);
  const ahead = net.connect(port, hostname, () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
    ahead.write(`${lines.join('\r\n')}\r\n\r\n`);
    ahead.write(head);
    socket.pipe(ahead).pipe(socket);
  });
  ahead.unref();
  for (const [one, other] of [[socket, ahead], [ahead, socket]]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

async function forward(url, request, response, checkers) {
  const { headers } = request;
  const answer = await new Promise((resolve, reject) => {
    const ahead = http.request(url + request.url, { method: request.method, headers, agent: false }, resolve);
    ahead.on('error', reject);
    response.on('close', () => ahead.destroy());
    request.pipe(ahead);
  });
  if (!answer.headers['content-type']?.startsWith('application/json') || request.method === 'HEAD') {
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    return;
  }
  const body = await buffer(answer);
  const authorization = request.headers.authorization ?? '';
  if (!checkers.has(authorization)) checkers.set(authorization, new Checker(url, authorization));
  const text = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  // The check runs before the client gets the answer: the client may then change a collection.
  const found = await checkers.get(authorization).check(request.method, request.url, answer.statusCode, text);
  if (found) appendFileSync(process.env.LOAM_TEST_FRONT_LOG, JSON.stringify(found) + '\n');
  response.writeHead(answer.statusCode, answer.headers);
  response.end(body);
}
