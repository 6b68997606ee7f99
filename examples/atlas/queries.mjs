// Questions to the atlas, asked with the official SDK as any app would ask them.
//
//   node queries.mjs --url http://127.0.0.1:8090
//
// prints all answers; the functions can be imported (atlas.test.mjs does). With --email
// and --password it asks as a superuser, whose queries have no time limit.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import PocketBase from 'pocketbase';

/** The largest cities within so many kilometres of a point. */
export async function near(pb, { lon, lat }, km, count = 10) {
  const filter = pb.filter('geoDistance(location.lon, location.lat, {:lon}, {:lat}) < {:km}', { lon, lat, km });
  return pb.collection('cities').getList(1, count, { filter, sort: '-population,id' });
}

/** The largest cities of the world, with their countries. */
export async function largest(pb, count = 10) {
  return pb.collection('cities').getList(1, count, { sort: '-population,id', expand: 'country' });
}

/** Cities with a population from one number to another. */
export async function ofSize(pb, from, to) {
  const filter = pb.filter('population >= {:from} && population < {:to}', { from, to });
  return pb.collection('cities').getFullList({ filter, sort: 'population,id' });
}

/** The largest cities of a country by its code of two letters. */
export async function ofCountry(pb, code, count = 10) {
  return pb.collection('cities').getList(1, count, { filter: pb.filter('country.code = {:code}', { code }), sort: '-population,id' });
}

/** Cities of more than so many people in a region of the world: a filter through a relation. */
export async function inRegion(pb, region, population) {
  const filter = pb.filter('country.region = {:region} && population > {:population}', { region, population });
  return pb.collection('cities').getFullList({ filter, sort: '-population,id' });
}

/** Capitals in countries that border a country: through two relations. */
export async function neighbouringCapitals(pb, country) {
  const filter = pb.filter("kind = 'capital' && country.borders.id ?= {:country}", { country });
  return pb.collection('cities').getFullList({ filter, sort: 'name,id' });
}

/** A country with its neighbours. */
export async function withNeighbours(pb, id) {
  return pb.collection('countries').getOne(id, { expand: 'borders', fields: 'id,name,expand.borders.id,expand.borders.name' });
}

/** Countries with a city of more than so many people: a filter through a back relation. */
export async function withCityAbove(pb, population) {
  const filter = pb.filter('cities_via_country.population ?> {:population}', { population });
  return pb.collection('countries').getFullList({ filter, sort: 'name,id' });
}

/** Countries in which no city has so many people: what holds for all of a back relation. */
export async function withoutCityOf(pb, population) {
  const filter = pb.filter('cities_via_country.population < {:population}', { population });
  return pb.collection('countries').getFullList({ filter, sort: 'name,id' });
}

/** Countries that name a language as one of theirs: a path into JSON. */
export async function speaking(pb, code, language) {
  return pb.collection('countries').getFullList({ filter: pb.filter(`languages.${code} = {:language}`, { language }), sort: 'name,id' });
}

/** Countries that pay with a currency. */
export async function payingWith(pb, currency) {
  return pb.collection('countries').getFullList({ filter: `currencies.${currency} != null`, sort: 'name,id' });
}

/** Cities whose name has a word in it. */
export async function named(pb, part, count = 10) {
  return pb.collection('cities').getList(1, count, { filter: pb.filter('name ~ {:part}', { part }), sort: '-population,id' });
}

/** Landlocked independent countries of a region, the largest first. */
export async function landlocked(pb, region) {
  const filter = pb.filter('region = {:region} && landlocked = true && independent = true', { region });
  return pb.collection('countries').getFullList({ filter, sort: '-area,id' });
}

async function print(pb) {
  const city = (c) => `${c.name} (${c.population.toLocaleString('en')})`;
  const name = (c) => c.name;
  const line = async (title, answer, show) => {
    const start = performance.now();
    const result = await answer;
    const took = `${(performance.now() - start).toFixed(0)} ms`;
    const items = result.items ?? result;
    const total = result.totalItems ?? items.length;
    console.log(`\n${title}: ${total}, ${took}\n  ${items.slice(0, 10).map(show).join(', ')}${total > 10 ? ' …' : ''}`);
  };
  await line('Cities within 30 km of the Eiffel Tower', near(pb, { lon: 2.2945, lat: 48.8584 }, 30), city);
  await line('The largest cities', largest(pb), (c) => `${c.expand.country.flag} ${city(c)}`);
  await line('Cities of 999,000 to 1,001,000', ofSize(pb, 999_000, 1_001_000), city);
  await line('Cities of Japan', ofCountry(pb, 'JP'), city);
  await line('Cities above 1,000,000 in Oceania', inRegion(pb, 'Oceania', 1_000_000), city);
  await line('Capitals around Switzerland', neighbouringCapitals(pb, 'che'), name);
  await line('Neighbours of Laos', withNeighbours(pb, 'lao').then((c) => c.expand.borders), name);
  await line('Countries with a city above 10,000,000', withCityAbove(pb, 10_000_000), name);
  await line('Countries without a city of 5,000', withoutCityOf(pb, 5_000), name);
  await line('Countries that speak Portuguese', speaking(pb, 'por', 'Portuguese'), name);
  await line('Countries that pay in US dollars', payingWith(pb, 'USD'), name);
  await line('Cities with “saint” in their name', named(pb, 'saint'), city);
  await line('Landlocked countries of Africa', landlocked(pb, 'Africa'), name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: process.env.LOAM_URL ?? 'http://127.0.0.1:8090' },
      email: { type: 'string' },
      password: { type: 'string' },
    },
  });
  try {
    const pb = new PocketBase(values.url).autoCancellation(false);
    if (values.email) await pb.collection('_superusers').authWithPassword(values.email, values.password);
    await print(pb);
  } catch (err) {
    console.error(`atlas: ${err.status === 404 ? 'it is not loaded: run "make atlas" first' : err.message}`);
    process.exitCode = 1;
  }
}
