// Judges schemas by graphql-js. "node schemas.mjs query" prints the question about all of a
// schema; "node schemas.mjs" reads lines of JSON, {name, sdl, introspection}, and prints
// what is wrong with each.
import { createInterface } from 'node:readline';
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';

export const introspection = getIntrospectionQuery({
  descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
});

/** What is wrong with the text of a schema and the answer to introspection; undefined for nothing. */
export function wrong(sdl, answer) {
  const written = buildSchema(sdl, { assumeValidSDL: false });
  const told = buildClientSchema(answer);
  for (const schema of [written, told]) {
    const [error] = validateSchema(schema);
    if (error) return error.message;
  }
  if (printSchema(written) !== sdl.trimEnd()) return difference(sdl, printSchema(written));
  const [a, b] = [written, told].map((schema) => printSchema(lexicographicSortSchema(schema)));
  return a === b ? undefined : difference(a, b);
}

function difference(a, b) {
  const [x, y] = [a, b].map((text) => text.split('\n'));
  const line = x.findIndex((text, i) => text !== y[i]);
  return `line ${line + 1}: ${JSON.stringify(x[line])} and ${JSON.stringify(y[line])}`;
}

async function main() {
  if (process.argv[2] === 'query') return console.log(introspection);
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, sdl, introspection: answer } = JSON.parse(line);
    let problem;
    try {
      problem = wrong(sdl, answer);
    } catch (e) {
      problem = e.message;
    }
    if (problem) console.log(`${name}: ${problem}`);
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();
