// Editors of expressions and SQL: a textarea over the same text in colours, with names that
// complete what one types, and marks that others set. Nothing of it is needed to type.
import { icon } from './icon.js';

const token = {
  rule: /(?<comment>\/\/.*)|(?<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(?<macro>@[\w.:]*)|(?<number>\b\d+(?:\.\d+)?\b)|(?<bool>\b(?:true|false|null)\b)|(?<variableName>[A-Za-z_][\w.:]*)|(?<operator>&&|\|\||\??(?:!=|!~|>=|<=|[=~<>]))/g,
  sql: /(?<comment>--.*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:''|[^'])*'?)|(?<variableName>"(?:""|[^"])*"?)|(?<number>\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:select|from|where|and|or|not|in|is|null|as|on|join|left|right|inner|outer|cross|group|by|order|having|limit|offset|insert|into|values|update|set|delete|create|table|index|unique|view|drop|alter|add|column|union|all|distinct|case|when|then|else|end|with|recursive|exists|between|like|asc|desc|explain|query|plan|returning|begin|commit|rollback|primary|key|default|references|cast|count|sum|avg|min|max|if|using|pragma|truncate)\b)|(?<operator>[=<>!+*/%|-]+)/gi,
};

const marksOf = new WeakMap(); // by editor
let list = null; // the completions: { editor, items, at, from }
let asked = 0;

/** The text in pieces of one look each: colours of the language, and marks over them. */
function paint(editor) {
  const input = editor.querySelector('textarea');
  const pre = editor.querySelector('pre');
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
  pre.replaceChildren(...nodes, '\n'); // the last line has a height, though it is empty
  const lines = editor.querySelector('.lines');
  if (lines) lines.textContent = Array.from({ length: text.split('\n').length }, (_, i) => i + 1).join('\n');
  editor.classList.toggle('is-bad', marks.some((m) => m.kind === 'bad'));
}

/** Shows marks in an editor: [{from, to, kind: ok, no or bad}]. They go when one types. */
export function mark(editor, marks) {
  if (!editor) return;
  marksOf.set(editor, marks);
  paint(editor);
}

function begin(editor) {
  if (editor.querySelector('pre:not(.lines)')) return;
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
  paint(editor);
}

const editorOf = (node) => node?.closest?.('[data-editor]');

/** The path that ends at the caret, and where it begins. Inside of a text there is none. */
function typed(input, kind) {
  const before = input.value.slice(0, input.selectionStart);
  for (const match of before.matchAll(token[kind])) {
    if ((match.groups.string || match.groups.comment) && match.index + match[0].length === before.length) return null;
  }
  const word = before.match(/[@\w][\w.:]*$|@$/)?.[0] ?? '';
  return { word, from: before.length - word.length };
}

function close() {
  if (!list) return;
  list.box.remove();
  list.input.removeAttribute('aria-activedescendant');
  list.input.removeAttribute('aria-controls');
  list = null;
}

/** Asks for the names that go on from the caret. */
async function complete(editor, wanted = false) {
  const input = editor.querySelector('textarea, input');
  const at = typed(input, editor.dataset.editor);
  const mine = ++asked;
  if (!editor.dataset.names || !at || (!at.word && !wanted)) return close();
  const answer = await fetch(`${editor.dataset.names}?${new URLSearchParams({ q: at.word, ...('filter' in editor.dataset && { filter: '1' }) })}`, { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const items = await answer.json();
  if (mine !== asked || document.activeElement !== input) return;
  close();
  if (items.length === 0 || (items.length === 1 && items[0].text === at.word)) return;
  show(editor, input, items, at);
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
    name.textContent = item.text.slice(Math.max(word.lastIndexOf('.'), word.lastIndexOf(':')) + 1);
    const hint = document.createElement('span');
    hint.className = 'muted small';
    hint.textContent = item.hint;
    option.append(icon(item.icon, 'i-s'), name, hint);
    box.append(option);
  });
  document.body.append(box);
  list = { editor, input, items, box, from, at: 0 };
  input.setAttribute('aria-controls', box.id);
  place();
  choose(0);
}

/** Puts the list under the word that it completes. */
function place() {
  const range = document.createRange();
  let left = list.from;
  const walker = document.createTreeWalker(list.editor.querySelector('pre:not(.lines)'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (left > walker.currentNode.length) left -= walker.currentNode.length;
    else {
      range.setStart(walker.currentNode, Math.min(left, walker.currentNode.length));
      break;
    }
  }
  const spot = range.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = list.box;
  const below = spot.bottom + offsetHeight + 4 < innerHeight;
  const node = list.box;
  node.style.setProperty('left', `${Math.max(4, Math.min(spot.left, innerWidth - offsetWidth - 4))}px`);
  node.style.setProperty('top', `${below ? spot.bottom + 2 : Math.max(4, spot.top - offsetHeight - 2)}px`);
}

function choose(at) {
  const options = [...list.box.children];
  list.at = (at + options.length) % options.length;
  options.forEach((option, i) => option.setAttribute('aria-selected', String(i === list.at)));
  list.input.setAttribute('aria-activedescendant', options[list.at].id);
  options[list.at].scrollIntoView({ block: 'nearest' });
}

/** Puts the chosen name in place of what was typed, as typing does: undo takes it back. */
function take(at = list.at) {
  const { input, items, from, editor } = list;
  const item = items[at];
  input.focus();
  input.setSelectionRange(from, input.selectionStart);
  const text = item.text + (item.more ? '.' : '');
  if (!document.execCommand('insertText', false, text)) input.setRangeText(text, from, input.selectionEnd, 'end');
  close();
  if (item.more) complete(editor);
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
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(list.at + step);
  else if ((event.key === 'Enter' || event.key === 'Tab') && !event.ctrlKey && !event.metaKey) take();
  else if (event.key === 'Escape') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
document.addEventListener('mousedown', (event) => {
  const option = event.target.closest('.completions [role=option]');
  if (option) {
    event.preventDefault();
    take([...option.parentElement.children].indexOf(option));
  }
});
document.addEventListener('focusout', (event) => list?.input === event.target && close());
addEventListener('scroll', (event) => list && event.target !== list.box && close(), true);

for (const editor of document.querySelectorAll('[data-editor]')) begin(editor);
document.addEventListener('htmx:load', (event) => {
  if (editorOf(event.target)) begin(editorOf(event.target));
  for (const editor of event.target.querySelectorAll?.('[data-editor]') ?? []) begin(editor);
});
