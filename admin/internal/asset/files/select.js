// The selection of records in the table, and the actions on it.
import { ajax } from './ajax.js';
import { copyFrom } from './copy.js';
import { closeDialog } from './dialog.js';
import { markRows } from './range.js';
import { say } from './toast.js';

const boxes = () => [...document.querySelectorAll('#rows [data-select]')];
const bar = () => document.querySelector('[data-bulk]');
const chosen = () => boxes().filter((box) => box.checked);
const total = () => document.querySelector('[data-total]')?.textContent.trim() ?? '';

/** Shows the number of selected records in place of the toolbar of the table. */
function show() {
  const form = bar();
  if (!form) return;
  const count = markRows(boxes(), document.querySelector('[data-select-page]')).length;
  const page = boxes().length;
  const all = form.querySelector('[data-all]');
  if (count < page) all.disabled = true;
  form.hidden = count === 0;
  document.querySelector('.tablebar').hidden = count > 0;
  form.querySelector('[data-count]').textContent = all.disabled ? `${count} selected` : `All ${total()} selected`;
  const more = form.querySelector('[data-select-all]');
  if (!more) return; // the filter has a mistake, so its matches are unknown
  more.hidden = !all.disabled || count < page || total() === String(page);
  more.textContent = document.querySelector('[data-search]').defaultValue ? `Select all ${total()} that match` : `Select all ${total()}`;
}

function clear() {
  for (const box of boxes()) box.checked = false;
  bar().querySelector('[data-all]').disabled = true;
  show();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-clear-selection]')) clear();
  if (event.target.closest('[data-select-all]')) {
    bar().querySelector('[data-all]').disabled = false;
    show();
  }
  const copy = event.target.closest('[data-copy-selected]');
  if (copy) copyFrom(`${copy.dataset.copySelected}?${new URLSearchParams(new FormData(bar()))}`);
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-select-page]')) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches('[data-select-page], [data-select]')) show();
});

/** Delete and Backspace ask to delete the selected records. */
document.addEventListener('keydown', (event) => {
  if (!['Delete', 'Backspace'].includes(event.key) || !event.target.matches?.('[data-select], body, .table-wrap, .row-link, td') || chosen().length === 0) return;
  event.preventDefault();
  document.querySelector('[data-delete-selected]').click();
});

document.addEventListener('bulkdone', (event) => {
  closeDialog();
  const { words, undo } = event.detail;
  say(words, 'ok', undo && { label: 'Undo', act: () => ajax('POST', `/_/undo/${undo}`, { target: 'body', swap: 'none' }) });
  window.htmx.trigger(document.body, 'changed');
});

document.addEventListener('htmx:load', (event) => {
  if (event.target.id === 'rows' || event.target.querySelector?.('#rows')) show();
});
