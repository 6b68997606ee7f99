// The server is killed while it stores files in a bucket and deletes files from it. After the next
// start every file name in a record has its file, and every other file is removed.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { onPostgres } from '../loam.mjs';
import { eventually, start } from './app.mjs';
import { hasBucket, startBucket } from './bucket.mjs';

const options = {
  skip: onPostgres ? 'with other servers, what one has left is removed an hour later' : hasBucket ? false : 'versitygw is not installed',
};
const rounds = Number(process.env.LOAM_KILLS ?? 2);
const parts = new Uint8Array(9 << 20); // so large that the server uploads it in parts

/** The relative paths of all files below a folder. A folder may be deleted while it is read. */
async function filesIn(folder, within = folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  const lists = entries.map((e) => (e.isDirectory() ? filesIn(join(folder, e.name), within) : [relative(within, join(folder, e.name))]));
  return (await Promise.all(lists)).flat();
}

test('killed while files are stored and removed', options, async () => {
  const bucket = await startBucket();
  const app = await start();
  await app.root.settings.update({ s3: bucket.settings });
  const papers = await app.open('papers', [{ name: 'one', type: 'file', maxSize: 20 << 20 }, { name: 'many', type: 'file', maxSelect: 9 }]);

  /** Sends files until fetch fails; told is called for each created record. */
  async function client(n, told) {
    const records = `${app.server.url}/api/collections/papers/records`;
    const send = async (method, path, files) => {
      const body = new FormData();
      for (const [field, content] of files) body.append(field, new Blob([content]), 'paper.txt');
      const response = await fetch(records + path, { method, ...(files.length > 0 && { body }) });
      assert.ok(response.ok, await response.clone().text());
      return response.status === 204 ? undefined : response.json();
    };
    for (;;) {
      const { id } = await send('POST', '', [['one', n === 0 ? parts : 'a paper'], ['many', 'b'], ['many', 'c']]);
      told();
      if (n % 3 === 1) await send('PATCH', `/${id}`, [['one', 'another']]);
      if (n % 3 === 2) await send('DELETE', `/${id}`, []);
    }
  }

  for (let round = 0; round < rounds; round++) {
    let left = 4 + 3 * (round % 5);
    let enough;
    const stored = new Promise((resolve) => (enough = resolve));
    const told = () => --left <= 0 && enough();
    const clients = Array.from({ length: 6 }, (_, n) => client(n, told).catch((error) => error));
    await stored;
    await app.server.kill();
    for (const error of await Promise.all(clients)) assert.ok(error instanceof TypeError, error); // fetch fails when the server is killed
    await app.server.start();
    const { stdout } = await app.server.sql("SELECT id || '|' || one || '|' || many FROM papers");
    const named = stdout.split('\n').filter(Boolean).flatMap((line) => {
      const [id, one, many] = line.split('|');
      return [one, ...JSON.parse(many)].map((name) => `${papers.id}/${id}/${name}`);
    });
    const there = await filesIn(bucket.folder);
    assert.deepEqual(named.filter((file) => !there.includes(file)), [], 'records name what is not there');
    await eventually(async () => {
      const others = (await filesIn(bucket.folder)).filter((file) => !named.includes(file));
      assert.deepEqual(others, [], 'files that no record names');
    });
  }
});
