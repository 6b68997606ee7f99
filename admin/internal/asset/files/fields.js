// The form for the definition of a collection: marks fields and indexes for deletion and restores
// them, shows typed names in the headings, offers the columns of indexes, and sends a confirmed
// change again.
import { ajax } from './ajax.js';
import { closeDialog } from './dialog.js';
import { touched } from './element.js';
import { request } from './session.js';
import { announce, say } from './toast.js';

function toggleField(button) {
  const item = button.closest('[data-item]');
  if (item.classList.contains('is-new')) {
    const list = item.parentElement;
    item.remove();
    touched(list);
    return;
  }
  const gone = item.classList.toggle('is-del');
  item.querySelector('[data-order]').disabled = gone;
  item.querySelector('[data-gone]').hidden = !gone;
  button.querySelector('span').textContent = gone ? 'Put back' : button.dataset.deleteField;
  touched(item);
}

/** Deletes the field or index with the focus, or takes the deletion back. */
document.addEventListener('keydown', (event) => {
  if (!['Delete', 'Backspace'].includes(event.key) || !event.target.matches('.fl-row, .fl > [data-grip]')) return;
  const item = event.target.closest('[data-item]');
  const button = item.querySelector('[data-delete-field]');
  if (!button || button.matches(':disabled')) return; // system fields and locked forms have no button
  event.preventDefault();
  const next = item.nextElementSibling ?? item.previousElementSibling;
  toggleField(button);
  if (!item.isConnected) next?.querySelector('summary').focus();
  else announce(`${item.querySelector('[data-name-of]').textContent} is ${item.matches('.is-del') ? 'deleted when you save' : 'put back'}`);
});

let pressed = null; // the column button to focus again when its row is replaced: { key, column }

/** Shows a button for each field of the form. It adds the field to the index or removes it. */
function offerColumns(row) {
  const group = row.querySelector('[data-columns]');
  const focused = pressed?.key === row.dataset.key ? pressed.column : group.contains(document.activeElement) && document.activeElement.dataset.column;
  const chosen = group.dataset.columns.split('\n');
  const names = [...document.querySelectorAll('#fieldlist > :not(.is-del) [name$=".name"]')].map((input) => input.value).filter(Boolean);
  group.replaceChildren(...names.map((name) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn btn-s mono';
    button.dataset.column = button.textContent = name;
    button.ariaPressed = String(chosen.includes(name));
    return button;
  }));
  if (focused) group.querySelector(`[data-column="${CSS.escape(focused)}"]`)?.focus();
  pressed = null;
}

/** Adds a column to an index, or removes it. */
function toggleColumn({ dataset: { column } }, row) {
  const { index, key } = row.dataset;
  pressed = { key, column };
  ajax('POST', index, { source: row, target: row, swap: 'outerHTML', values: { _key: key, _column: column } });
}

document.addEventListener('toggle', (event) => {
  if (event.target.open && event.target.parentElement?.matches('[data-index]')) offerColumns(event.target.parentElement);
}, true);

// Drops an answer for a row that was deleted meanwhile, because the answer would restore the row.
document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target.matches('.fl.is-del')) event.detail.shouldSwap = false;
});

document.addEventListener('click', (event) => {
  const column = event.target.closest('[data-column]');
  if (column) toggleColumn(column, column.closest('[data-index]'));
  const button = event.target.closest('[data-delete-field]');
  if (button) toggleField(button);
});

/** Submits the form of the page again, with the name that was typed in the dialog. */
function confirm() {
  const name = document.querySelector('[data-confirm-name]').value;
  const form = document.querySelector('form:has([data-confirmed])');
  form.querySelector('[data-confirmed]').value = name || '?';
  closeDialog();
  form.requestSubmit();
  form.querySelector('[data-confirmed]').value = '';
}
document.addEventListener('click', (event) => event.target.closest('button[data-confirm]') && confirm());
document.addEventListener('submit', (event) => {
  if (!event.target.matches('form[data-confirm]')) return;
  event.preventDefault();
  confirm();
});

/** Writes _ for other characters than letters, digits and _ in names of collections and fields. */
document.addEventListener('input', ({ target, isComposing }) => {
  if (isComposing || !target.matches('#new-name, #collection-name, #duplicate-name, #target-name, #fieldlist [name$=".name"]')) return;
  const at = target.selectionStart;
  const name = target.value.replace(/\W/g, '_');
  if (name === target.value) return;
  target.value = name;
  target.setSelectionRange(at, at);
});

let checks = 0; // counts the checks of names; only the response to the last check is shown

/** Shows the problems of the typed names, such as a reserved name. */
async function checkNames(form) {
  const check = ++checks;
  const answer = await request(`${form.getAttribute('hx-post')}/names`, { method: 'POST', body: new FormData(form), isBackground: true }).catch(() => null);
  const problems = answer?.ok ? await answer.json() : {};
  if (!answer?.ok || check !== checks) return;
  for (const input of form.querySelectorAll('#collection-name, #fieldlist [name$=".name"]')) {
    const place = input.closest('.field').querySelector('[data-error]');
    const problem = problems[input.name] ?? '';
    if (input.value === '') continue; // empty names are reported by the save
    place.id ||= `error-${crypto.randomUUID()}`;
    place.textContent = problem;
    place.hidden = problem === '';
    if (problem) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    input.setAttribute('aria-describedby', place.id);
  }
}
document.addEventListener('change', ({ target }) => target.matches('#collection-name, #fieldlist [name$=".name"]') && checkNames(target.form));

/** Shows a typed name of a field, or pattern of a channel, in its heading. */
document.addEventListener('input', ({ target }) => {
  const item = target.closest('.fl');
  if (item && target === item.querySelector('[name$=".name"], [name$=".pattern"]')) item.querySelector('[data-name-of]').textContent = target.value;
});

document.addEventListener('htmx:load', (event) => {
  const row = event.target;
  if (!row.matches?.('.fl')) return;
  if (row.matches('[data-index]')) offerColumns(row);
  else if (row.matches('.is-new')) row.querySelector('input:not([type=hidden])').focus();
  touched(row);
});

/** Handles the server event targetcreated: the relation takes the collection created for it. */
document.addEventListener('targetcreated', ({ detail }) => {
  closeDialog();
  for (const select of document.querySelectorAll('#fieldlist select[name$=".collectionId"]')) select.add(new Option(detail.name, detail.id));
  const target = document.querySelector(`[name="${CSS.escape(`fields.${detail.key}.collectionId`)}"]`);
  if (target) {
    target.value = detail.id;
    touched(target);
    target.focus();
  }
  say(detail.words);
});

/** Shows the badge of a field while the checkbox of the badge is checked. */
document.addEventListener('change', ({ target }) => {
  const badge = target.matches('.fl input[type=checkbox]') && target.closest('.fl').querySelector(`[data-badge="${target.name.split('.').at(-1)}"]`);
  if (badge) badge.hidden = !target.checked;
});

document.addEventListener('change', (event) => {
  const rule = event.target.matches('[data-mode]') && event.target.closest('[data-rule]');
  if (rule) {
    rule.querySelector('[data-text]').hidden = event.target.value !== 'rule';
    rule.querySelector('[data-open-words]')?.toggleAttribute('hidden', event.target.value !== 'open');
  }
  if (event.target.name === 'type' && document.querySelector('[data-view-query]')) document.querySelector('[data-view-query]').hidden = event.target.value !== 'view';
});
