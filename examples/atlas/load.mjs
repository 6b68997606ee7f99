// Defines the collections of the atlas and loads all countries and cities, through
// the API that every app uses.
//
//   node load.mjs --url http://127.0.0.1:8090 --email root@example.com --password …
//
// Collections that exist are kept, records that exist are brought up to date: it
// can be run again, also after it was interrupted.
import { parseArgs } from 'node:util';
import PocketBase from 'pocketbase';
import * as collections from './collections.mjs';
import { bar } from './progress.mjs';
import { borderRecords, cityRecords, countryRecords } from './source.mjs';

const perBatch = 500;
const atOnce = 3; // one is decoded by the server while another is written

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: process.env.LOAM_URL ?? 'http://127.0.0.1:8090' },
    email: { type: 'string', default: process.env.LOAM_EMAIL },
    password: { type: 'string', default: process.env.LOAM_PASSWORD },
  },
});

try {
  await load();
} catch (err) {
  console.error(`atlas: ${explain(err)}`);
  process.exitCode = 1;
}

async function load() {
  if (!options.email || !options.password) throw new Error('--email and --password of a superuser are needed');
  const pb = new PocketBase(options.url).autoCancellation(false);
  await pb.collection('_superusers').authWithPassword(options.email, options.password);
  await define(pb);

  const cities = cityRecords();
  const { totalItems } = await pb.collection('cities').getList(1, 1);
  if (totalItems >= cities.length) {
    console.log(`The atlas is loaded already: ${totalItems} cities.`);
    return;
  }
  await withBatches(pb, async () => {
    await write(pb, 'PUT', 'countries', countryRecords(), 'Countries');
    await write(pb, 'PATCH', 'countries', borderRecords(), 'Borders');
    await write(pb, 'PUT', 'cities', cities, 'Cities');
  });
}

/** Calls fn while the settings allow batches as large as ours, and restores them. */
async function withBatches(pb, fn) {
  const { batch } = await pb.settings.getAll();
  await pb.settings.update({ batch: { ...batch, enabled: true, maxRequests: perBatch, timeout: 30 } });
  try {
    await fn();
  } finally {
    await pb.settings.update({ batch });
  }
}

async function define(pb) {
  const have = new Map((await pb.collections.getFullList()).map((c) => [c.name, c]));
  const countries = have.get('countries') ?? (await pb.collections.create(collections.countries));
  if (!countries.fields.some((field) => field.name === 'borders')) {
    await pb.collections.update('countries', { fields: [...countries.fields, collections.borders(countries.id)] });
  }
  if (!have.has('cities')) await pb.collections.create(collections.cities(countries.id));
}

/** Writes all records in batches, a few at a time, and says how fast that was. */
async function write(pb, method, collection, records, title) {
  const base = `/api/collections/${collection}/records`;
  const progress = bar(title, records.length);
  let next = 0;
  const work = async () => {
    while (next < records.length) {
      const part = records.slice(next, (next += perBatch));
      const requests = part.map(({ id, ...body }) =>
        method === 'PATCH' ? { method, url: `${base}/${id}`, body } : { method, url: base, body: { id, ...body } },
      );
      await pb.send('/api/batch', { method: 'POST', body: { requests } });
      progress.add(part.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  progress.end();
}

function explain(err) {
  if (err.status === 0) return `no server answers at ${options.url} (${err.originalError?.cause?.code ?? err.message})`;
  if (err.response) return `${err.message} ${JSON.stringify(err.response.data)}`;
  return err.message;
}
