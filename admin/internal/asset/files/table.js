// The table of records with a panel beside it. The address has the id of the open record, whose row
// is marked. Escape closes the panel, J and K open the next and the previous record, Ctrl-Enter
// saves and opens the form of a new record.
import { ajax } from './ajax.js';
import { closeDialog } from './dialog.js';
import { inputOf, unsavedForms } from './form.js';
import { typing } from './keys.js';
import { leave } from './leave.js';
import { stay } from './panel.js';
import { saveThen } from './saved.js';

let stepped = null; // a step to another record: { focus: selector of the element to focus after it, '' for none }

const mark = (id) => {
  for (const row of document.querySelectorAll('[data-row]')) row.classList.toggle('is-open', row.dataset.row === id);
};

const toForms = '[data-open], [data-new], [data-tab]'; // links that open another form in the panel

/** Opens a link, unless the user stays with unsaved changes; byStep is the step to it, or null. */
function openLink(link, byStep) {
  const address = link.getAttribute('href');
  leave(() => {
    // The save before may have replaced the link.
    const now = link.isConnected ? link : [...document.querySelectorAll(toForms)].find((other) => other.getAttribute('href') === address);
    stepped = byStep;
    now?.click();
  });
}

document.addEventListener('htmx:confirm', (event) => {
  const link = event.target.closest?.(toForms);
  if (!link || unsavedForms().length === 0) return;
  event.preventDefault();
  openLink(link, null);
});
document.addEventListener('htmx:sendError', () => (stepped = null));

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.target.id === 'rows') mark(document.querySelector('#panel [data-record]')?.dataset.record ?? '');
  if (event.target.id !== 'panel') return;
  const panel = event.target.querySelector('[data-record]');
  const id = panel?.dataset.record ?? '';
  const isSave = event.detail.requestConfig?.elt.matches('form.panel-form') ?? false; // then carry.js restores the focus
  mark(id);
  const row = id && document.querySelector(`[data-row="${CSS.escape(id)}"] [data-open]`);
  if (row) history.replaceState(history.state, '', row.dataset.open);
  showSteps(event.target);
  if (stepped?.focus) event.target.querySelector(stepped.focus)?.focus({ preventScroll: true });
  else if (!stepped && !isSave) inputOf(panel?.querySelector('.field:not([data-field=id])'))?.focus({ preventScroll: true });
  stepped = null;
});

/** Opens the form of a new record in the panel. */
function openNew() {
  const close = document.querySelector('#panel .panel-head [data-close-panel]');
  if (close) ajax('GET', `${close.getAttribute('href')}/new`, '#panel');
}

/** Saves the form and opens the form of a new record. An unchanged form is not saved. */
function saveForNew(form) {
  if (form.dataset.form !== 'new' && !unsavedForms().includes(form)) openNew();
  else saveThen(form, () => leave(openNew)); // asks about values that were typed during the save
}

function close() {
  const panel = document.getElementById('panel');
  const opener = document.querySelector('.is-open [tabindex="0"]') ?? document.querySelector('.is-open [data-open]'); // the cell that was left for the panel, else the title
  stay();
  panel.replaceChildren();
  mark('');
  const address = new URL(location.href);
  address.searchParams.delete('r');
  history.replaceState(history.state, '', address);
  opener?.focus();
}

document.addEventListener('deleted', (event) => {
  closeDialog();
  if (document.querySelector('#panel [data-record]')?.dataset.record === event.detail.id) close();
  window.htmx.trigger(document.body, 'changed');
});

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-close-panel]') || !document.getElementById('rows')) return;
  event.preventDefault();
  leave(close);
});

const closedFirst = 'dialog[open], [popover]:popover-open, .app.drawer-open'; // Escape closes these before the panel

document.addEventListener('keydown', (event) => {
  const panel = document.querySelector('.split #panel .panel');
  if (event.key === 'Escape' && panel && !event.defaultPrevented && !document.querySelector(closedFirst) && !event.target.closest('[data-search], .is-editing')) {
    event.preventDefault(); // else the key would also close the question
    leave(close);
  }
  const form = event.target.closest('#panel form.panel-form');
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    saveForNew(form);
  }
  if (event.ctrlKey || event.metaKey || event.target.closest('dialog, [popover]')) return;
  const by = { KeyJ: 1, KeyK: -1 }[event.code];
  if (event.altKey && by && event.target.closest('#panel')) {
    event.preventDefault();
    step(by, event.target.name ? `[name="${CSS.escape(event.target.name)}"]` : '');
  } else if (!event.altKey && !typing(event)) step({ j: 1, k: -1, '>': 1, '<': -1 }[event.key], '');
});

/** The link of a row that was pressed with the middle button, but not on a link, button or input. */
const besideLink = (event) => event.button === 1 && !event.target.closest('a, button, input') && event.target.closest('[data-row]')?.querySelector('[data-open]');
document.addEventListener('mousedown', (event) => besideLink(event) && event.preventDefault()); // prevents scrolling with the middle button
document.addEventListener('auxclick', (event) => {
  const link = besideLink(event);
  if (link) window.open(link.href, '_blank', 'noopener');
});

// Steps from record to record along the rows of the page.

const rowLinks = () => [...document.querySelectorAll('[data-row] [data-open]')];

/** The index of the open record, else of the row with the focus; -1 if there is neither. */
function openAt(rows) {
  const open = rows.findIndex((row) => row.closest('.is-open'));
  return open >= 0 ? open : rows.findIndex((row) => row.closest('tr:focus-within'));
}

/** Opens the record `by` rows below the open record; `focus` selects the element to focus then. */
function step(by, focus) {
  const rows = rowLinks();
  const row = by && rows[openAt(rows) + by];
  if (!row) return;
  openLink(row, { focus });
}

/** Shows the buttons for the possible steps. */
function showSteps(part) {
  const rows = rowLinks();
  for (const button of part.querySelectorAll('[data-step]')) {
    button.hidden = rows.length === 0;
    button.disabled = !rows[openAt(rows) + Number(button.dataset.step)];
  }
}
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-step]');
  if (button) step(Number(button.dataset.step), `[data-step="${button.dataset.step}"]`);
});
document.querySelector('.saved [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
document.addEventListener('htmx:load', (event) => {
  if (event.target.id === 'rows' || event.target.querySelector?.('[data-row]')) mark(document.querySelector('#panel [data-record]')?.dataset.record ?? '');
  showSteps(document);
});
