// Bundles the third-party scripts of the console, with their licences, from the packages in
// package-lock.json: npm ci && npm run bundle. The bundles are committed, so building the binary
// needs no Node.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const from = (path) => here(`node_modules/${path}`);
const to = (name) => here(`../asset/files/${name}`);

await copyFile(from('htmx.org/dist/htmx.min.js'), to('htmx.js'));
await copyFile(from('htmx.org/LICENSE'), to('htmx.LICENSE.txt'));
await build({ entryPoints: [from('uplot/dist/uPlot.esm.js')], outfile: to('uplot.js'), format: 'esm', minify: true, legalComments: 'none', target: 'es2022' });
await copyFile(from('uplot/dist/uPlot.min.css'), to('uplot.css'));
await copyFile(from('uplot/LICENSE'), to('uplot.LICENSE.txt'));

// GraphiQL: only the page of admin/graphiql loads it.
const folder = here('../graphiql/files');
await rm(folder, { recursive: true, force: true });
// GraphiQL and its worker import Prettier where they need it. prettify.js takes its place: a file
// of its own, loaded by the first press of the button.
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
