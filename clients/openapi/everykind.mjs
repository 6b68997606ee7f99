// Collections with a field of every kind, and names that documents and types must stand.
import { writeFile } from 'node:fs/promises';

const everybody = { listRule: '', viewRule: '', createRule: '', updateRule: '', deleteRule: '' };

/** Makes them as the superuser of a client of the SDK. */
export async function makeCollections(root) {
  const authors = await root.collections.create({
    name: 'authors', type: 'auth', ...everybody, manageRule: 'id = @request.auth.id',
    fields: [{ name: 'name', type: 'text', required: true, max: 100 }, { name: 'secret', type: 'text', hidden: true }],
  });
  const tags = await root.collections.create({ name: 'tags', type: 'base', ...everybody, fields: [{ name: 'label', type: 'text' }] });
  await root.collections.create({
    name: 'every_kinds', type: 'base', ...everybody,
    fields: [
      { name: 'text', type: 'text', required: true, min: 2, max: 50, help: 'A title, "quoted" */ and closed.' },
      { name: 'editor', type: 'editor' },
      { name: 'number', type: 'number' },
      { name: 'count', type: 'number', onlyInt: true },
      { name: 'bool', type: 'bool' },
      { name: 'email', type: 'email' },
      { name: 'url', type: 'url' },
      { name: 'date', type: 'date' },
      { name: 'created', type: 'autodate', onCreate: true },
      { name: 'status', type: 'select', values: ['draft', 'published', "it's", 'two words', '1st'] },
      { name: 'sizes', type: 'select', values: ['s', 'm', 'l'], maxSelect: 3 },
      { name: 'json', type: 'json' },
      { name: 'file', type: 'file' },
      { name: 'files', type: 'file', maxSelect: 3 },
      { name: 'author', type: 'relation', collectionId: authors.id },
      { name: 'tags', type: 'relation', collectionId: tags.id, maxSelect: 5 },
      { name: 'point', type: 'geoPoint' },
      { name: 'pin', type: 'password' },
      { name: 'hidden', type: 'text', hidden: true },
      { name: 'class', type: 'text' },
      { name: '_under', type: 'text' },
    ],
  });
  await root.collections.create({
    name: 'by_author', type: 'view', listRule: '', viewRule: '',
    viewQuery: 'SELECT authors.id, authors.name, COUNT(every_kinds.id) AS total FROM authors LEFT JOIN every_kinds ON every_kinds.author = authors.id GROUP BY authors.id',
  });
  await root.collections.create({ name: 'drafts', type: 'base', fields: [{ name: 'text', type: 'text' }] });
}

/** Fetches a text as a caller, undefined for a guest. */
export async function fetched(url, token, accept) {
  const response = await fetch(url, { headers: { ...(token && { Authorization: token }), ...(accept && { Accept: accept }) } });
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.text();
}

/** Writes the document that a caller sees to a file and returns it. */
export async function saved(file, url, token) {
  const text = await fetched(`${url}/api/openapi.json`, token);
  await writeFile(file, text);
  return JSON.parse(text);
}
