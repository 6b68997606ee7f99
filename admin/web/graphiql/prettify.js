// What the button Prettify does. GraphiQL calls it as Prettier; of Prettier it is the part for
// GraphQL, which keeps comments. Variables are JSON, which the editor's own parser formats.
import { applyEdits, format as formatJSON } from 'jsonc-parser';
import * as graphql from 'prettier/plugins/graphql';
import * as prettier from 'prettier/standalone';

export async function format(text, options) {
  if (options.parser === 'graphql') return prettier.format(text, { ...options, plugins: [graphql] });
  return applyEdits(text, formatJSON(text, undefined, { insertSpaces: true, tabSize: 2 }));
}
