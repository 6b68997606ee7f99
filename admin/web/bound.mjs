// Reads the source of a script, and lists the keys with which the script compares keyboard events.

const modifiers = new Set(['Alt', 'Ctrl', 'Mod', 'Shift']);
const words = { '↑': 'ArrowUp', '↓': 'ArrowDown', '←': 'ArrowLeft', '→': 'ArrowRight', Esc: 'Escape', Space: ' ' };

/** The names of the keys in an entry of the sheet: "Alt ↑, Alt ↓" gives ArrowUp and ArrowDown. */
export const namesOf = (entry) =>
  (entry === 'G ,' ? ['G', ','] : entry.replaceAll('Page ', 'Page').split(/[ ,]+/))
    .filter((word) => !modifiers.has(word))
    .map((word) => named(words[word] ?? word));

/** The normal form of a key name: "a", "A" and the code "KeyA" give "A". */
const named = (key) => (/^Key[A-Z]$/.test(key) ? key.at(-1) : key).replace(/^[a-z]$/, (letter) => letter.toUpperCase());

const texts = (source) => [...source.matchAll(/'([^']+)'/g)].map((found) => found[1]);
const properties = (source) => [...source.matchAll(/(?:'([^']+)'|(\w+)):/g)].map((found) => found[1] ?? found[2]);

const key = String.raw`\bevent\.(?:key|code)\b(?:\.toLowerCase\(\))?`;
/** The expressions that compare keys, each with a function that reads the keys from a match. */
const forms = [
  [new RegExp(String.raw`${key} [!=]== ('[^']+')`, 'g'), (found) => texts(found[1])],
  [new RegExp(String.raw`\[([^[\]]*)\]\.includes\(${key}\)`, 'g'), (found) => texts(found[1])],
  [new RegExp(String.raw`\{([^{}]*)\}\[${key}\]`, 'g'), (found) => properties(found[1])],
  [new RegExp(String.raw`switch \(${key}\) \{([^}]*)\}`, 'g'), (found) => texts([...found[1].matchAll(/case '[^']+'/g)].join())],
  [new RegExp(String.raw`\b(\w+)\[${key}\]`, 'g'), (found, source) => properties(source.match(new RegExp(String.raw`const ${found[1]} = \{([^}]*)\}`))?.[1] ?? '')],
  [/\bevent\.key(?:\.trim\(\))?\.length\b/g, () => []], // tells text from named keys
  [/ \+= event\.key\b/g, () => []], // text that is typed
];

/**
 * Returns { keys, unknown }: the keys that the script compares, and the code that the forms do not
 * cover, which is lines that read a key in another way and keydown listeners defined elsewhere.
 */
export function boundKeys(source) {
  const keys = new Set();
  let rest = source;
  for (const [form, read] of forms) {
    rest = rest.replace(form, (...found) => {
      for (const name of read(found, source)) keys.add(named(name));
      return '';
    });
  }
  const unknown = [...rest.matchAll(/.*\b(?:event\.(?:key|code)\b|\.(?:keyCode|which)\b|\{[^{}]*\b(?:key|code)\b[^{}]*\} = event).*/g)].map((found) => found[0].trim());
  unknown.push(...[...source.matchAll(/'keydown',\s*(\S+)/g)].map((found) => found[1]).filter((listener) => !['(event)', 'keys);'].includes(listener)));
  return { keys: [...keys], unknown };
}
