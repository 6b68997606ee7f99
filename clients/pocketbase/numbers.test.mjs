// Integers beyond 2^53 stay exact inside json, and are refused in number fields: a digit
// that changes in silence is another order, account or message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused, start } from './app.mjs';

const app = await start();
await app.root.settings.update({ batch: { enabled: true } });
await app.open('rows', [{ name: 'j', type: 'json' }, { name: 'n', type: 'number' }, { name: 'i', type: 'number', onlyInt: true }, { name: 't', type: 'text' }]);
const records = '/api/collections/rows/records';
const big = ['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808', '18446744073709551615', '123456789012345678901234567890'];
const exact = (text, digits) => assert.ok(text.includes(digits) && new RegExp(`(?<![\\d.])${digits.replace('.', '\\.')}(?![\\d.eE])`).test(text), `${digits} is not in ${text.slice(0, 300)}`);

for (const digits of big) {
  for (const json of [...(digits.length < 20 ? [digits] : []), // alone, one of more than 64 bits is a float64
     `[${digits},1]`, `{"k":${digits}}`, `{"a":[{"b":${digits}}]}`]) {
    test(`${json} through every door`, async () => {
      const made = await app.raw('POST', records, `{"j":${json},"t":"x"}`);
      assert.equal(made.status, 200, made.text);
      exact(made.text, digits);
      const { id } = made.body;
      exact((await app.raw('GET', `${records}/${id}`)).text, digits);
      exact((await app.raw('GET', `${records}/${id}?fields=j`)).text, digits);
      exact((await app.raw('GET', `${records}?${new URLSearchParams({ filter: `id="${id}"` })}`)).text, digits);
      // A change of something else, a change by somebody who sends it back, an upsert and a batch.
      exact((await app.raw('PATCH', `${records}/${id}`, '{"t":"y"}')).text, digits);
      exact((await app.raw('PATCH', `${records}/${id}`, `{"j":${json}}`)).text, digits);
      const batch = await app.raw('POST', '/api/batch', `{"requests":[{"method":"POST","url":"${records}","body":{"j":${json}}},{"method":"PUT","url":"${records}","body":{"id":"${id}","j":${json}}}]}`);
      assert.equal(batch.status, 200, batch.text);
      for (const part of batch.text.split('"body"').slice(1)) exact(part, digits);
      const form = new FormData();
      form.set('j', json);
      exact(await (await fetch(app.url + records, { method: 'POST', body: form })).text(), digits);
      const payload = new FormData();
      payload.set('@jsonPayload', `{"j":${json}}`);
      exact(await (await fetch(app.url + records, { method: 'POST', body: payload })).text(), digits);
      const text = await app.raw('POST', records, JSON.stringify({ j: json })); // json as a text
      exact(text.text, digits);
    });
  }
}

test('views', async () => {
  await app.root.collections.create({ name: 'seen', type: 'view', listRule: '', viewQuery: 'SELECT id, j FROM rows' });
  const { body } = await app.raw('POST', records, '{"j":{"k":9007199254740993}}');
  const seen = await app.rawRoot('GET', `/api/collections/seen/records/${body.id}`);
  exact((await app.raw('GET', `/api/collections/seen/records?${new URLSearchParams({ filter: `id="${body.id}"` })}`)).text, '9007199254740993');
  exact(seen.text, '9007199254740993');
});

test('filters and sorts tell neighbours apart', async () => {
  await app.open('near', [{ name: 'j', type: 'json' }]);
  const digits = ['9007199254740992', '9007199254740993', '9007199254740994'];
  for (const d of [digits[1], digits[2], digits[0]]) await app.raw('POST', '/api/collections/near/records', `{"j":{"k":${d}}}`);
  const list = async (query) => (await app.raw('GET', `/api/collections/near/records?${new URLSearchParams({ fields: 'j', ...query })}`)).text.match(/\d{16}/g);
  assert.deepEqual(await list({ sort: 'j.k' }), digits);
  assert.deepEqual(await list({ sort: '-j.k' }), digits.toReversed());
  assert.deepEqual(await list({ filter: 'j.k = 9007199254740993' }), [digits[1]]);
  assert.deepEqual(await list({ filter: 'j.k > 9007199254740993' }), [digits[2]]);
  assert.deepEqual(await list({ filter: 'j.k <= 9007199254740992' }), [digits[0]]);
  const walked = [];
  for (let cursor = ''; ; ) {
    const { body, text } = await app.raw('GET', `/api/collections/near/records?${new URLSearchParams({ sort: 'j.k', perPage: 1, cursor })}`);
    if (body.status === 400) break; // or no cursor for json at all
    walked.push(...text.match(/\d{16}/g));
    cursor = body.cursor;
    if (!cursor) {
      assert.deepEqual(walked, digits);
      break;
    }
  }
});

test('in number fields they are refused', async () => {
  for (const n of ['9007199254740993', '-9007199254740993', '9223372036854775807', '123456789012345678901', '"9007199254740993"']) {
    for (const field of ['n', 'i']) {
      const answer = await app.raw('POST', records, `{"${field}":${n}}`);
      refused(answer, 400);
      assert.ok(answer.body.data[field]?.code, answer.text);
    }
  }
  for (const [n, want] of [['9007199254740991', 9007199254740991], ['-9007199254740991', -9007199254740991], ['9007199254740992', 9007199254740992], ['1e300', 1e300], ['0.1', 0.1], ['1e15', 1e15], ['12345678901234567.5', null]]) {
    const answer = await app.raw('POST', records, `{"n":${n}}`);
    if (want === null) continue; // a fraction is a float64 by nature
    assert.equal(answer.status, 200, `${n}: ${answer.text}`);
    assert.equal(answer.body.n, want);
  }
  const { body } = await app.raw('POST', records, '{"n":9007199254740991}');
  const over = await app.raw('PATCH', `${records}/${body.id}`, '{"n+":2}');
  refused(over, 400);
  assert.equal((await app.raw('GET', `${records}/${body.id}`)).body.n, 9007199254740991);
  assert.equal((await app.raw('PATCH', `${records}/${body.id}`, '{"n-":1}')).body.n, 9007199254740990);
});
