// Editors of expressions, JSON and SQL: a textarea, or an input of one line, over the same text
// with syntax highlighting, a list of completions, and marks set by other modules. Typing works
// without this script.
import { past, remember } from './filters.js';
import { icon } from './icon.js';
import { request } from './session.js';

const token = {
  rule: /(?<comment>\/\/.*)|(?<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(?<macro>@[\w.:]*)|(?<number>\b\d+(?:\.\d+)?\b)|(?<bool>\b(?:true|false|null)\b)|(?<variableName>[A-Za-z_][\w.:]*)|(?<operator>&&|\|\||\??(?:!=|!~|>=|<=|[=~<>]))/g,
  json: /(?<propertyName>"(?:\\.|[^"\\])*"(?=\s*:))|(?<string>"(?:\\.|[^"\\])*"?)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<bool>\b(?:true|false|null)\b)|(?<punctuation>[{}[\],:])/g,
  sql: /(?<comment>--.*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:''|[^'])*'?)|(?<variableName>"(?:""|[^"])*"?)|(?<number>\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:select|from|where|and|or|not|in|is|null|as|on|join|left|right|inner|outer|cross|group|by|order|having|limit|offset|insert|into|values|update|set|delete|create|table|index|unique|view|drop|alter|add|column|union|all|distinct|case|when|then|else|end|with|recursive|exists|between|like|asc|desc|explain|query|plan|returning|begin|commit|rollback|primary|key|default|references|cast|count|sum|avg|min|max|if|using|pragma|truncate)\b)|(?<operator>[=<>!+*/%|-]+)/gi,
};

const marksOf = new WeakMap(); // the marks, by editor
const longest = 300; // maximum length of the text before the word in a request
const gap = 6; // pixels between the word and the list
let list = null; // the completions: { editor, items, at, from }; at is -1 if none is marked
let wanted = 0; // the number of the request whose first completion is taken
let asked = 0;

const editorOf = (node) => node?.closest?.('[data-editor]');
const inputOf = (editor) => editor.querySelector('textarea, input');
const preOf = (editor) => editor.querySelector('pre');
const isFilter = (editor) => 'filter' in editor.dataset;

/** Renders the text with syntax highlighting and marks. */
function paint(editor) {
  const input = inputOf(editor);
  const pre = preOf(editor);
  const text = input.value;
  const marks = (marksOf.get(editor) ?? []).filter((m) => m.to <= text.length);
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(token[editor.dataset.editor])) {
    if (match.index > end) pieces.push([end, match.index, '']);
    const kind = Object.entries(match.groups).find(([, value]) => value !== undefined)[0];
    pieces.push([match.index, match.index + match[0].length, `tok-${kind}`]);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push([end, text.length, '']);
  const edges = [...new Set(marks.flatMap((m) => [m.from, m.to]))].sort((a, b) => a - b);
  const cut = pieces.flatMap(([from, to, look]) => {
    const inside = edges.filter((edge) => edge > from && edge < to);
    return [from, ...inside].map((start, i) => [start, [...inside, to][i], look]);
  });
  const nodes = cut.map(([from, to, look]) => {
    const span = document.createElement('span');
    const over = marks.find((m) => m.from <= from && m.to >= to);
    const marked = { ok: 'hit-ok', no: 'hit-no', bad: 'tok-invalid' }[over?.kind] ?? '';
    span.className = `${look} ${marked}`.trim();
    span.textContent = text.slice(from, to);
    return span;
  });
  pre.replaceChildren(...nodes, '\n'); // gives an empty last line its height
  pre.scrollLeft = input.scrollLeft;
  const lines = editor.querySelector('.lines');
  if (lines) lines.textContent = Array.from({ length: text.split('\n').length }, (_, i) => i + 1).join('\n');
  editor.classList.toggle('is-bad', marks.some((m) => m.kind === 'bad'));
}

/** Shows marks in an editor: [{from, to, kind: ok, no or bad}]. The next input removes them. */
export function mark(editor, marks) {
  if (!editor || !preOf(editor)) return;
  marksOf.set(editor, marks);
  paint(editor);
}

function begin(editor) {
  if (preOf(editor)) return;
  const pre = document.createElement('pre');
  pre.ariaHidden = 'true';
  editor.prepend(pre);
  if ('lines' in editor.dataset) {
    const lines = document.createElement('div');
    lines.className = 'lines';
    lines.ariaHidden = 'true';
    editor.prepend(lines);
  }
  editor.classList.add('is-live');
  remember(editor);
  paint(editor);
}

/** The path or the open text that ends at the caret, where it begins, and the text before it.
 * There is none behind a closed text, or in a comment. */
function typed(input, kind) {
  const text = input.value.slice(0, input.selectionStart);
  let word = text.match(/[@\w][\w.:]*$|@$/)?.[0] ?? '';
  for (const match of text.matchAll(token[kind])) {
    const { comment, string } = match.groups;
    if (match.index + match[0].length < text.length || (!comment && !string)) continue;
    if (comment || /^(['"])(?:\\.|(?!\1)[^\\])*\1$/.test(string)) return null;
    word = string;
  }
  const from = text.length - word.length;
  return { word, from, before: text.slice(Math.max(0, from - longest), from) };
}

function close() {
  if (!list) return;
  list.box.remove();
  list.input.removeAttribute('aria-activedescendant');
  list.input.removeAttribute('aria-controls');
  if (list.input.role === 'combobox') list.input.ariaExpanded = 'false';
  list = null;
}

/** Requests completions for the word at the caret and, in a filter, between words too. */
async function complete(editor, isAsked = false) {
  const input = inputOf(editor);
  const at = typed(input, editor.dataset.editor);
  const mine = ++asked;
  if (!editor.dataset.names || !at || !(at.word || isAsked || isFilter(editor))) return close();
  list?.box.setAttribute('aria-busy', 'true'); // its completions are those of an earlier word
  const answer = await request(`${editor.dataset.names}?${new URLSearchParams({ q: at.word, before: at.before, ...(isFilter(editor) && { filter: '1' }) })}`, { isBackground: true }).catch(() => null);
  if (mine !== asked) return;
  if (!answer?.ok) return close();
  const names = await answer.json();
  if (mine !== asked || document.activeElement !== input) return;
  const items = [...(input.selectionStart === input.value.length ? past(editor, input.value) : []), ...names];
  close();
  if (items.length === 0 || (items.length === 1 && items[0].text === at.word)) return;
  show(editor, input, items, at);
  // Until an arrow marks an option, Enter sends the form of an input, and ends a line between words.
  choose(isAsked || (at.word && input.matches('textarea')) ? 0 : -1);
  if (wanted === mine) takeFirst();
}

function show(editor, input, items, { word, from }) {
  const box = document.createElement('ul');
  box.className = 'menu completions';
  box.id = 'completions';
  box.setAttribute('role', 'listbox');
  box.ariaLabel = 'Names';
  items.forEach((item, i) => {
    const option = document.createElement('li');
    option.setAttribute('role', 'option');
    option.id = `completion-${i}`;
    const name = document.createElement('span');
    name.className = 'mono';
    name.textContent = item.whole || /^['"]/.test(item.text) ? item.text : item.text.slice(Math.max(word.lastIndexOf('.'), word.lastIndexOf(':')) + 1);
    const hint = document.createElement('span');
    hint.className = 'muted small';
    hint.textContent = item.hint;
    option.append(...(item.icon ? [icon(item.icon, 'i-s')] : []), name, hint);
    box.append(option);
  });
  document.body.append(box);
  list = { editor, input, items, box, from, word, at: -1 };
  input.setAttribute('aria-controls', box.id);
  if (input.role === 'combobox') input.ariaExpanded = 'true';
  place();
}

/** Places the list below the completed word. */
function place() {
  const range = document.createRange();
  const pre = preOf(list.editor);
  let left = list.from;
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (left > walker.currentNode.length) left -= walker.currentNode.length;
    else {
      range.setStart(walker.currentNode, Math.min(left, walker.currentNode.length));
      break;
    }
  }
  const word = range.getBoundingClientRect();
  const spot = word.height > 0 ? word : pre.getBoundingClientRect(); // the range of an empty line has no size
  const { offsetWidth, offsetHeight } = list.box;
  const below = spot.bottom + offsetHeight + gap < innerHeight;
  const node = list.box;
  node.style.setProperty('left', `${Math.max(4, Math.min(spot.left, innerWidth - offsetWidth - 4))}px`);
  node.style.setProperty('top', `${below ? spot.bottom + gap : Math.max(4, spot.top - offsetHeight - gap)}px`);
}

/** Marks an option; -1 removes the mark. */
function choose(at) {
  const options = [...list.box.children];
  list.at = at;
  options.forEach((option, i) => option.setAttribute('aria-selected', String(i === at)));
  if (at < 0) return;
  list.input.setAttribute('aria-activedescendant', options[at].id);
  options[at].scrollIntoView({ block: 'nearest' });
}

/** Marks the next option, or the one before. */
function step(by) {
  const { length } = list.box.children;
  choose(list.at < 0 && by < 0 ? length - 1 : (list.at + by + length) % length);
}

/** Replaces the typed word by an option, in a way that the browser's undo can revert. */
function take(at = list.at) {
  const { input, items, from, editor } = list;
  const item = items[at];
  input.focus();
  input.setSelectionRange(item.whole ? 0 : from, input.selectionStart);
  const text = item.text + (item.more ? '.' : isFilter(editor) && !item.whole && !item.text.endsWith('(') ? ' ' : '');
  if (!document.execCommand('insertText', false, text)) input.setRangeText(text, input.selectionStart, input.selectionEnd, 'end');
  close();
  if (item.more || (isFilter(editor) && !item.whole)) complete(editor);
}

/** Takes the first completion of the word at the caret. Returns false if there is none. */
function takeFirst() {
  const first = list.word ? list.items.findIndex((item) => !item.whole) : -1;
  if (first >= 0) take(first);
  return first >= 0;
}

document.addEventListener('input', (event) => {
  const editor = editorOf(event.target);
  if (!editor) return;
  marksOf.delete(editor);
  paint(editor);
  complete(editor);
});
document.addEventListener('keydown', (event) => {
  const editor = editorOf(event.target);
  if (!editor) return;
  if (event.key === ' ' && event.ctrlKey) {
    event.preventDefault();
    complete(editor, true);
    return;
  }
  if (!list) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isTake = (event.key === 'Enter' || event.key === 'Tab') && !event.ctrlKey && !event.metaKey;
  if (by) step(by);
  else if (isTake && list.box.ariaBusy === 'true') {
    if (event.key === 'Enter' || event.shiftKey) return close();
    wanted = asked; // the completion is taken when it arrives
  } else if (isTake && list.at >= 0) take();
  else if (event.key === 'Escape') {
    asked++; // a late answer must not reopen the list
    close();
  } else if (event.key !== 'Tab' || event.shiftKey || !takeFirst()) return;
  event.preventDefault();
  event.stopPropagation();
}, true);
document.addEventListener('mousedown', (event) => {
  const option = event.target.closest('.completions [role=option]');
  if (option) {
    event.preventDefault();
    if (list.box.ariaBusy !== 'true') take([...option.parentElement.children].indexOf(option));
  }
});
document.addEventListener('focusout', (event) => list?.input === event.target && close());
addEventListener('scroll', ({ target }) => {
  const editor = editorOf(target);
  if (editor && target === inputOf(editor)) preOf(editor).scrollLeft = target.scrollLeft;
  else if (list && target !== list.box && target !== preOf(list.editor)) close();
}, true);

for (const editor of document.querySelectorAll('[data-editor]')) begin(editor);
document.addEventListener('htmx:load', (event) => {
  if (editorOf(event.target)) begin(editorOf(event.target));
  for (const editor of event.target.querySelectorAll?.('[data-editor]') ?? []) begin(editor);
});
