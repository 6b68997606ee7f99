// The collections of the atlas, as the API takes them. Everybody may read; only
// superusers write.
const readable = { type: 'base', listRule: '', viewRule: '' };

export const regions = ['Africa', 'Americas', 'Antarctic', 'Asia', 'Europe', 'Oceania'];
export const kinds = ['capital', 'seat of a region', 'seat of a district', 'part of a town', 'town', 'other'];

/** countries; their id is the ISO code of three letters. */
export const countries = {
  ...readable,
  name: 'countries',
  fields: [
    { name: 'id', type: 'text', primaryKey: true, required: true, min: 3, max: 3, pattern: '^[a-z]{3}$' },
    { name: 'name', type: 'text', required: true },
    { name: 'code', type: 'text', required: true, min: 2, max: 2, pattern: '^[A-Z]{2}$' },
    { name: 'capitals', type: 'json' },
    { name: 'region', type: 'select', values: regions, required: true },
    { name: 'subregion', type: 'text' },
    { name: 'location', type: 'geoPoint' },
    { name: 'area', type: 'number' },
    { name: 'independent', type: 'bool' },
    { name: 'landlocked', type: 'bool' },
    { name: 'flag', type: 'text' },
    { name: 'languages', type: 'json' },
    { name: 'currencies', type: 'json' },
    { name: 'translations', type: 'json' },
  ],
  indexes: ['CREATE UNIQUE INDEX idx_countries_code ON countries (code)'],
};

/** The neighbours of a country are countries: a relation to the collection itself. */
export const borders = (collectionId) => ({ name: 'borders', type: 'relation', collectionId, maxSelect: 20 });

export const cities = (countriesId) => ({
  ...readable,
  name: 'cities',
  fields: [
    { name: 'name', type: 'text', required: true, max: 200 },
    { name: 'country', type: 'relation', collectionId: countriesId, required: true, cascadeDelete: true },
    { name: 'kind', type: 'select', values: kinds, required: true },
    { name: 'population', type: 'number', onlyInt: true, min: 0 },
    { name: 'location', type: 'geoPoint' },
    { name: 'geonames', type: 'json' },
  ],
  indexes: [
    'CREATE INDEX idx_cities_country ON cities (country, population)',
    'CREATE INDEX idx_cities_population ON cities (population)',
    'CREATE INDEX idx_cities_name ON cities (name)',
  ],
});
