// JSON inputs (data-json): the text is checked while it is typed, and a syntax error is shown with
// its line and column. Formatting changes white space only: a number keeps all its digits.
import { mark } from './editor.js';

const blank = /[ \t\n\r]*/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The first syntax error of the text: { at: index, words: the expected token }. */
function mistake(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    at += found?.length ?? 0;
    return found !== undefined;
  };
  const is = (sign) => take(blank) && text[at] === sign && ++at > 0;
  const fail = (words) => {
    throw { at, words };
  };
  const list = (end, entry) => {
    if (is(end)) return;
    do entry();
    while (is(','));
    if (!is(end)) fail(`a comma or ${end}`);
  };
  const member = () => {
    take(blank);
    if (!take(string)) fail('a name in double quotes');
    if (!is(':')) fail('a colon');
    value();
  };
  const value = () => {
    if (is('{')) list('}', member);
    else if (is('[')) list(']', value);
    else if (!take(string) && !take(scalar)) fail('a value');
  };
  try {
    value();
    take(blank);
    if (at < text.length) fail('the end of the text');
  } catch (failure) {
    if (typeof failure.at === 'number') return failure;
    return { at: 0, words: 'fewer lists in each other' }; // the nesting is too deep for the stack
  }
  return null;
}

function problem(text) {
  try {
    JSON.parse(text);
    return null;
  } catch {
    return mistake(text);
  }
}

/** The same tokens, indented, with each entry on its own line. */
function format(text) {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  let laid = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, i) => {
    const isEmpty = /[{[]/.test(tokens[i - 1]) && tokens[i - 1].length === 1;
    if (token === '}' || token === ']') {
      depth--;
      laid += isEmpty ? token : line() + token;
    } else if (token === ',') laid += token;
    else if (token === ':') laid += ': ';
    else {
      if (isEmpty || tokens[i - 1] === ',') laid += line();
      laid += token;
      if (token === '{' || token === '[') depth++;
    }
  });
  return laid;
}

const editorOf = (node) => node?.closest?.('[data-json]');
const textOf = (editor) => editor.querySelector('textarea');

/** Shows whether the text is JSON, in the hint of the field and below it. */
function check(editor) {
  const field = editor.closest('.field');
  const text = textOf(editor).value;
  const wrong = text.trim() === '' ? null : problem(text);
  const hint = field.querySelector('.hint');
  hint.dataset.words ??= hint.textContent;
  hint.textContent = `${hint.dataset.words}${text.trim() === '' ? '' : wrong ? ' · not valid' : ' · valid'}`;
  const lines = text.slice(0, wrong?.at ?? 0).split('\n');
  field.querySelector('[data-json-problem]').textContent = wrong ? `Line ${lines.length}, column ${lines.at(-1).length + 1}: ${wrong.words} is expected.` : '';
  field.querySelector('[data-json-format]').disabled = wrong !== null || text.trim() === '';
  if (wrong) mark(editor, [{ from: wrong.at, to: Math.min(text.length, wrong.at + 1), kind: 'bad' }]);
}

/** Formats the text, in a way that the browser's undo can revert. */
function layOut(editor) {
  const input = textOf(editor);
  if (problem(input.value)) return;
  const laid = format(input.value);
  if (laid === input.value) return;
  input.focus();
  input.select();
  if (document.execCommand('insertText', false, laid)) return;
  input.value = laid;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

export function begin(editor) {
  check(editor);
}

document.addEventListener('input', (event) => editorOf(event.target) && check(editorOf(event.target)));
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-json-format]')) layOut(event.target.closest('.field').querySelector('[data-json]'));
});
document.addEventListener('keydown', (event) => {
  if (!editorOf(event.target) || event.code !== 'KeyF' || !event.altKey || !event.shiftKey) return;
  event.preventDefault();
  layOut(editorOf(event.target));
});
