// Bundles the third-party scripts of the console, with their licences, from the packages in
// package-lock.json: npm ci && npm run bundle. The bundles are committed, so building the binary
// needs no Node.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';
import * as icons from 'simple-icons';
import { mesh, merge } from 'topojson-client';
import { presimplify, simplify } from 'topojson-simplify';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const from = (path) => here(`node_modules/${path}`);
const to = (name) => here(`../internal/asset/files/${name}`);

await copyFile(from('htmx.org/dist/htmx.min.js'), to('htmx.js'));
await copyFile(from('htmx.org/LICENSE'), to('htmx.LICENSE.txt'));
await build({ entryPoints: [from('uplot/dist/uPlot.esm.js')], outfile: to('uplot.js'), format: 'esm', minify: true, legalComments: 'none', target: 'es2022' });
await copyFile(from('uplot/dist/uPlot.min.css'), to('uplot.css'));
await copyFile(from('uplot/LICENSE'), to('uplot.LICENSE.txt'));
const formatter = await build({
  entryPoints: ['sqlformatter.mjs'], outfile: to('sqlformatter.js'), absWorkingDir: here('.'), bundle: true, metafile: true, format: 'esm', minify: true, legalComments: 'none',
  target: 'es2022',
});
await writeFile(to('sqlformatter.LICENSE.txt'), await licences([formatter]));

// The map of points: outlines and borders of Natural Earth, which is in the public domain.
await writeFile(to('world.svg'), world(JSON.parse(await readFile(from('world-atlas/countries-50m.json'), 'utf8'))));
await copyFile(from('world-atlas/LICENSE'), to('world.LICENSE.txt'));

// The logos of OAuth2 providers. Simple Icons has no logos of Microsoft, Yandex, monday.com, Lark,
// mailcow and Planning Center.
const brands = {
  apple: 'Apple', google: 'Google', facebook: 'Facebook', instagram2: 'Instagram', github: 'Github', gitlab: 'Gitlab', bitbucket: 'Bitbucket', gitee: 'Gitee',
  gitea: 'Gitea', discord: 'Discord', twitter: 'X', kakao: 'Kakaotalk', vk: 'Vk', linear: 'Linear', notion: 'Notion', box: 'Box', spotify: 'Spotify', trakt: 'Trakt',
  twitch: 'Twitch', patreon: 'Patreon', strava: 'Strava', wakatime: 'Wakatime', livechat: 'Livechat', oidc: 'Openid', oidc2: 'Openid', oidc3: 'Openid',
};
const logos = Object.entries(brands).map(([name, brand]) => [name, { path: icons[`si${brand}`].path, colour: `#${icons[`si${brand}`].hex}` }]);
await writeFile(here('../../auth/provider/logos.json'), `${JSON.stringify(Object.fromEntries(logos), null, 1)}\n`);
await copyFile(from('simple-icons/LICENSE.md'), here('../../auth/provider/logos.LICENSE.txt'));

// GraphiQL: only the page of admin/internal/graphiql loads it.
const folder = here('../internal/graphiql/files');
await rm(folder, { recursive: true, force: true });
// GraphiQL and its worker import Prettier. The bundle imports prettify.js instead, a separate file
// that the first press of the button loads.
const prettify = {
  name: 'prettify',
  setup({ onResolve }) {
    onResolve({ filter: /^prettier\// }, ({ kind }) => (kind === 'dynamic-import' ? { path: './prettify.js', external: true } : null));
  },
};
const options = {
  bundle: true, minify: true, metafile: true, legalComments: 'none', logLevel: 'warning', absWorkingDir: here('.'), outdir: folder, entryNames: '[name]',
  assetNames: '[name]', define: { 'process.env.NODE_ENV': '"production"' }, jsx: 'automatic', target: 'es2022', loader: { '.ttf': 'file' }, plugins: [prettify],
};
const page = await build({ ...options, format: 'esm', entryPoints: ['graphiql/page.jsx', 'graphiql/prettify.js'] });
const workers = await build({
  ...options, format: 'iife', entryPoints: [
    'node_modules/monaco-editor/esm/vs/editor/editor.worker.js',
    'node_modules/monaco-editor/esm/vs/language/json/json.worker.js',
    'node_modules/monaco-graphql/esm/graphql.worker.js',
  ],
});
await writeFile(`${folder}/LICENSES.txt`, await licences([page, workers]));
for (const name of await readdir(folder)) await compress(`${folder}/${name}`);

/** Replaces a file by its compressed form. */
async function compress(path) {
  const packed = await promisify(gzip)(await readFile(path), { level: 9 });
  packed[9] = 255; // the operating system of gzip's header: unknown, so that every system makes the same bytes
  await writeFile(`${path}.gz`, packed);
  await rm(path);
}

/** The licences of all packages in the bundles, with the notices of the code that they include. */
async function licences(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.map((path) => path.match(/.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  let text = '';
  for (const path of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(here(`${path}/package.json`), 'utf8'));
    const files = (await readdir(here(path))).filter((entry) => /^(licen[cs]e|third-?party)/i.test(entry)).sort();
    const texts = await Promise.all(files.map((entry) => readFile(here(`${path}/${entry}`), 'utf8')));
    text += `${name} ${version} (${license})\n\n${texts.map((t) => t.trim()).join('\n\n')}\n\n\n`;
  }
  return text;
}

/** Two SVG paths in twentieths of a degree, without outlines that are too small for the map. */
function world(atlas) {
  const smallest = 0.02; // square degrees
  const map = simplify(presimplify(atlas), smallest);
  const { countries } = map.objects;
  const rings = merge(map, countries.geometries).coordinates.flat().flatMap(unrolled);
  const land = lines(rings.filter((ring) => area(ring) > 4 * smallest));
  const borders = lines(mesh(map, countries, (a, b) => a !== b).coordinates.flatMap(unrolled));
  const path = (id, d) => `<path id="${id}" vector-effect="non-scaling-stroke" d="${d}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg">${path('land', land)}${path('borders', borders)}</svg>\n`;
}

/** The area of a ring in square degrees. */
function area(ring) {
  return Math.abs(ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - ring[(i + 1) % ring.length][0] * y, 0)) / 2;
}

/** Lines of longitudes and latitudes as path data: an absolute start and relative steps. */
function lines(list) {
  const units = list.map((line) => line.map(([lon, lat]) => [Math.round(20 * lon), Math.round(-20 * lat)]).filter(([x, y], i, all) => i === 0 || x !== all[i - 1][0] || y !== all[i - 1][1]));
  return units.filter((line) => line.length > 2).map(([first, ...rest]) => {
    let [x, y] = first;
    const steps = rest.map(([toX, toY]) => {
      const step = `${toX - x} ${toY - y}`;
      [x, y] = [toX, toY];
      return step;
    });
    return `M${first.join(' ')}l${steps.join(' ').replaceAll(' -', '-')}`;
  }).join('');
}

/** A line that continues beyond 180 degrees instead of jumping, and a copy from the other side. */
function unrolled(line) {
  let turn = 0;
  const whole = line.map(([lon, lat], i) => {
    const step = i === 0 ? 0 : lon - line[i - 1][0];
    if (Math.abs(step) > 180) turn -= 360 * Math.sign(step);
    return [lon + turn, lat];
  });
  if (turn !== 0) whole.push([whole.at(-1)[0], -90], [whole[0][0], -90]); // around the South Pole
  const beyond = whole.find(([lon]) => Math.abs(lon) > 180);
  return beyond ? [whole, whole.map(([lon, lat]) => [lon - 360 * Math.sign(beyond[0]), lat])] : [whole];
}
