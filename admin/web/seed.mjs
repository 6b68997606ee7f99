// A shop with a field of every type, whose values contain attacks on pages that show them.

/** Text that runs a script if it is taken for markup. */
export const attack = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"'><svg onload=window.hacked=1>`;

export const png = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNoaGjACjEMLQkADVJQAUF8hWEAAAAASUVORK5CYII='), (c) => c.charCodeAt(0));
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1"><script>window.hacked=1</script><rect width="9" height="9"/></svg>`;

/** Creates the collections and 60 products; returns the id of the product with the attacks. */
export async function seed(stage) {
  const api = (...args) => stage.api(...args);
  const suppliers = await api('POST', '/api/collections', {
    name: 'suppliers', type: 'base', fields: [{ name: 'name', type: 'text', required: true, presentable: true }, { name: 'country', type: 'text' }],
  });
  await api('POST', '/api/collections', {
    name: 'products',
    type: 'base',
    fields: [
      { name: 'name', type: 'text', required: true, presentable: true, max: 120 },
      { name: 'notes', type: 'text', max: 5000 },
      { name: 'description', type: 'editor' },
      { name: 'price', type: 'number', min: 0 },
      { name: 'active', type: 'bool' },
      { name: 'contact', type: 'email' },
      { name: 'source', type: 'url' },
      { name: 'sown', type: 'date' },
      { name: 'category', type: 'select', maxSelect: 1, values: ['Vegetable', 'Herb', 'Flower'] },
      { name: 'tags', type: 'select', maxSelect: 3, values: ['new', 'rare', 'old', attack] },
      { name: 'supplier', type: 'relation', collectionId: suppliers.id, maxSelect: 1 },
      { name: 'others', type: 'relation', collectionId: suppliers.id, maxSelect: 9 },
      { name: 'pictures', type: 'file', maxSelect: 5, protected: true },
      { name: 'attributes', type: 'json' },
      { name: 'origin', type: 'geoPoint' },
      { name: 'code', type: 'password' },
      { name: 'created', type: 'autodate', onCreate: true },
      { name: 'updated', type: 'autodate', onCreate: true, onUpdate: true },
    ],
  });
  const supplier = await api('POST', '/api/collections/suppliers/records', { name: 'Halden Growers', country: 'SE' });
  const evil = await api('POST', '/api/collections/suppliers/records', { name: attack });
  for (let i = 1; i <= 60; i++) {
    await api('POST', '/api/collections/products/records', { name: `Tomato ${i}`, price: i, category: 'Vegetable', active: i % 2 === 0, supplier: supplier.id, tags: ['rare'], sown: '2027-03-15 07:00:00.000Z' });
  }
  const body = new FormData();
  const values = {
    name: attack, notes: attack, description: `${attack}<p>Rich <b>text</b></p><a href="javascript:window.hacked=1">a</a>`, price: '3.4', active: 'true',
    contact: 'a@example.com', source: 'https://example.com/?q=<script>window.hacked=1</script>', sown: '2027-03-15 07:00:00.000Z', category: 'Herb', supplier: evil.id,
    attributes: JSON.stringify({ big: 1, html: attack }).replace('1', '12345678901234567890'), origin: JSON.stringify({ lon: 12.551, lat: 56.34 }), code: 'a-secret-code',
  };
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  body.append('tags', attack);
  body.append('tags', 'new');
  body.append('others', evil.id);
  body.append('others', supplier.id);
  body.append('pictures', new Blob([png], { type: 'image/png' }), 'leaf.png');
  body.append('pictures', new Blob([svg], { type: 'image/svg+xml' }), '"><img src=x onerror=window.hacked=1>.svg');
  const record = await api('POST', '/api/collections/products/records', body);
  return record.id;
}

/** Fills the server and returns the paths of all pages by name. */
export async function seedScreens(stage) {
  const evil = await seed(stage);
  await stage.api('POST', '/api/backups', { name: 'before.zip' });
  const [me] = (await stage.api('GET', '/api/collections/_superusers/records')).items;
  const long = 'Donaudampfschifffahrtsgesellschaftskapitaensmuetzen_im_Lager'; // no line may break within it
  await stage.api('POST', '/api/collections', { name: long, type: 'base', fields: [{ name: `${long}_1`, type: 'text', presentable: true }] });
  await stage.api('POST', `/api/collections/${long}/records`, { [`${long}_1`]: 'W'.repeat(300) });
  return {
    overview: '/_/',
    records: '/_/c/products',
    'records-beside': `/_/c/products?r=${evil}`,
    record: `/_/c/products/r/${evil}`,
    'record-new': '/_/c/products/new',
    history: `/_/c/products/r/${evil}/history`,
    import: '/_/c/products/import',
    superusers: '/_/c/_superusers',
    account: `/_/c/_superusers/r/${me.id}/sign-in`,
    fields: '/_/c/products/fields',
    rules: '/_/c/users/rules',
    'all-rules': '/_/rules?system',
    'new-collection': '/_/new-collection',
    settings: '/_/settings/application',
    mail: '/_/settings/mail',
    files: '/_/settings/files',
    'backup-settings': '/_/settings/backups',
    limits: '/_/settings/limits',
    'log-settings': '/_/settings/logs',
    api: '/_/settings/api',
    backups: '/_/backups',
    jobs: '/_/jobs',
    sql: '/_/sql',
    live: '/_/realtime',
    diagram: '/_/diagram?system',
    transfer: '/_/collections',
    realtime: '/_/settings/realtime',
    'sign-in-options': '/_/c/users/sign-in',
    reference: '/_/c/products/api',
    'reference-accounts': '/_/c/users/api/password',
    metrics: '/_/metrics',
    logs: '/_/logs',
    missing: '/_/c/nothing',
    'long-names': `/_/c/${long}`,
    'long-names-new': `/_/c/${long}/new`,
    'long-names-fields': `/_/c/${long}/fields`,
  };
}
