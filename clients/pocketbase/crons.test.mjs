// Jobs: listed, run now, for superusers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fails, start } from './app.mjs';

const app = await start();
const { crons } = app.root;
const id = '__pbDBOptimize__';

/** Waits until the job is as wanted. */
async function until(wanted) {
  for (;;) {
    const job = (await crons.getFullList()).find((j) => j.id === id);
    if (wanted(job)) return job;
  }
}

test('are listed with their next and last run', async () => {
  const list = await crons.getFullList();
  assert.deepEqual(list.map((j) => j.id), list.map((j) => j.id).sort());
  const job = list.find((j) => j.id === id);
  assert.deepEqual(Object.keys(job), ['id', 'expression', 'nextRun', 'lastRun', 'lastError', 'running']);
  const next = new Date(job.nextRun);
  assert.ok(next > new Date() && next - new Date() <= 24 * 3600_000, job.nextRun);
  assert.match(job.nextRun, / 00:00:00\.000Z$/);
  assert.deepEqual({ ...job, nextRun: '' }, { id, expression: '0 0 * * *', nextRun: '', lastRun: '', lastError: '', running: false });
  assert.deepEqual(await crons.getFullList({ fields: 'id' }), list.map((j) => ({ id: j.id })));
});

test('are run now', async () => {
  const before = new Date(Date.now() - 1000);
  assert.equal(await crons.run(id), true);
  const job = await until((j) => j.lastRun && !j.running);
  assert.ok(new Date(job.lastRun) > before, job.lastRun);
  assert.equal(job.lastError, '');
});

test('that do not exist are not found', async () => {
  for (const unknown of ['nothing', '__pbdboptimize__', 'a/b', 'a\u0000b', '%', "'"]) {
    await fails(crons.run(unknown), 404, {});
  }
  await fails(crons.run('nothing'), 404, {}, 'Missing or invalid cron job.');
});

test('are for superusers', async () => {
  const user = await app.account('users', 'user@example.com');
  await fails(app.guest().crons.getFullList(), 401, {});
  await fails(app.guest().crons.run(id), 401, {});
  await fails(user.crons.getFullList(), 403, {});
  await fails(user.crons.run(id), 403, {});
});
