// strftime of what is no date gives nothing, on both engines: a rule means one thing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './app.mjs';

const app = await start();

test('the year of what is no date is nothing, on both engines', async () => {
  await app.open('years', [{ name: 'n', type: 'number' }, { name: 'j', type: 'json' }, { name: 't', type: 'text' }]);
  await app.root.collection('years').create({ n: 2024, j: { a: 1 }, t: 'no date' });
  for (const argument of ['n', 'j', 't', 'j.a']) {
    for (const filter of [`strftime('%Y', ${argument}, '+1 month') > ''`, `strftime('%Y', ${argument}) > ''`]) {
      const { totalItems } = await app.guest().collection('years').getList(1, 1, { filter });
      assert.equal(totalItems, 0, filter);
    }
  }
});
