// The table of records as a grid: one stop of the Tab key, arrows from cell to cell. Enter, F2 or
// a double click edits a value in its cell.
import { ajax } from './ajax.js';
import { copyFrom, copyText } from './copy.js';
import { inputOf } from './form.js';
import { leave } from './leave.js';
import { fits, put, renew } from './live.js';
import { say } from './toast.js';

const grid = () => document.querySelector('#rows .table');
const wrap = () => document.querySelector('#rows .table-wrap');
const cellOf = (node) => node.closest?.('#rows .table :is(td, th)');
const shown = (cell) => cell.checkVisibility();

let current = null; // the cell that the Tab key leads to
let place = null; // { id, index } of the current cell, to find it in a reloaded table
let focused = false; // whether the table had the focus before it was reloaded

/** The element of a cell that takes the focus: its only link or checkbox, else the cell. */
const target = (cell) => cell.querySelector('a, input') ?? cell;

const rowsOf = () => [...grid().rows].filter(shown);
const columnOf = (cell) => grid().tHead.rows[0].cells[cell.cellIndex]?.dataset.column ?? '';

/** Makes a cell the current one. */
function stop(cell) {
  if (current?.isConnected) target(current).tabIndex = -1;
  current = cell;
  place = { id: cell.parentElement.dataset.row, index: cell.cellIndex };
  target(cell).tabIndex = 0;
}

function go(cell) {
  if (!cell) return;
  stop(cell);
  target(cell).focus({ preventScroll: true });
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** Gives a row, or the whole table, the roles of a grid. The list on a phone keeps them. */
function prepare(part) {
  const heads = grid().tHead.rows[0].cells;
  for (const row of part.matches('tr') ? [part] : part.querySelectorAll('tr')) {
    row.role = 'row';
    for (const cell of row.cells) {
      cell.role = cell.tagName === 'TH' ? 'columnheader' : 'gridcell';
      if (cell.tagName === 'TD' && heads[cell.cellIndex].dataset.readonly !== undefined) cell.ariaReadOnly = 'true';
      for (const inner of cell.querySelectorAll('a, input, [tabindex]')) inner.tabIndex = -1;
      target(cell).tabIndex = -1;
    }
  }
}

/** Makes a grid of a new or reloaded table. */
function begin() {
  const table = grid();
  if (!table) return;
  table.role = 'grid';
  table.ariaLabel = wrap().ariaLabel;
  table.ariaMultiSelectable = 'true';
  for (const part of [table.tHead, ...table.tBodies]) part.role = 'rowgroup';
  wrap().removeAttribute('tabindex'); // the grid has the focus and scrolls
  prepare(table);
  const row = place?.id && table.querySelector(`[data-row="${CSS.escape(place.id)}"]`);
  const found = row?.cells[place.index] ?? table.tBodies[0].rows[0]?.querySelector('td:not(.col-check)') ?? table.tHead.rows[0].cells[0];
  if (focused) go(found);
  else stop(found);
  focused = false;
}

document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.target.id !== 'rows') return;
  focused = grid()?.contains(document.activeElement) ?? false;
  if (!editing) return;
  event.detail.shouldSwap = false; // the edit would be lost
  reload = true;
});
document.addEventListener('htmx:load', (event) => {
  const row = event.target.matches?.('#rows tr') && event.target;
  if (!row) {
    if (event.target.id === 'rows' || event.target.querySelector?.('#rows')) begin();
    return;
  }
  prepare(row);
  if (current && !current.isConnected && place.id === row.dataset.row) stop(row.cells[place.index]);
});

document.addEventListener('focusin', (event) => {
  const cell = cellOf(event.target);
  if (cell && !cell.matches('.is-editing') && cell !== current) stop(cell);
});

/** The cell that a key leads to; undefined for other keys. */
function next(cell, event) {
  const rows = rowsOf();
  const y = rows.indexOf(cell.parentElement);
  const cells = [...cell.parentElement.cells].filter(shown);
  const x = cells.indexOf(cell);
  const far = event.ctrlKey || event.metaKey;
  const below = (to) => rows[Math.min(Math.max(to, 0), rows.length - 1)].cells[cell.cellIndex];
  const page = Math.max(1, Math.floor(wrap().clientHeight / cell.offsetHeight) - 2);
  switch (event.key) {
    case 'ArrowUp':
      return below(y - 1);
    case 'ArrowDown':
      return below(y + 1);
    case 'ArrowLeft':
      return cells[Math.max(x - 1, 0)];
    case 'ArrowRight':
      return cells[Math.min(x + 1, cells.length - 1)];
    case 'Home':
      return far ? rows[0].cells[cell.cellIndex] : cells[0];
    case 'End':
      return far ? rows.at(-1).cells[cell.cellIndex] : cells.at(-1);
    case 'PageUp':
      return below(Math.max(y - page, Math.min(y, 1)));
    case 'PageDown':
      return below(y + page);
  }
}

document.addEventListener('keydown', (event) => {
  const cell = cellOf(event.target);
  if (!cell || event.altKey || cell.matches('.is-editing')) return;
  if (event.key.toLowerCase() === 'f' && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    filterBy(cell, event.shiftKey);
    return;
  }
  if (event.shiftKey) {
    shifted(event, cell);
    return;
  }
  const to = next(cell, event);
  if (to) {
    event.preventDefault();
    go(to);
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    copyOrSelect(event, cell);
    return;
  }
  if (event.key === 'Enter' && target(cell) === cell) edit(cell);
  else if (event.key === 'F2' && cell.tagName === 'TD') edit(cell);
  else if (event.key === ' ' && !event.target.matches('input')) cell.parentElement.querySelector('[data-select], [data-select-page]')?.click();
  else if (event.key === 'o') cell.parentElement.querySelector('[data-open]')?.click();
  else if (event.key === 's') grid().tHead.rows[0].cells[cell.cellIndex].querySelector('a')?.click();
  else return;
  event.preventDefault();
});

/** Keys with Shift: space and arrows select rows, O opens the record as a page, Ctrl-Shift-C copies it as JSON. */
function shifted(event, cell) {
  const row = cell.parentElement;
  const path = row.querySelector('[data-open]')?.getAttribute('hx-get');
  const far = event.ctrlKey || event.metaKey;
  if (far && path && event.key.toLowerCase() === 'c') copyFrom(`${path}/json`);
  else if (far || event.target.matches('input')) return;
  else if (event.key === ' ') row.querySelector('[data-select]')?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey: true }));
  else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') extend(cell, next(cell, event));
  else if (event.key === 'O' && path) leave(() => location.assign(path));
  else return;
  event.preventDefault();
}

/** Moves from a cell to the row above or below and selects both rows. If both are selected, deselects the first. */
function extend(cell, to) {
  const [box, other] = [cell, to].map((at) => at.parentElement.querySelector('[data-select]'));
  if (!box || !other || box === other) return;
  if (!box.checked || other.checked) box.click();
  if (!other.checked) other.click();
  go(to);
}

/** Copies the stored value; the cell may show only a part of it. */
function copy(cell) {
  const { row } = cell.parentElement.dataset;
  const field = columnOf(cell);
  if (row && field) copyFrom(pathOf(row, field, 'value'));
  else copyText(cell.innerText.trim());
}

/** Ctrl-C copies the value of the cell, Ctrl-A selects all rows of the page. */
function copyOrSelect(event, cell) {
  if (event.key === 'c' && getSelection().isCollapsed) {
    copy(cell);
  } else if (event.key === 'a') {
    const all = grid().querySelector('[data-select-page]');
    if (all && !all.checked) all.click();
  } else return;
  event.preventDefault();
}

document.addEventListener('dblclick', (event) => {
  const cell = cellOf(event.target);
  if (cell?.tagName !== 'TD' || event.target.closest('a, input, .is-editing')) return;
  getSelection().removeAllRanges();
  edit(cell);
});

// Editing of a value in its cell. The input comes from the server, because the cell shows only a
// part of the value.
// The edit in progress: { cell, id, field, before: nodes of the cell, host: element of the form,
// form, first: values of the form, sent: a request is on its way, then: key of the next cell,
// typed: text that was typed before the form arrived }.
let editing = null;
let reload = false; // the table was to be reloaded during the edit

const pathOf = (id, field, what = 'cell') => {
  const address = new URL(document.getElementById('rows').dataset.livePath, location.href);
  address.searchParams.set('field', field);
  return `${address.pathname.replace(/\/live$/, '')}/r/${encodeURIComponent(id)}/${what}${address.search}`;
};

/** Adds a condition to the filter of the table: the value of the cell, or its exclusion. */
function filterBy(cell, isOut) {
  const { row } = cell.parentElement.dataset;
  const field = columnOf(cell);
  if (row && field) ajax('GET', `${pathOf(row, field, 'filter')}${isOut ? '&not' : ''}`, { target: 'body', swap: 'none' });
}
const valuesOf = (form) => new URLSearchParams(new FormData(form));
const isChanged = () => String(withoutMarks(valuesOf(editing.form))) !== String(withoutMarks(editing.first));
const withoutMarks = (values) => {
  const copy = new URLSearchParams(values);
  copy.delete('_base');
  return copy;
};

function edit(cell) {
  const field = columnOf(cell);
  const id = cell.parentElement.dataset.row;
  if (editing) return editing.form?.querySelector('input:not([type=hidden]), select').focus();
  if (!field || !id) return;
  if (cell.ariaReadOnly === 'true') return say(`${field} cannot be changed`);
  stop(cell);
  editing = { cell, id, field, before: [...cell.childNodes], typed: '' };
  const mine = editing;
  cell.classList.add('is-editing'); // live.js does not replace the row meanwhile
  const host = document.createElement('div');
  cell.append(host);
  // With a source of its own, the request does not wait for other requests of scripts.
  ajax('GET', pathOf(id, field), { source: host, target: host, swap: 'innerHTML' }).finally(() => {
    if (editing !== mine) return; // Escape was pressed meanwhile
    mine.form = host.querySelector('[data-cell-form]');
    if (!mine.form) return end(mine); // the value needs more room, or the request failed
    mine.first = valuesOf(mine.form);
    mine.host = host;
    cell.replaceChildren(host);
    const input = mine.form.querySelector('input:not([type=hidden]), select');
    input.focus();
    if (mine.typed === '') input.select?.();
    else if (input.type === 'text') input.value = mine.typed;
    else if (input.type === 'checkbox' && mine.typed === ' ') input.checked = !input.checked;
    if (mine.then) finish(mine.then);
  });
}

/** The arrow of the cell to which a key leaves the input; undefined for other keys. */
function leads(event) {
  const arrows = { Enter: 'ArrowDown', Tab: event.shiftKey ? 'ArrowLeft' : 'ArrowRight' };
  return arrows[event.key];
}

/** Keeps the keys that are pressed before the form has arrived, for its input. */
function typeEarly(event) {
  const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  const then = leads(event);
  if (isText && !editing.then) editing.typed += event.key;
  else if (event.key === 'Backspace') editing.typed = editing.typed.slice(0, -1);
  else if (then && !event.repeat) editing.then ??= then;
  else if (event.key === 'Escape') leaveEdit();
  else if (!isText && !then) return;
  event.preventDefault();
  event.stopPropagation(); // letters are keys of the page too
}

/** Ends an edit without a save, and focuses its cell. */
function leaveEdit() {
  const { cell } = editing;
  end();
  go(cell);
}

/** No value is edited any more: reloads a table that was not reloaded during the edit. */
function free() {
  editing = null;
  if (reload) setTimeout(() => window.htmx.trigger(document.body, 'changed'));
  reload = false;
}

/** Ends an edit: shows the old content of the cell, and asks for the row again. */
function end(which = editing) {
  if (editing === which) free();
  if (!which.cell.isConnected) return;
  which.cell.classList.remove('is-editing');
  which.cell.replaceChildren(...which.before);
  renew(which.id);
}

/** Leaves the input: saves a changed value, and goes to the cell that the key `then` leads to. */
function finish(then) {
  editing.then = then;
  if (isChanged()) {
    editing.form.requestSubmit();
    return;
  }
  const { cell } = editing;
  end();
  go(then ? next(cell, { key: then }) : null);
}

document.addEventListener(
  'keydown',
  (event) => {
    if (editing && !editing.form && editing.cell.contains(event.target)) return typeEarly(event);
    if (!editing?.form?.contains(event.target) || event.isComposing) return;
    const then = leads(event);
    if (then) {
      event.preventDefault();
      finish(then);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      leaveEdit();
    }
  },
  true,
);

document.addEventListener('focusout', (event) => {
  const mine = editing;
  if (!mine?.form?.contains(event.target) || mine.form.contains(event.relatedTarget) || !document.hasFocus()) return;
  if (document.querySelector('dialog[open]')) return; // the sign-in dialog has taken the focus
  if (!isChanged()) end(mine);
  else if (!mine.sent) finish(null);
});

document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.target === editing?.form) editing.sent = true;
});
document.addEventListener('htmx:sendError', (event) => {
  if (event.target === editing?.form) editing.sent = false;
});

/** Replaces the row by the saved one, in place of htmx's swap. */
document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr, requestConfig } = event.detail;
  if (requestConfig.verb !== 'post' || !/\/r\/[^/]+\/cell\?/.test(requestConfig.path)) return;
  const mine = editing?.form === requestConfig.elt ? editing : null;
  if (mine) mine.sent = false;
  if (xhr.status !== 200) {
    mine?.form.querySelector('input:not([type=hidden]), select').setAttribute('aria-invalid', 'true');
    return;
  }
  event.detail.shouldSwap = false;
  const answer = new DOMParser().parseFromString(event.detail.serverResponse, 'text/html');
  const fresh = answer.querySelector('[data-row]');
  const row = fresh && document.querySelector(`#rows [data-row="${CSS.escape(fresh.dataset.row)}"]`);
  if (!row) return;
  const index = mine?.cell.cellIndex;
  const hadFocus = mine?.form.contains(document.activeElement);
  if (mine) free();
  if (!fits(answer)) return void window.htmx.trigger(document.body, 'changed');
  const now = document.importNode(fresh, true);
  put(now, row, false);
  if (hadFocus) go(mine.then ? next(now.cells[index], { key: mine.then }) : now.cells[index]);
});

/** Says which field was saved, with a button that undoes it unless the value has changed since. */
let last = null;
document.addEventListener('htmx:configRequest', (event) => {
  if (event.target === editing?.form) last = { path: event.detail.path, values: Object.fromEntries(withoutMarks(editing.first)) };
});
document.addEventListener('cellsaved', (event) => {
  const { field, base } = event.detail;
  const undo = last;
  last = null;
  if (!undo) say(`${field} is as before`);
  else say(`${field} saved`, 'ok', { label: 'Undo', act: () => ajax('POST', undo.path, { values: { ...undo.values, _base: base, _undo: '1' }, target: 'body', swap: 'none' }) });
});

/** A value that needs more room than a cell is edited beside the table. */
let wanted = null;
document.addEventListener('editbeside', (event) => {
  wanted = event.detail.field;
  document.querySelector(`#rows [data-row="${CSS.escape(event.detail.id)}"] [data-open]`)?.click();
});
document.addEventListener('htmx:afterSwap', (event) => {
  if (event.target.id !== 'panel' || !wanted) return;
  const field = event.target.querySelector(`[data-field="${CSS.escape(wanted)}"]`);
  wanted = null;
  field?.scrollIntoView({ block: 'center' });
  (inputOf(field) ?? field?.querySelector('button'))?.focus({ preventScroll: true });
});
