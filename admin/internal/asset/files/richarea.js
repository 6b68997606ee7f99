// The editable area of an editor of HTML: its parts, its selection, edits and their undo. The textarea
// keeps the stored bytes until the first edit. The area shows a copy with allowed elements and
// attributes only, so that no markup of a value runs, loads or imitates a part of the console.
import { element, fragmentOf } from './element.js';
import { clean, isEmpty, write } from './html.js';

export const richOf = (node) => node?.closest?.('[data-rich]');
export const parts = (rich) => ({
  bar: rich.querySelector('[role=toolbar]'),
  area: rich.querySelector('.rich-text'),
  source: rich.querySelector('textarea'),
  note: rich.querySelector('[data-rich-note]'),
});
const blocks = 'p, h1, h2, h3, h4, h5, h6, pre, blockquote, li, td, th, div, figcaption, dt, dd';
// By area: copies of its content from before each change that the browser cannot undo. Typing
// deletes them.
const undos = new WeakMap();
// By area: { text: the value of the textarea from which the area was filled, html: the result of
// write for the filled area }.
const stored = new WeakMap();
let selected = null; // the last selection within an area, which reselect restores

document.execCommand('defaultParagraphSeparator', false, 'p');
document.execCommand('styleWithCSS', false, false); // the CSP of the page forbids style attributes in markup

/** Fills the area with the value of the textarea. Returns the names of the parts left out. */
export function fill(rich) {
  const { area, source } = parts(rich);
  const { fragment, lost } = clean(source.value, { app: rich.dataset.app });
  area.replaceChildren(fragment);
  stored.set(area, { text: source.value, html: write(area) });
  return [...lost];
}

/** Writes the edited HTML to the textarea, or the stored bytes if all edits were undone. */
export function sync(rich) {
  const { area, source } = parts(rich);
  const first = stored.get(area);
  const html = write(area);
  const value = html === first.html ? first.text : isEmpty(area) ? '' : html;
  if (source.value === value) return;
  source.value = value;
  source.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Whether the textarea has the value that the area was filled with. */
export const isFilled = (rich) => parts(rich).source.value === stored.get(parts(rich).area)?.text;

/** Runs an editing command of the browser on the selection. The browser can undo the command. */
export function run(rich, command, value) {
  const { area } = parts(rich);
  if (document.activeElement !== area) reselect(rich);
  const at = charactersOf(area);
  const inText = getSelection().anchorNode.nodeType === Node.TEXT_NODE && !(getSelection().isCollapsed && getSelection().anchorOffset === 0);
  document.execCommand(command, false, value);
  // Chromium leaves a paragraph around a new list, and moves the caret to the start of the list.
  if (/List$/.test(command)) {
    for (const paragraph of area.querySelectorAll('p:has(> :is(ul, ol))')) paragraph.replaceWith(...paragraph.childNodes);
    if (inText) selectCharacters(area, at);
  }
  sync(rich);
}

/** The start and the end of the selection as character offsets in the area. */
export function charactersOf(area) {
  const range = getSelection().getRangeAt(0);
  return [[range.startContainer, range.startOffset], [range.endContainer, range.endOffset]].map(([node, offset]) => {
    const before = document.createRange();
    before.selectNodeContents(area);
    before.setEnd(node, offset);
    return before.toString().length;
  });
}

/** Selects between two character offsets of the area; does nothing in an area without text. */
export function selectCharacters(area, [from, to]) {
  const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
  const places = [];
  for (let done = 0; texts.nextNode(); done += texts.currentNode.length) {
    const end = done + texts.currentNode.length;
    // At a border of two text nodes a selection begins in the second node; a caret or the end of a
    // selection stays in the first node.
    if (places.length === 0 && (from < end || (from === to && from === end))) places.push([texts.currentNode, from - done]);
    if (places.length === 1 && to <= end) places.push([texts.currentNode, to - done]);
  }
  if (places.length === 2) getSelection().setBaseAndExtent(...places[0], ...places[1]);
}

/** Copies of the child nodes of the area. */
export const copyOf = (area) => [...area.cloneNode(true).childNodes];

/**
 * Stores the content of the area for undo. Every change that runs no editing command of the browser
 * stores the content from before the change. The last 20 contents are kept.
 */
export function remember(area, content = copyOf(area)) {
  undos.set(area, [...(undos.get(area) ?? []), content].slice(-20));
}

/**
 * Deletes the stored contents of an area in which the user has typed: the browser undoes the
 * typing, and the changes before the typing cannot be undone any more.
 */
export const typed = (area) => undos.delete(area);

const isBlock = (node) => node.matches?.('p, h1, h2, h3, h4, h5, h6, blockquote, pre, ul, ol, dl, table, hr, div, figure, section, article') ?? false;

/** Replaces the selection by a fragment. Blocks in it split the block around the selection. */
export function insert(rich, fragment) {
  const { area } = parts(rich);
  remember(area);
  const range = getSelection().getRangeAt(0);
  range.deleteContents();
  const only = fragment.childNodes.length === 1 && fragment.firstChild.localName === 'p' ? fragment.firstChild : null;
  if (only) fragment.replaceChildren(...only.childNodes);
  if (range.startContainer === area && ![...fragment.childNodes].some(isBlock)) fragment = fragmentOf(element('p', fragment));
  const last = fragment.lastChild;
  if (!last) return;
  const block = [...area.childNodes].find((node) => node.contains(range.startContainer));
  if (!block || ![...fragment.childNodes].some(isBlock)) range.insertNode(fragment);
  else {
    const tail = range.cloneRange();
    tail.setEndAfter(block);
    const rest = tail.extractContents().firstChild;
    block.after(fragment, ...(rest && !isEmpty(rest) ? [rest] : []));
    if (isEmpty(block)) block.remove();
  }
  const end = document.createRange();
  if (isBlock(last)) end.selectNodeContents(last);
  else end.setStartAfter(last);
  end.collapse(false);
  getSelection().removeAllRanges();
  getSelection().addRange(end);
  keepSelection(); // at once: the selectionchange event comes later
  sync(rich);
}

/** Restores the last stored content of the area. Returns false if there is none. */
export function undo(rich) {
  const { area } = parts(rich);
  const before = undos.get(area)?.pop();
  if (!before) return false;
  area.replaceChildren(...before);
  getSelection().selectAllChildren(area);
  getSelection().collapseToEnd();
  sync(rich);
  return true;
}

/** The closest element of the area around the selection that matches a selector; null for none. */
export function around(rich, selector) {
  const { area } = parts(rich);
  const at = getSelection().anchorNode;
  const found = (at?.nodeType === Node.TEXT_NODE ? at.parentElement : at)?.closest?.(selector);
  return found && found !== area && area.contains(found) ? found : null;
}

/**
 * Moves the focus to the area and restores the last selection in it. Without a selection the caret
 * moves to the end of the area.
 */
export function reselect(rich) {
  const { area } = parts(rich);
  if (document.activeElement === area && area.contains(getSelection().anchorNode)) return;
  area.focus();
  if (selected && area.contains(selected.startContainer)) {
    getSelection().removeAllRanges();
    getSelection().addRange(selected);
  } else if (!area.contains(getSelection().anchorNode)) {
    getSelection().selectAllChildren(area);
    getSelection().collapseToEnd();
  }
}

/** Stores the selection if it is within an area, and returns the area. */
export function keepSelection() {
  const at = getSelection().rangeCount > 0 && getSelection().getRangeAt(0);
  const area = at && (at.startContainer.parentElement ?? at.startContainer).closest?.('.rich-text');
  if (area) selected = at.cloneRange();
  return area;
}

/** The innermost blocks that the selection touches. Text outside of blocks becomes a paragraph. */
export function blocksOf(rich) {
  const { area } = parts(rich);
  const find = () => {
    const range = getSelection().getRangeAt(0);
    const touched = [...area.querySelectorAll(blocks)].filter((block) => range.intersectsNode(block));
    return touched.filter((block) => !touched.some((other) => other !== block && block.contains(other)));
  };
  if (find().length === 0) document.execCommand('formatBlock', false, 'p');
  return find();
}

/** The name of the block around the selection, "p" outside of blocks. */
export const blockAround = (rich) => around(rich, blocks)?.localName ?? 'p';
