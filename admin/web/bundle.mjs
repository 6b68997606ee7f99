// Makes the scripts of others that pages of the console load, with their licences, from the
// packages in package-lock.json: npm ci && npm run bundle. What it makes is committed, so
// building the binary needs no Node.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const from = (path) => here(`node_modules/${path}`);
const to = (name) => here(`../asset/files/${name}`);

await copyFile(from('htmx.org/dist/htmx.min.js'), to('htmx.js'));
await copyFile(from('htmx.org/LICENSE'), to('htmx.LICENSE.txt'));

// GraphiQL is loaded by one page alone: admin/graphiql.
const folder = here('../graphiql/files');
await rm(folder, { recursive: true, force: true });
const options = {
  bundle: true, minify: true, metafile: true, legalComments: 'none', logLevel: 'warning', absWorkingDir: here('.'), outdir: folder, entryNames: '[name]',
  define: { 'process.env.NODE_ENV': '"production"' }, jsx: 'automatic', target: 'es2022',
  loader: { '.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
};
const page = await build({ ...options, format: 'esm', entryPoints: ['graphiql/page.jsx'] });
const workers = await build({
  ...options, format: 'iife', entryPoints: [
    'node_modules/monaco-editor/esm/vs/editor/editor.worker.js',
    'node_modules/monaco-editor/esm/vs/language/json/json.worker.js',
    'node_modules/monaco-graphql/esm/graphql.worker.js',
  ],
});
await writeFile(`${folder}/LICENSES.txt`, await licences([page, workers]));

/** The licences of all packages that have gone into the bundles. */
async function licences(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.map((path) => path.match(/.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  let text = '';
  for (const path of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(here(`${path}/package.json`), 'utf8'));
    const file = (await readdir(here(path))).find((entry) => /^licen[cs]e/i.test(entry));
    text += `${name} ${version} (${license})\n\n${file ? (await readFile(here(`${path}/${file}`), 'utf8')).trim() : ''}\n\n\n`;
  }
  return text;
}
