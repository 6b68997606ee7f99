// Makes the pictures of the documentation, docs/console/*.webp: npm run pictures. It starts a
// server and fills it with a small shop.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { open } from './stage.mjs';

const folder = fileURLToPath(new URL('../../docs/console/', import.meta.url));
const greatest = 100_000; // bytes of a picture

const stage = await open();
try {
  await stage.superuser();
  const shop = await fill();
  await mkdir(folder, { recursive: true });
  await picture('records', `/_/c/products?filter=${encodeURIComponent('price > 2')}&cols=price&cols=category&cols=supplier&cols=stock&r=${shop.product}`, {
    ready: (page) => page.locator('#f-name').waitFor(),
  });
  await picture('rules', '/_/c/reviews/rules', { ready: tryRules });
  await picture('api', `/_/c/products/api`, { scheme: 'dark', ready: tryList });
  await picture('diagram', '/_/diagram', { scheme: 'dark' });
} finally {
  await stage.close();
}

async function picture(name, path, { scheme = 'light', ready = async () => {} } = {}) {
  const page = await stage.signedIn({ width: 1440, height: 810, scheme });
  await page.goto(stage.url + path);
  await ready(page);
  await page.evaluate(() => document.activeElement.blur());
  const camera = await page.context().newCDPSession(page);
  const { data } = await camera.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  const image = Buffer.from(data, 'base64');
  if (image.length > greatest) throw new Error(`${name} has ${image.length} bytes`);
  await writeFile(`${folder}${name}.webp`, image);
  console.log(`docs/console/${name}.webp: ${image.length} bytes`);
  await stage.closeWindows();
}

/** Tries the rules as a customer to whom some of them deny access. */
async function tryRules(page) {
  const tester = page.getByRole('region', { name: 'Try the rules' });
  await tester.getByText('A user', { exact: true }).click();
  await tester.getByRole('combobox', { name: 'Collection of the user' }).selectOption('customers');
  await tester.getByRole('combobox', { name: 'User', exact: true }).fill('ingrid');
  await tester.getByRole('option', { name: /ingrid/i }).waitFor();
  await tester.getByRole('combobox', { name: 'User', exact: true }).press('Enter');
  const update = page.locator('[data-verdict-of=updateRule][data-state=no]');
  await update.waitFor();
  await update.getByRole('button').click();
}

/** Sends the request of the page as a guest, whom the list rule admits. */
async function tryList(page) {
  await page.getByRole('textbox', { name: 'perPage' }).fill('1');
  await page.locator('pre').getByText('getList(1, 1').waitFor(); // the code follows the parameters
  await page.getByRole('button', { name: /^Try it/ }).click();
  await page.getByRole('region', { name: 'Answer', exact: true }).waitFor();
}

/** Creates the collections and records of a seed shop: suppliers, products, customers, reviews. */
async function fill() {
  const collection = (definition) => stage.api('POST', '/api/collections', definition);
  const record = (of, body) => stage.api('POST', `/api/collections/${of}/records`, body);
  const relation = (name, to) => ({ name, type: 'relation', collectionId: to.id, maxSelect: 1 });
  const text = (name, more) => ({ name, type: 'text', ...more });
  const created = { name: 'created', type: 'autodate', onCreate: true };
  const suppliers = await collection({ name: 'suppliers', type: 'base', fields: [text('name', { required: true, presentable: true }), text('country')] });
  const customers = await collection({ name: 'customers', type: 'auth', fields: [text('name')] });
  const products = await collection({
    name: 'products',
    type: 'base',
    listRule: '',
    viewRule: '',
    fields: [
      text('name', { required: true, presentable: true, max: 120 }),
      { name: 'price', type: 'number', min: 0 },
      { name: 'category', type: 'select', maxSelect: 1, values: ['Vegetable', 'Herb', 'Flower'] },
      { name: 'stock', type: 'number', onlyInt: true },
      relation('supplier', suppliers),
      { name: 'organic', type: 'bool' },
      created,
    ],
  });
  await collection({
    name: 'reviews',
    type: 'base',
    listRule: '',
    viewRule: '',
    createRule: '@request.auth.id != "" && customer = @request.auth.id',
    updateRule: 'customer = @request.auth.id && created > @yesterday',
    fields: [relation('product', products), relation('customer', customers), { name: 'stars', type: 'number', min: 1, max: 5 }, text('words', { presentable: true }), created],
  });
  await collection({ name: 'orders', type: 'base', fields: [relation('customer', customers), { name: 'items', type: 'relation', collectionId: products.id, maxSelect: 20 }, { name: 'state', type: 'select', maxSelect: 1, values: ['open', 'sent', 'delivered'] }, created] });
  const password = 'a long password';
  const customer = async (name, email) => record('customers', { name, email, password, passwordConfirm: password, verified: true });
  const ingrid = await customer('Ingrid Solberg', 'ingrid@example.com');
  const tomas = await customer('Tomas Lind', 'tomas@example.com');
  const growers = [];
  for (const [name, country] of [['Halden Growers', 'NO'], ['Kullaberg Seeds', 'SE'], ['Arild & Sons', 'DK']]) growers.push(await record('suppliers', { name, country }));
  const names = ['Tomato Black Krim', 'Carrot Nantes', 'Basil Genovese', 'Beetroot Chioggia', 'Cosmos Purity', 'Dill Mammoth', 'Kale Nero', 'Lettuce Rouge', 'Marigold Naughty', 'Parsley Giant', 'Pea Telephone', 'Radish Saxa', 'Sorrel Blood', 'Squash Hokkaido', 'Thyme Summer', 'Zinnia Lilliput'];
  const herbs = /Basil|Dill|Parsley|Sorrel|Thyme/;
  const flowers = /Cosmos|Marigold|Zinnia/;
  let product;
  for (const [i, name] of names.entries()) {
    const category = herbs.test(name) ? 'Herb' : flowers.test(name) ? 'Flower' : 'Vegetable';
    product = await record('products', { name, price: 2 + ((i * 7) % 9) / 4, category, stock: (i * 37) % 240, supplier: growers[i % growers.length].id, organic: i % 3 === 0 });
  }
  await record('reviews', { product: product.id, customer: tomas.id, stars: 5, words: 'All of them came up.' });
  await record('orders', { customer: ingrid.id, items: [product.id], state: 'open' });
  return { product: product.id };
}
