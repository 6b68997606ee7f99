// The editor of HTML (data-rich): a toolbar and an editable area over the textarea of the form. The
// textarea keeps the stored bytes until the first edit. The area shows a copy with allowed elements
// and attributes only, so that no markup of a value runs, loads or imitates a part of the console.
import { clean, isEmpty, isSafeLink, picture, write } from './html.js';

const largest = 300_000; // size limit of the area, in characters of HTML; longer values are edited as source

const richOf = (node) => node?.closest?.('[data-rich]');
const parts = (rich) => ({
  bar: rich.querySelector('[role=toolbar]'),
  area: rich.querySelector('.rich-text'),
  source: rich.querySelector('textarea'),
  note: rich.querySelector('[data-rich-note]'),
});
const blocks = 'p, h1, h2, h3, h4, h5, h6, pre, blockquote, li, td, th';
const undos = new WeakMap(); // by area: its content before the last change outside of the browser's undo
const stored = new WeakMap(); // by area: { text: first value of the textarea, html: that value as the area writes it }
let selected = null; // the last selection within an area, for the inputs of links and pictures

document.execCommand('defaultParagraphSeparator', false, 'p');
document.execCommand('styleWithCSS', false, false); // the policy of the page forbids style attributes in markup

/** Shows the value of the textarea in the area. Returns the parts of the value that it leaves out. */
function fill(rich) {
  const { area, source } = parts(rich);
  const { fragment, lost } = clean(source.value, { app: rich.dataset.app });
  area.replaceChildren(fragment);
  stored.set(area, { text: source.value, html: write(area) });
  return [...lost];
}

/** Writes the edited HTML to the textarea, or the stored bytes if all edits were undone. */
function sync(rich) {
  const { area, source } = parts(rich);
  const first = stored.get(area);
  const html = write(area);
  const value = html === first.html ? first.text : isEmpty(area) ? '' : html;
  if (source.value === value) return;
  source.value = value;
  source.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Shows the source if `wanted` is true, else the area. */
function showSource(rich, wanted) {
  const { bar, area, source } = parts(rich);
  area.hidden = wanted;
  source.hidden = !wanted;
  for (const control of bar.querySelectorAll('button, select')) control.disabled = wanted && !('richSource' in control.dataset);
  const button = bar.querySelector('[data-rich-source]');
  button.setAttribute('aria-pressed', String(wanted));
  closeRows(rich);
  rove(bar, wanted ? button : bar.querySelector('select'));
  rich.parentElement.querySelector('.html-preview')?.toggleAttribute('hidden', !wanted);
}

/** Fills the area and lists the parts that it leaves out. Returns whether the value is complete. */
function open(rich) {
  const { source, note } = parts(rich);
  const tooLong = source.value.length > largest;
  const lost = tooLong ? [] : fill(rich);
  const words = `The rich text view leaves out ${lost.slice(0, 5).join(', ')}${lost.length > 5 ? ' and more' : ''}. An edit there removes it.`;
  note.querySelector('span').textContent = tooLong ? 'This HTML is too long for the rich text view.' : words;
  note.hidden = !tooLong && lost.length === 0;
  return note.hidden;
}

/** Starts the editor. A value that the area cannot show completely opens as source. */
export function begin(rich) {
  const { bar, area, source } = parts(rich);
  bar.hidden = false;
  const focused = document.activeElement === source;
  showSource(rich, !open(rich));
  if (focused && source.hidden) area.focus({ preventScroll: true });
  source.addEventListener('restored', () => begin(rich), { once: true });
}

function toggleSource(rich) {
  const { area, source } = parts(rich);
  if (source.hidden) {
    showSource(rich, true);
    source.focus();
    return;
  }
  if (source.value !== stored.get(area)?.text) open(rich);
  if (source.value.length > largest) return;
  showSource(rich, false);
  area.focus();
}

/** Runs an editing command of the browser on the selection. The browser can undo it. */
function run(rich, command, value) {
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
  reflect(rich);
}

/** The start and the end of the selection as character offsets in the area. */
function charactersOf(area) {
  const range = getSelection().getRangeAt(0);
  return [[range.startContainer, range.startOffset], [range.endContainer, range.endOffset]].map(([node, offset]) => {
    const before = document.createRange();
    before.selectNodeContents(area);
    before.setEnd(node, offset);
    return before.toString().length;
  });
}

/** Selects between two character offsets of the area; does nothing in an area without text. */
function selectCharacters(area, [from, to]) {
  const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
  const places = [];
  for (let done = 0; texts.nextNode(); done += texts.currentNode.length) {
    const end = done + texts.currentNode.length;
    // At a border of two text nodes a selection begins in the second; a caret or the end of a
    // selection stays in the first.
    if (places.length === 0 && (from < end || (from === to && from === end))) places.push([texts.currentNode, from - done]);
    if (places.length === 1 && to <= end) places.push([texts.currentNode, to - done]);
  }
  if (places.length === 2) getSelection().setBaseAndExtent(...places[0], ...places[1]);
}

/** Stores the content of the area for undo, before a change without an editing command. */
const remember = (area) => undos.set(area, [...area.cloneNode(true).childNodes]);

const isBlock = (node) => node.matches?.('p, h1, h2, h3, h4, h5, h6, blockquote, pre, ul, ol, dl, table, hr, div, figure, section, article') ?? false;

/** Replaces the selection by nodes. Blocks split the block around the selection. */
function insert(rich, fragment) {
  const { area } = parts(rich);
  remember(area);
  const range = getSelection().getRangeAt(0);
  range.deleteContents();
  const only = fragment.childNodes.length === 1 && fragment.firstChild.localName === 'p' ? fragment.firstChild : null;
  if (only) fragment.replaceChildren(...only.childNodes);
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
  sync(rich);
}

/** Undoes the last insertion or change of a table, unless something was typed since. */
function undo(rich) {
  const { area } = parts(rich);
  if (!undos.has(area)) return false;
  area.replaceChildren(...undos.get(area));
  undos.delete(area);
  getSelection().selectAllChildren(area);
  getSelection().collapseToEnd();
  sync(rich);
  return true;
}

/** The closest element around the selection that matches a selector, within the area. */
function around(rich, selector) {
  const { area } = parts(rich);
  const at = getSelection().anchorNode;
  const found = (at?.nodeType === Node.TEXT_NODE ? at.parentElement : at)?.closest?.(selector);
  return found && found !== area && area.contains(found) ? found : null;
}

/** Shows the formatting of the selection in the buttons of the toolbar. */
function reflect(rich) {
  const { bar } = parts(rich);
  for (const button of bar.querySelectorAll('[data-rich-toggle]')) button.setAttribute('aria-pressed', String(document.queryCommandState(button.dataset.richToggle)));
  bar.querySelector('[data-rich-open=link]').setAttribute('aria-pressed', String(Boolean(around(rich, 'a'))));
  const select = bar.querySelector('select');
  const name = around(rich, blocks)?.localName ?? 'p';
  select.value = [...select.options].some((option) => option.value === name) ? name : 'p';
}

/** Makes one control of the toolbar its Tab stop. */
function rove(bar, to) {
  for (const control of bar.querySelectorAll('button, select')) control.tabIndex = control === to ? 0 : -1;
}

// The rows below the toolbar: for a link, a picture, a table.

function closeRows(rich) {
  for (const row of rich.querySelectorAll('[data-rich-row]')) row.hidden = true;
  for (const button of rich.querySelectorAll('[aria-expanded]')) button.ariaExpanded = 'false';
}

function openRow(rich, name) {
  const row = rich.querySelector(`[data-rich-row=${name}]`);
  const was = row.hidden;
  closeRows(rich);
  if (!was) return;
  row.hidden = false;
  rich.querySelector(`[data-rich-open=${name}]`).ariaExpanded = 'true';
  if (name === 'link') row.querySelector('input').value = around(rich, 'a')?.getAttribute('href') ?? '';
  if (name === 'picture') listPictures(rich, row);
  if (name === 'table') for (const button of row.querySelectorAll('[data-rich-cells]')) button.hidden = !around(rich, 'td, th');
  row.querySelector('input, button:not([hidden])').focus();
}

/** Restores the selection from before a row took the focus. */
function reselect(rich) {
  const { area } = parts(rich);
  area.focus();
  if (selected && area.contains(selected.startContainer)) {
    getSelection().removeAllRanges();
    getSelection().addRange(selected);
  } else if (!area.contains(getSelection().anchorNode)) {
    getSelection().selectAllChildren(area);
    getSelection().collapseToEnd();
  }
}

function problem(row, words) {
  const place = row.querySelector('.err');
  place.textContent = words;
  place.hidden = words === '';
}

function setLink(rich, row) {
  const input = row.querySelector('input');
  const address = input.value.trim();
  if (!isSafeLink(address)) {
    problem(row, 'An address begins with https://, http://, mailto:, tel:, / or #.');
    input.focus();
    return;
  }
  problem(row, '');
  closeRows(rich);
  reselect(rich);
  const link = around(rich, 'a');
  if (link) getSelection().selectAllChildren(link);
  if (address === '') run(rich, 'unlink');
  else if (getSelection().isCollapsed) {
    const made = document.createElement('a');
    made.setAttribute('href', address);
    made.textContent = address;
    insert(rich, fragmentOf(made));
  } else run(rich, 'createLink', address);
}

/** The stored pictures of the edited record. */
function ownPictures(rich) {
  const thumbs = [...(rich.closest('form')?.querySelectorAll('.files [data-item]:not(.is-gone) img.thumb') ?? [])].filter((image) => image.src.includes('/_/files/'));
  return thumbs.map((image) => ({
    thumb: image.src, address: new URL(image.src).pathname.replace('/_/files/', '/api/files/'), title: image.closest('[data-item]').querySelector('.name').textContent,
  }));
}

let asked = 0;

/** Lists the pictures of the record, or the pictures of the chosen collection for the words. */
async function listPictures(rich, row) {
  const from = row.querySelector('[data-rich-from]').value;
  const find = row.querySelector('[data-rich-find]');
  const list = row.querySelector('[data-rich-pictures]');
  const mine = ++asked;
  find.hidden = from === '';
  let found = ownPictures(rich);
  if (from) {
    const answer = await fetch(`/_/pictures?${new URLSearchParams({ in: from, q: find.value })}`, { headers: { 'HX-Request': 'true' } }).catch(() => null);
    found = answer?.ok ? await answer.json() : [];
  }
  if (mine !== asked) return;
  list.replaceChildren(
    ...found.map(({ thumb, address, title, name }) => {
      const image = element('img');
      image.src = thumb;
      image.alt = '';
      image.className = 'thumb';
      const label = element('span', title);
      label.className = 'clip';
      const button = element('button', image, label);
      button.type = 'button';
      button.className = 'btn btn-quiet btn-s';
      button.title = name ?? title;
      button.dataset.address = rich.dataset.base + address;
      return button;
    }),
  );
  if (found.length === 0) list.textContent = 'No pictures';
}

function addPicture(rich, row) {
  const [address, words] = row.querySelectorAll('input:not([data-rich-find])');
  const made = picture(address.value.trim(), words.value.trim(), rich.dataset.app);
  if (!made) {
    problem(row, 'An address of a picture begins with https://, http:// or /.');
    address.focus();
    return;
  }
  problem(row, '');
  closeRows(rich);
  reselect(rich);
  insert(rich, fragmentOf(made));
  address.value = words.value = '';
}

function fragmentOf(...nodes) {
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes);
  return fragment;
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

const emptyCell = (name) => element(name, element('br'));

/** The changes of the table around the selection, by name. */
const table = {
  new: (rich) => {
    const row = (name) => element('tr', emptyCell(name), emptyCell(name), emptyCell(name));
    insert(rich, fragmentOf(element('table', element('thead', row('th')), element('tbody', row('td'), row('td'))), element('p', element('br'))));
  },
  row: (rich, cell) => {
    const made = element('tr', ...[...cell.parentElement.cells].map(() => emptyCell('td')));
    const body = cell.closest('thead') && cell.closest('table').tBodies[0];
    if (body) body.prepend(made);
    else cell.parentElement.after(made);
  },
  column: (rich, cell) => {
    const at = cell.cellIndex;
    for (const row of cell.closest('table').rows) row.cells[Math.min(at, row.cells.length - 1)]?.after(emptyCell(row.cells[0].localName));
  },
  'delete-row': (rich, cell) => cell.parentElement.remove(),
  'delete-column': (rich, cell) => {
    const at = cell.cellIndex;
    for (const row of cell.closest('table').rows) row.cells[at]?.remove();
  },
};

function changeTable(rich, what) {
  closeRows(rich);
  reselect(rich);
  const cell = around(rich, 'td, th');
  if (what !== 'new' && !cell) return;
  const whole = cell?.closest('table');
  remember(parts(rich).area);
  table[what](rich, cell);
  if (whole && !whole.querySelector('td, th')) whole.remove();
  sync(rich);
}

document.addEventListener('click', (event) => {
  const rich = richOf(event.target);
  const button = event.target.closest('button');
  if (!rich || !button || !rich.contains(button)) return;
  const { richToggle, richBlock, richOpen, richDo, address } = button.dataset;
  const row = button.closest('[data-rich-row]');
  if (richToggle) run(rich, richToggle);
  else if (richBlock) run(rich, 'formatBlock', around(rich, richBlock) ? 'p' : richBlock);
  else if (richOpen) openRow(rich, richOpen);
  else if ('richSource' in button.dataset) toggleSource(rich);
  else if (richDo === 'link') setLink(rich, row);
  else if (richDo === 'unlink') {
    row.querySelector('input').value = '';
    setLink(rich, row);
  } else if (richDo === 'picture') addPicture(rich, row);
  else if (richDo) changeTable(rich, richDo);
  else if (address) row.querySelector('input').value = address;
});

/** A press on a button of the toolbar must not move the selection out of the area. */
document.addEventListener('mousedown', (event) => {
  if (event.target.closest('.rich-bar button')) event.preventDefault();
});

/** Lists the pictures again for another collection or other words. */
function findPictures(event) {
  if (event.target.matches('[data-rich-from], [data-rich-find]')) listPictures(richOf(event.target), event.target.closest('[data-rich-row]'));
}
document.addEventListener('change', (event) => event.target.matches('select') && findPictures(event));
document.addEventListener('input', (event) => event.target.matches('input') && findPictures(event));

document.addEventListener('change', (event) => {
  const rich = richOf(event.target);
  if (rich && event.target.matches('.rich-bar select')) {
    reselect(rich);
    run(rich, 'formatBlock', event.target.value);
  }
});

/** Stores the selection if it is within an area. */
function keepSelection() {
  const at = getSelection().rangeCount > 0 && getSelection().getRangeAt(0);
  const area = at && (at.startContainer.parentElement ?? at.startContainer).closest?.('.rich-text');
  if (!area) return;
  selected = at.cloneRange();
  reflect(richOf(area));
}
document.addEventListener('selectionchange', keepSelection);
// The selectionchange event of the last change may arrive after the area has lost the focus.
document.addEventListener('focusout', (event) => event.target.matches('.rich-text') && keepSelection());

document.addEventListener('focusin', (event) => {
  if (!event.target.matches('.rich-text') || !isEmpty(event.target)) return;
  if (event.target.childElementCount > 0) return;
  const first = element('p', element('br'));
  event.target.replaceChildren(first);
  getSelection().collapse(first, 0);
});

document.addEventListener('input', (event) => {
  if (!event.target.matches('.rich-text')) return;
  undos.delete(event.target);
  sync(richOf(event.target));
});

/** Pasted and dropped HTML is sanitised, without its styles. */
document.addEventListener('beforeinput', (event) => {
  if (!event.target.matches?.('.rich-text') || !['insertFromPaste', 'insertFromDrop'].includes(event.inputType)) return;
  const html = event.dataTransfer?.getData('text/html');
  event.preventDefault();
  const [to] = event.getTargetRanges();
  if (to && event.inputType === 'insertFromDrop') getSelection().setBaseAndExtent(to.startContainer, to.startOffset, to.endContainer, to.endOffset);
  const rich = richOf(event.target);
  if (!html) {
    run(rich, 'insertText', event.dataTransfer?.getData('text/plain') ?? '');
    return;
  }
  insert(rich, clean(html, { app: rich.dataset.app, styles: false }).fragment);
});

document.addEventListener('keydown', (event) => {
  const rich = richOf(event.target);
  if (!rich) return;
  const bar = event.target.closest('.rich-bar');
  const row = event.target.closest('[data-rich-row]');
  if (event.target.matches('.rich-text') && event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    if (undo(rich)) event.preventDefault();
  } else if (bar && ['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) {
    const all = [...bar.querySelectorAll('button, select')].filter((control) => !control.disabled);
    const at = all.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
    const next = all.at(to >= all.length ? 0 : to);
    rove(bar, next);
    next.focus();
    event.preventDefault();
  } else if (row && event.key === 'Escape') {
    closeRows(rich);
    reselect(rich);
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (row && event.key === 'Enter' && event.target.matches('input')) {
    row.querySelector('[data-rich-do]').click();
    event.preventDefault();
  }
}, true);
