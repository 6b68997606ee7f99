// The layout of SQL: line breaks and indentation, by sql-formatter. A text is refused if its tokens
// would change.
import { formatDialect, postgresql, sqlite } from './sqlformatter.js';

const maxLength = 100_000; // characters, for which the formatter takes about a second
const comment = String.raw`--[^\n]*|/\*[^]*?(?:\*/|$)`;
const word = String.raw`0x[\da-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[-+]?\d+)?|[\w$\u0080-\uffff]+`;
/** A character of an operator of PostgreSQL that does not begin a comment. */
const sign = '(?:(?!--|/\\*)[-+*/<>=~!@#%^&|`?])';

/** By dialect: the dialect of the formatter, and a pattern of tokens as the engine reads them. */
const dialects = {
  sqlite: {
    dialect: sqlite,
    tokens: new RegExp([comment, String.raw`x?'(?:[^']|'')*'?`, '"(?:[^"]|"")*"?', '`(?:[^`]|``)*`?', String.raw`\[[^\]]*\]?`, String.raw`[?@:$#]+[\w$:\u0080-\uffff]*`, word, String.raw`->>?|\|\||<<|>>|<=|>=|<>|==|!=`, String.raw`\S`].join('|'), 'gi'),
  },
  postgresql: {
    dialect: postgresql,
    // Strings on successive lines are one literal. An operator of several characters ends with + or -
    // only if it has one of the characters ~!@#%^&|`?.
    tokens: new RegExp([comment, String.raw`\be'(?:[^'\\]|''|\\[^])*'?`, String.raw`(?:\b(?:u&|[a-z]))?'(?:[^']|'')*'?(?:[^\S\n]*\n\s*'(?:[^']|'')*')*`, '(?:\\bu&)?"(?:[^"]|"")*"?', String.raw`\$(?<tag>(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?(?:\$\k<tag>\$|$)`, word, `(?=[-+*/<>=]*[~!@#%^&|\`?])${sign}+`, `${sign}*(?!--|/\\*)[*/<>=]`, '::|:=|=>', String.raw`\S`].join('|'), 'gi'),
  },
};

/** The tokens of a text, with single spaces in comments. */
const tokensOf = (text, { tokens }) => [...text.matchAll(tokens)].map(([token]) => (/^(--|\/\*)/.test(token) ? token.replace(/\s+/g, ' ').trim() : token));

/**
 * Returns the SQL in another layout, with the same tokens. Throws an Error with a sentence for the
 * user if the text cannot be laid out. dialect is "sqlite" or "postgresql".
 */
export function layout(text, dialect) {
  const engine = dialects[dialect];
  if (text.length > maxLength) throw new Error(`More than ${maxLength.toLocaleString('en')} characters are not formatted. Select a statement, and format it alone.`);
  let result;
  try {
    result = formatDialect(text, { dialect: engine.dialect, tabWidth: 2, keywordCase: 'preserve' });
  } catch (error) {
    const near = error.message.match(/Unexpected (".*") at line \d+/)?.[1];
    throw new Error(near ? `Not formatted: the formatter cannot read ${near}.` : 'Not formatted: the formatter cannot read the text.');
  }
  const now = tokensOf(result, engine);
  const before = tokensOf(text, engine);
  if (now.length !== before.length || now.some((token, i) => token !== before[i])) throw new Error('Not formatted: the formatter would change more than the layout.');
  return result;
}
