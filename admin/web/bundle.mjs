// Makes the scripts of others that pages of the console load, with their licences, from the
// packages in package-lock.json: npm ci && npm run bundle. What it makes is committed, so
// building the binary needs no Node.
import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const from = (path) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
const to = (name) => fileURLToPath(new URL(`../asset/files/${name}`, import.meta.url));

await copyFile(from('htmx.org/dist/htmx.min.js'), to('htmx.js'));
await copyFile(from('htmx.org/LICENSE'), to('htmx.LICENSE.txt'));
