// Drafts: unsaved values of the form of a record stay in this browser for a week, and the form
// offers them when it is opened again. Drafts have neither passwords nor files.
import { edited, first, values } from './form.js';
import { prefix, read, write } from './kept.js';
import { choose } from './record.js';
import { local } from './time.js';
import { say } from './toast.js';

const wait = 300; // milliseconds after the last key
const keys = new WeakMap(); // the storage keys of the drafts, by form
let timer;

const forms = () => document.querySelectorAll('#panel form.panel-form');
const inputsOf = (form, name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

/** The field of an input. A point has two inputs. */
export const fieldName = (name) => name.replace(/\.(lat|lon)$/, '');

/** Whether the field is a password or a file field, which a draft leaves out. */
const isSecret = (form, name) => inputsOf(form, name).some((input) => input.closest('.field')?.querySelector('[data-password], [data-files]'));

/** The titles of the related records in the form, by id. */
export const labelsOf = (form) => Object.fromEntries([...form.querySelectorAll('[data-relation] [data-item]')].map((item) => [item.querySelector('input').value, item.querySelector('[data-label]').textContent]));

/** Stores the values that differ from the values with which the form was opened. */
function keep(form) {
  const key = keys.get(form);
  if (!key || !form.isConnected) return;
  const old = form.closest('[data-record]').querySelector('[data-draft]:not([hidden])') ? read(key) : null; // neither restored nor discarded yet
  const names = edited(form).filter((name) => !isSecret(form, name));
  if (names.length === 0 && !old) {
    localStorage.removeItem(key);
    return;
  }
  const now = values(form);
  const marks = JSON.parse(form.querySelector('[name=_base]')?.value ?? '{}');
  const draft = { at: Date.now(), values: { ...old?.values }, labels: { ...old?.labels, ...labelsOf(form) }, base: { ...old?.base } };
  for (const name of names) {
    draft.values[name] = now.get(name) ?? [];
    const field = fieldName(name);
    if (marks[field]) draft.base[field] = marks[field];
  }
  write(key, draft);
}

/** Deletes the draft of the form after a save, or after its changes were discarded. */
function forget(form = document.querySelector('#panel form.panel-form')) {
  if (!form) return;
  clearTimeout(timer);
  localStorage.removeItem(keys.get(form));
  keys.delete(form);
}

/** Sets the inputs with the name to the values in list. labels has the titles of related records by id. */
export function fill(form, name, list, labels) {
  const inputs = inputsOf(form, name);
  const relation = form.querySelector(`[data-relation="${CSS.escape(name)}"]`);
  if (relation) {
    relation.querySelector('[data-chosen]').replaceChildren();
    for (const id of list) if (id) choose(relation, id, labels[id] ?? id);
    return;
  }
  const boxes = inputs.filter((input) => input.type === 'checkbox');
  for (const box of boxes) box.checked = list.includes(box.value);
  const input = inputs.at(-1);
  if (!input || boxes.length > 0) return;
  input.value = list.at(-1) ?? '';
  input.dispatchEvent(new Event('restored')); // rich.js and date.js then show the value
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

function restore(form) {
  const draft = read(keys.get(form));
  form.closest('[data-record]').querySelector('[data-draft]').hidden = true;
  if (!draft) return;
  for (const [name, list] of Object.entries(draft.values)) fill(form, name, list, draft.labels);
  const base = form.querySelector('[name=_base]');
  // The marks of the draft let a save detect changes that others have made since the draft.
  if (base) base.value = JSON.stringify({ ...JSON.parse(base.value), ...draft.base });
  form.dispatchEvent(new Event('change', { bubbles: true }));
  say('The draft is restored');
  form.querySelector('[data-save]').focus();
}

/** Offers the draft of the form, unless all its values equal the stored ones. */
function offer(form) {
  const panel = form.closest('[data-record]');
  const key = `${prefix}${document.body.dataset.account}/${panel.dataset.live}/${panel.dataset.record || 'new'}`;
  keys.set(form, key);
  const draft = read(key);
  const start = first(form);
  const names = Object.keys(draft?.values ?? {}).filter((name) => JSON.stringify(start.get(name) ?? []) !== JSON.stringify(draft.values[name]));
  if (names.length === 0) {
    localStorage.removeItem(key);
    return;
  }
  const banner = panel.querySelector('[data-draft]');
  banner.querySelector('[data-draft-fields]').textContent = [...new Set(names.map(fieldName))].join(', ');
  banner.querySelector('[data-draft-restore]').textContent = `Restore draft (${local(new Date(draft.at).toISOString())})`;
  banner.hidden = false;
}

document.addEventListener('htmx:load', (event) => {
  const form = event.target.querySelector?.('#panel form.panel-form') ?? (event.target.closest?.('#panel') && event.target.querySelector('form.panel-form'));
  if (form && !keys.has(form)) offer(form);
});

function later(event) {
  const form = event.target.closest?.('#panel form.panel-form');
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(keep, wait, form);
}
document.addEventListener('input', later);
document.addEventListener('change', later);
function keepAll() {
  for (const form of forms()) keep(form);
}
addEventListener('pagehide', keepAll);
document.addEventListener('leave', keepAll, true); // the panel may show another form at once

document.addEventListener('click', (event) => {
  if (event.target.closest('#panel [data-discard]')) forget();
  const banner = event.target.closest('[data-draft]');
  const form = banner?.closest('[data-record]').querySelector('form.panel-form');
  if (event.target.closest('[data-draft-restore]')) restore(form);
  else if (event.target.closest('[data-draft-discard]')) {
    banner.hidden = true;
    localStorage.removeItem(keys.get(form));
    keep(form); // values typed since the draft was offered
  }
});

/** A successful save deletes the draft. A refused save has another status than 200. */
document.addEventListener('htmx:beforeOnLoad', (event) => {
  const form = event.detail.requestConfig.elt;
  if (event.detail.xhr.status === 200 && keys.has(form)) forget(form);
});
