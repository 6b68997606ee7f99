// The editor of HTML (data-rich): a toolbar and an editable area over the textarea of the form.
import { element, fragmentOf } from './element.js';
import { charactersOf, around, blockAround, fill, insert, isFilled, keepSelection, parts, remember, reselect, richOf, run, selectCharacters, sync, typed, undo } from './richarea.js';
import { align, colour, formatAround, turn } from './richformat.js';
import { addFiles, addMedium, ask, filesOf, isWaiting, leaveOut, listMedia, pasted, problem, store, takeAddress, takeSize } from './richmedia.js';
import { isEmpty, isSafeLink } from './html.js';

const largest = 300_000; // size limit of the area, in characters of HTML; longer values are edited as source

/** Shows the source if `wanted` is true, else the area. */
function showSource(rich, wanted) {
  const { bar, area, source } = parts(rich);
  area.hidden = wanted;
  source.hidden = !wanted;
  for (const control of bar.querySelectorAll('button, select')) control.disabled = wanted && !['richSource', 'richFull'].some((name) => name in control.dataset);
  const button = bar.querySelector('[data-rich-source]');
  button.setAttribute('aria-pressed', String(wanted));
  closeRows(rich);
  rove(bar, wanted ? button : bar.querySelector('select'));
  rich.parentElement.querySelector('.html-preview')?.toggleAttribute('hidden', !wanted);
}

/**
 * Fills the area, and shows a note with the parts of the value that the area leaves out. Returns
 * whether the area shows the whole value.
 */
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
  resume(rich);
}

function toggleSource(rich) {
  const { area, source } = parts(rich);
  if (source.hidden) {
    if (isWaiting(rich)) return;
    showSource(rich, true);
    source.focus();
    return;
  }
  if (!isFilled(rich)) open(rich);
  if (source.value.length > largest) return;
  showSource(rich, false);
  area.focus();
}

/** Shows the formatting of the selection in the buttons of the toolbar. */
function reflect(rich) {
  const { bar } = parts(rich);
  for (const button of bar.querySelectorAll('[data-rich-toggle]')) button.setAttribute('aria-pressed', String(document.queryCommandState(button.dataset.richToggle)));
  bar.querySelector('[data-rich-open=link]').setAttribute('aria-pressed', String(Boolean(around(rich, 'a'))));
  const select = bar.querySelector('select');
  const name = blockAround(rich);
  reflectFormat(rich);
  select.value = [...select.options].some((option) => option.value === name) ? name : 'p';
}

/** Shows the alignment, the direction and the colour of the selection in their rows. */
function reflectFormat(rich) {
  const { alignment, direction, colour: used } = formatAround(rich);
  const press = (name, value) => {
    for (const button of rich.querySelectorAll(`button[data-rich-${name}]`)) button.setAttribute('aria-pressed', String(button.getAttribute(`data-rich-${name}`) === value));
  };
  press('align', alignment);
  press('dir', direction);
  press('colour', used);
}

/** Makes one control of the toolbar its Tab stop. */
function rove(bar, to) {
  for (const control of bar.querySelectorAll('button, select')) control.tabIndex = control === to ? 0 : -1;
}

// The rows below the toolbar.

function closeRows(rich) {
  for (const row of rich.querySelectorAll('[data-rich-row]:not([data-rich-row=waiting])')) row.hidden = true;
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
  if (name === 'medium') listMedia(rich);
  reflectFormat(rich);
  if (name === 'table') for (const button of row.querySelectorAll('[data-rich-cells]')) button.hidden = !around(rich, 'td, th');
  row.querySelector('input, button:not([hidden])').focus();
}

// Full screen: the editor covers the page, and the rest of the page is inert.

let full = null; // the editor in full screen: { rich, inert: the elements that were made inert }

const placeOf = (rich) => `${rich.closest('[data-record]')?.dataset.record} ${parts(rich).source.name}`;

function enterFull(rich) {
  const inert = [];
  for (let at = rich; at !== document.body; at = at.parentElement) {
    for (const other of at.parentElement.children) if (other !== at && !other.inert && !other.matches('#toasts, #said, #dialogs')) inert.push(other);
  }
  for (const other of inert) other.inert = true;
  full = { rich, inert };
  showFull(rich, true);
}

function leaveFull() {
  const { rich, inert } = full;
  for (const other of inert) other.inert = false;
  full = null;
  showFull(rich, false);
}

function showFull(rich, is) {
  rich.classList.toggle('is-full', is);
  const button = rich.querySelector('[data-rich-full]');
  button.setAttribute('aria-pressed', String(is));
  button.title = is ? 'Leave full screen  Esc' : 'Full screen';
}

// An editor that had the focus, or was in full screen, when a save replaced it: { place, isFull, at
// }. at is the selection as character offsets, or null.
let again = null;

document.addEventListener('htmx:beforeSwap', (event) => {
  const isSave = event.detail.requestConfig?.elt.matches?.('form.panel-form');
  const rich = full?.rich ?? (isSave ? richOf(document.activeElement) : null);
  if (!rich || !event.detail.shouldSwap || !event.detail.target?.contains(rich)) return;
  const { area } = parts(rich);
  again = { place: placeOf(rich), isFull: full !== null, at: area.hidden || !area.contains(getSelection().anchorNode) ? null : charactersOf(area) };
  if (full) leaveFull();
});

/** Restores the full screen, the focus and the selection of an editor that a save has replaced. */
function resume(rich) {
  if (again?.place !== placeOf(rich)) return;
  const { isFull, at } = again;
  again = null;
  if (isFull) enterFull(rich);
  const { area, source } = parts(rich);
  (area.hidden ? source : area).focus({ preventScroll: true });
  if (at && !area.hidden) selectCharacters(area, at);
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

const emptyCell = (name) => element(name, element('br'));

/** The commands for tables, by name: new inserts a table, the others change the table of a cell. */
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
  const { richToggle, richBlock, richOpen, richDo, richAlign, richDir, richColour, address } = button.dataset;
  const row = button.closest('[data-rich-row]');
  if (richToggle) command(rich, richToggle);
  else if (richBlock) command(rich, 'formatBlock', around(rich, richBlock) ? 'p' : richBlock);
  else if (richOpen) openRow(rich, richOpen);
  else if ('richSource' in button.dataset) toggleSource(rich);
  else if ('richFull' in button.dataset) toggleFull(rich);
  else if (richAlign) format(rich, button, () => align(rich, richAlign));
  else if (richDir) format(rich, button, () => turn(rich, richDir));
  else if (richColour !== undefined) format(rich, button, () => colour(rich, richColour));
  else if ('richChoose' in button.dataset) chooseFiles(rich);
  else if ('richDrop' in button.dataset) leaveOut(rich);
  else if (richDo === 'link') setLink(rich, row);
  else if (richDo === 'unlink') {
    row.querySelector('input').value = '';
    setLink(rich, row);
  } else if (richDo === 'medium') addMedium(rich, () => closeRows(rich));
  else if (richDo === 'store') store(rich);
  else if (richDo) changeTable(rich, richDo);
  else if (address) takeAddress(rich, button);
});

/** Opens the file chooser of the browser. */
function chooseFiles(rich) {
  const input = Object.assign(element('input'), { type: 'file', multiple: true, accept: 'image/*,video/*,audio/*' });
  input.addEventListener('change', () => {
    closeRows(rich);
    addFiles(rich, input.files);
  });
  input.click();
}

/** Runs an editing command and shows the formatting of the selection. */
function command(rich, name, value) {
  run(rich, name, value);
  reflect(rich);
}

/**
 * Changes the format of the selection. The row of the button stays open, and the focus returns to a
 * button that was pressed by a key.
 */
function format(rich, button, change) {
  const byKey = document.activeElement === button;
  change();
  reflectFormat(rich);
  if (byKey) button.focus();
}

function toggleFull(rich) {
  if (full) leaveFull();
  else enterFull(rich);
  const { area, source } = parts(rich);
  (area.hidden ? source : area).focus();
}

/** A mouse press on a button of the toolbar or of a format leaves the selection in the area. */
document.addEventListener('mousedown', (event) => {
  if (event.target.closest('.rich-bar button, [data-rich-align], [data-rich-dir], [data-rich-colour]')) event.preventDefault();
});

document.addEventListener('change', (event) => {
  const rich = richOf(event.target);
  if (!rich) return;
  if (event.target.matches('.rich-bar select')) {
    reselect(rich);
    command(rich, 'formatBlock', event.target.value);
  } else if (event.target.matches('[data-rich-from]')) listMedia(rich);
  else if (event.target.matches('[data-rich-size]')) takeSize(rich);
  else if (event.target.matches('[data-rich-other]')) format(rich, event.target, () => colour(rich, event.target.value));
});
document.addEventListener('input', (event) => event.target.matches('[data-rich-find]') && listMedia(richOf(event.target)));

document.addEventListener('selectionchange', () => {
  const area = keepSelection();
  if (area) reflect(richOf(area));
});
// The selectionchange event of the last change may arrive after the area has lost the focus.
document.addEventListener('focusout', (event) => event.target.matches('.rich-text') && keepSelection());

document.addEventListener('focusin', (event) => {
  if (!event.target.matches('.rich-text') || !isEmpty(event.target)) return;
  if (event.target.childElementCount > 0) return;
  const first = element('p', element('br'));
  event.target.replaceChildren(first);
  getSelection().collapse(first, 0);
  keepSelection();
});

document.addEventListener('input', (event) => {
  if (!event.target.matches('.rich-text')) return;
  typed(event.target);
  sync(richOf(event.target));
  ask(richOf(event.target), false); // a placeholder may have been deleted
});

/** Sanitises pasted and dropped HTML and inserts it without its styles. */
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
  insert(rich, pasted(rich, html));
  ask(rich);
});

/** Inserts placeholders of pasted and dropped files, which stay until the files are stored. */
document.addEventListener('paste', (event) => {
  const files = event.target.closest?.('.rich-text') ? filesOf(event.clipboardData) : [];
  if (files.length === 0) return;
  event.preventDefault();
  addFiles(richOf(event.target), files);
});
document.addEventListener('dragover', (event) => {
  if (event.target.closest?.('.rich-text') && event.dataTransfer.types.includes('Files')) event.preventDefault();
});
document.addEventListener('drop', (event) => {
  const area = event.target.closest?.('.rich-text');
  const files = area ? filesOf(event.dataTransfer) : [];
  if (files.length === 0) return;
  event.preventDefault();
  area.focus();
  const at = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (at && area.contains(at.startContainer)) getSelection().collapse(at.startContainer, at.startOffset);
  keepSelection();
  addFiles(richOf(area), files);
});

document.addEventListener('keydown', (event) => {
  const rich = richOf(event.target);
  if (!rich) return;
  const bar = event.target.closest('.rich-bar');
  const row = event.target.closest('[data-rich-row]');
  if (event.target.matches('.rich-text') && event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    if (undo(rich)) {
      event.preventDefault();
      ask(rich, false);
    }
  } else if (bar && ['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) {
    const all = [...bar.querySelectorAll('button, select')].filter((control) => !control.disabled);
    const at = all.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
    const next = all.at(to >= all.length ? 0 : to);
    rove(bar, next);
    next.focus();
    event.preventDefault();
  } else if (row && row.dataset.richRow !== 'waiting' && event.key === 'Escape') {
    closeRows(rich);
    reselect(rich);
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (full && event.key === 'Escape') {
    toggleFull(rich);
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (row && event.key === 'Enter' && event.target.matches('input')) {
    row.querySelector('[data-rich-do]').click();
    event.preventDefault();
    event.stopImmediatePropagation(); // Ctrl and the key would save the record too
  }
}, true);
