// The table of records with the panel beside it: the address has the id of the open record, its row
// is marked, Escape closes the panel, J and K open the next and the previous record.
import { closeDialog } from './dialog.js';
import { unsaved } from './form.js';

const mark = (id) => {
  for (const row of document.querySelectorAll('[data-row]')) row.classList.toggle('is-open', row.dataset.row === id);
};

document.addEventListener('htmx:confirm', (event) => {
  const link = event.target.closest?.('[data-open], [data-new], [data-tab]');
  if (!link || !unsaved()) return;
  if (!confirm('Discard what you have changed?')) event.preventDefault();
});

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.target.id !== 'panel') return;
  const panel = event.target.querySelector('[data-record]');
  const id = panel?.dataset.record ?? '';
  mark(id);
  const row = id && document.querySelector(`[data-row="${CSS.escape(id)}"] [data-open]`);
  if (row) history.replaceState(history.state, '', row.dataset.open);
  panel?.querySelector('.field input:not([type=hidden]), .field textarea, .field select')?.focus({ preventScroll: true });
});

function close(force) {
  if (!force && unsaved() && !confirm('Discard what you have changed?')) return;
  const panel = document.getElementById('panel');
  const row = document.querySelector('.is-open [data-open]');
  panel.replaceChildren();
  mark('');
  const address = new URL(location.href);
  address.searchParams.delete('r');
  history.replaceState(history.state, '', address);
  row?.focus();
}

document.addEventListener('deleted', (event) => {
  closeDialog();
  if (document.querySelector('#panel [data-record]')?.dataset.record === event.detail.id) close(true);
  window.htmx.trigger(document.body, 'changed');
});

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-close-panel]') || !document.getElementById('rows')) return;
  event.preventDefault();
  close();
});

document.addEventListener('keydown', (event) => {
  const panel = document.querySelector('.split #panel .panel');
  if (event.key === 'Escape' && panel && !document.querySelector('dialog[open], [popover]:popover-open') && !event.target.closest('[role=combobox], .is-editing')) close();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const rows = [...document.querySelectorAll('[data-row] [data-open]')];
  const at = rows.findIndex((row) => row.closest('.is-open, tr:focus-within'));
  rows[at + step]?.click();
});
