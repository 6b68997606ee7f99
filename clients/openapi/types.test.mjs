// Tests of the generated types: the TypeScript compiler checks programs that use the types, and
// parsers read the sources in Dart and Swift.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import dartStyle from 'dart-style';
import { Language, Parser } from 'web-tree-sitter';
import { start } from '../pocketbase/app.mjs';
import { fetched, makeCollections } from './everykind.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const app = await start();
await makeCollections(app.root);
const folder = await mkdtemp(join(here, '.types-')); // here it finds the packages
after(() => rm(folder, { recursive: true }));
const types = await fetched(`${app.url}/api/types.ts`);

test('the command prints the same, for each audience', async () => {
  const ofRoot = await fetched(`${app.url}/api/types.ts`, app.root.authStore.token);
  assert.equal((await app.server.command('generate', 'types', '--lang', 'ts')).stdout, types);
  assert.equal((await app.server.command('generate', 'types', '--superuser')).stdout, ofRoot);
  assert.ok(ofRoot.includes('interface Draft ') && !types.includes('interface Draft '));
  await assert.rejects(app.server.command('generate', 'types', '--lang', 'cobol'), { code: 2, stderr: /"cobol" is not one of/ });
});

test('wrong names do not compile, and right ones work', async () => {
  await writeFile(join(folder, 'types.ts'), types);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await copyFile(join(here, 'usage.ts'), join(folder, 'usage.ts'));
  const options = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--verbatimModuleSyntax', '--skipLibCheck'];
  const target = ['--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom'];
  const compiled = await run(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), ...options, ...target, 'usage.ts'], { cwd: folder }).catch((err) => err);
  assert.equal(compiled.stdout, '');
  const { use } = await import(pathToFileURL(join(folder, 'usage.js')));
  const record = await use(app.url);
  assert.equal(record.count, 5);
  assert.deepEqual([record.sizes, record.status, record.json, record.point], [['l'], "it's", { a: [1, null] }, { lon: 1, lat: 2 }]);
});

// dart-style is the formatter of the Dart team, and contains the team's parser.
test('Dart reads its source', async () => {
  const { stdout: source } = await app.server.command('generate', 'types', '--lang', 'dart');
  assert.equal(dartStyle.formatCode(source).error, undefined);
  assert.match(dartStyle.formatCode(source.replace('class EveryKind {', 'class {')).error, /could not be parsed/);
});

// The tests have no Swift compiler: the Swift grammar of tree-sitter checks the syntax only.
test("the grammar of Swift reads Swift's source", async () => {
  await Parser.init();
  const parser = new Parser().setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-wasms/out/tree-sitter-swift.wasm')));
  const { stdout: source } = await app.server.command('generate', 'types', '--lang', 'swift');
  assert.equal(parser.parse(source).rootNode.hasError, false);
  assert.equal(parser.parse(source.replace('public struct EveryKind: ', 'public struct : ')).rootNode.hasError, true);
});
