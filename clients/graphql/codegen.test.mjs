// GraphQL Code Generator: types of the live endpoint, and a program that compiles with them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { start } from '../pocketbase/app.mjs';

const run = promisify(execFile);
const app = await start();
const users = await app.root.collections.getOne('users');
const tags = await app.open('tags', [{ name: 'name', type: 'text' }]);
const posts = await app.open('posts', [
  { name: 'title', type: 'text' }, { name: 'views', type: 'number', onlyInt: true, min: 0, max: 1000 }, { name: 'total', type: 'number', onlyInt: true },
  { name: 'draft', type: 'bool' }, { name: 'when', type: 'date' }, { name: 'created', type: 'autodate', onCreate: true },
  { name: 'status', type: 'select', values: ['new', 'in-work', '1st'] }, { name: 'meta', type: 'json' }, { name: 'place', type: 'geoPoint' },
  { name: 'cover', type: 'file' }, { name: 'author', type: 'relation', collectionId: users.id },
  { name: 'tags', type: 'relation', collectionId: tags.id, maxSelect: 9 },
]);
await app.open('comments', [{ name: 'text', type: 'text' }, { name: 'post', type: 'relation', collectionId: posts.id }]);

const folder = await mkdtemp(fileURLToPath(new URL('generated-', import.meta.url)));
after(() => rm(folder, { recursive: true, force: true }));
const packages = fileURLToPath(new URL('node_modules', import.meta.url));
await mkdir(join(folder, 'src'));
await symlink(packages, join(folder, 'node_modules'));
await writeFile(join(folder, 'package.json'), '{"type": "module"}');

/** Generates the types and returns all files by their names. */
async function generate() {
  await run(process.execPath, [join(packages, '@graphql-codegen/cli/cjs/bin.js'), '--config', 'codegen.json'], { cwd: folder });
  const names = (await readdir(join(folder, 'src/gql'))).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, 'src/gql', name), 'utf8')])));
}

const program = `
import { graphql } from './gql/index.js';
import type { ResultOf, VariablesOf } from './document.js';

export const page = graphql(\`
  query Page($after: String, $filter: PostFilter) {
    posts(first: 10, after: $after, filter: $filter, sort: [{ when: DESC }]) {
      totalItems
      edges { node { id title views total draft when created status meta place { lon lat } cover { url } author { id name } tags { name }
        comments_via_post(first: 5) { items { text } } } }
      pageInfo { hasNextPage endCursor }
    }
    me { __typename ... on User { id email } }
  }\`);
export const create = graphql(\`
  mutation Create($input: PostInput!) { createPost(input: $input) { id } }\`);
export const change = graphql(\`
  mutation Change($id: ID!, $input: PostUpdateInput!) { updatePost(id: $id, input: $input) { id views } }\`);
export const changed = graphql(\`
  subscription Changed { postChanged(actions: [CREATE]) { action record { title } } }\`);
export const live = graphql(\`
  subscription Live { postsLive { items { id } } }\`);

const input: VariablesOf<typeof create> = { input: { title: 'x', status: 'in_work', tags_add: undefined, comments_via_post_create: [{ text: 'c' }] } };
// @ts-expect-error a number is no title
const wrong: VariablesOf<typeof create> = { input: { title: 1 } };
export function titles(data: ResultOf<typeof page>): string[] {
  return data.posts.edges.map(({ node }) => node.title.toUpperCase() + (node.views ?? 0).toFixed() + (node.author?.name ?? ''));
}
// @ts-expect-error an author may be missing
export const names = (data: ResultOf<typeof page>): string[] => data.posts.edges.map(({ node }) => node.author.name);
export { input, wrong };
`;

const document = `
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
export type ResultOf<T> = T extends TypedDocumentNode<infer R, infer _> ? R : never;
export type VariablesOf<T> = T extends TypedDocumentNode<infer _, infer V> ? V : never;
`;

test('generated twice, it is the same, and a strict compiler takes it', { timeout: 180_000 }, async () => {
  await writeFile(join(folder, 'src/app.ts'), program.replace(' tags_add: undefined,', ''));
  await writeFile(join(folder, 'src/document.ts'), document);
  await writeFile(join(folder, 'codegen.json'), JSON.stringify({
    schema: `${app.url}/api/graphql`, documents: ['src/app.ts'],
    generates: { 'src/gql/': { preset: 'client', config: { useTypeImports: true, enumsAsTypes: true }, presetConfig: { fragmentMasking: false } } },
  }));
  const first = await generate();
  assert.match(first['graphql.ts'], /PostInput = \{/);
  await rm(join(folder, 'src/gql'), { recursive: true });
  assert.deepEqual(await generate(), first);
  await run(process.execPath, [join(packages, 'typescript/bin/tsc'), '--strict', '--noEmit', '--skipLibCheck', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', 'src/app.ts'], { cwd: folder })
    .catch(({ stdout }) => assert.fail(stdout));
});
