// Forms that scripts send (data-form): changed values are marked and counted, and only they are
// sent; problems are shown below their inputs; leaving the page asks before typed values are lost.
import { ajax } from './ajax.js';
import { ask } from './ask.js';
import { prepare } from './element.js';
import { addMarks, marksOf } from './marks.js';
import { say } from './toast.js';

let leaving = false; // the page may be left: by a choice of the user, or after a save
const left = new WeakSet(); // forms whose changes the user has chosen to lose
const firsts = new WeakMap(); // by form: the first values by name; empty for a new document, whose values are all sent
const starts = new WeakMap(); // by form: the values by name with which it was opened

const isEmptyFile = (value) => value instanceof File && value.size === 0 && value.name === '';
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

/** The values of a form by name, in their order. A file never equals an earlier value. */
export function values(form) {
  const all = new Map();
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith('_')) continue;
    if (!all.has(name)) all.set(name, []);
    if (!isEmptyFile(value)) all.get(name).push(value);
  }
  return all;
}

/** The names in two maps of values, each once. */
const namesIn = (a, b) => [...new Set([...a.keys(), ...b.keys()])];

/** The names whose values differ between two maps of values. */
export const unequal = (a, b) => namesIn(a, b).filter((name) => !same(a.get(name) ?? [], b.get(name) ?? []));

/** The names whose values differ from the first values. */
export function changed(form) {
  const before = firsts.get(form) ?? new Map();
  const now = values(form);
  const differ = unequal(before, now);
  for (const { dataset } of form.querySelectorAll('[data-together]')) {
    const together = namesIn(before, now).filter((name) => name.startsWith(`${dataset.together}.`));
    if (together.some((name) => differ.includes(name))) differ.push(...together.filter((name) => !differ.includes(name)));
  }
  return differ;
}

/** The values with which the form was opened. */
export const first = (form) => starts.get(form) ?? new Map();

/** The names whose values differ from the values with which the form was opened. */
export const edited = (form) => unequal(first(form), values(form));

/** Makes the current values of a field count as the values with which the form was opened. */
export function accept(form, field) {
  const now = values(form);
  const start = first(form);
  for (const name of namesIn(start, now)) {
    if (name !== field && !name.startsWith(`${field}.`)) continue;
    if (now.has(name)) start.set(name, now.get(name));
    else start.delete(name);
  }
  show(form);
}

/** The visible input of a field, for its label: a custom element (own.js) or an input. */
export const inputOf = (field) =>
  field?.querySelector('[data-own-input]') ??
  field?.querySelector('.rich > :is(.rich-text, textarea):not([hidden])') ?? field?.querySelector('input:not([type=hidden], .rich *), textarea:not(.rich *), select:not(.rich *)');

/** Takes start as the values with which the form was opened. For a form that has begun already it does nothing. */
function begin(form, start = values(form)) {
  if (starts.has(form)) return;
  starts.set(form, start);
  firsts.set(form, form.dataset.form === 'new' ? new Map() : starts.get(form));
  show(form);
}

/** The label of the input with a name. */
function titleOf(form, name) {
  const input = form.querySelector(`[name="${CSS.escape(name)}"]:not([type=hidden])`) ?? form.querySelector(`[name="${CSS.escape(name)}"]`);
  const field = input?.closest('.fl')?.querySelector('[data-name-of]');
  if (field) return isOrder(name) ? 'the order' : field.textContent || 'a new entry';
  const titled = input?.closest('[data-title]');
  if (titled) return titled.dataset.title;
  const label = !form.classList.contains('panel-form') && input?.labels?.[0];
  return label ? label.innerText.split('\n')[0] : name;
}

const isOrder = (name) => /(^|\.)order$/.test(name);

/** The labels of the inputs with the names, each once. A deleted entry of a list has its own label. */
export function titlesOf(form, names) {
  const gone = [...form.querySelectorAll('.is-del [data-name-of]')].map((name) => `${name.textContent} is deleted`);
  return [...new Set([...gone, ...names.filter((name) => !isOrder(name) || isMoved(form, name)).map((name) => titleOf(form, name))])];
}

/** Whether the remaining entries of a list are in another order than at first. */
function isMoved(form, name) {
  const before = first(form).get(name) ?? [];
  const now = values(form).get(name) ?? [];
  return !same(before.filter((key) => now.includes(key)), now.filter((key) => before.includes(key)));
}

/** The labels of the inputs that were edited since the form was opened. */
export const titles = (form) => titlesOf(form, edited(form));

/** Adds the button that reverts a field of a record to its stored value, or removes the button. */
function offerRevert(field, is) {
  const button = field.querySelector(':scope > .revert');
  if (!is) button?.remove();
  if (!is || button) return;
  const made = Object.assign(document.createElement('button'), { type: 'button', className: 'link small revert', textContent: 'Revert', ariaLabel: `Revert ${field.dataset.field}` });
  made.dataset.take = field.dataset.field;
  field.append(made);
}

/** Marks changed fields and shows their number in the footer of the form. */
function show(form) {
  const names = changed(form);
  for (const field of form.querySelectorAll('[data-field]')) {
    const inside = names.some((name) => name === field.dataset.field || name.startsWith(`${field.dataset.field}.`));
    const is = form.dataset.form !== 'new' && inside;
    field.classList.toggle('is-changed', is);
    if (form.matches('.panel-form')) offerRevert(field, is);
  }
  const bar = form.querySelector('[data-savebar]');
  if (!bar || form.dataset.form === 'new') return;
  const list = titlesOf(form, names);
  bar.querySelector('[data-changes]').textContent = list.length === 0 ? '' : `${list.length === 1 ? '1 change' : `${list.length} changes`}: ${list.join(', ')}`;
  bar.querySelector('[data-discard]').hidden = names.length === 0;
}

/** Removes the problems of an earlier answer. */
function clear(form) {
  for (const place of form.querySelectorAll('[data-error]')) place.hidden = true;
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    input.removeAttribute('aria-describedby');
  }
  for (const group of form.querySelectorAll('.has-problem')) group.classList.remove('has-problem');
}

/**
 * The element for the problem of an input. Rows of a table have equal names: the problem of
 * rule.3.label belongs to the fourth input rule.label. If there is no such element, the problem of
 * a.b.c is shown at a.b, or else at a.
 */
function spotOf(form, name) {
  const all = (wanted) => form.querySelectorAll(`[data-error="${CSS.escape(wanted)}"]`);
  const [, list, row, property] = /^(.+)\.(\d+)\.(\w+)$/.exec(name) ?? [];
  const inRow = list && all(`${list}.${property}`)[row];
  if (inRow) return inRow;
  for (; name; name = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '') if (all(name).length > 0) return all(name)[0];
  return null;
}

/** Shows each problem below its input, and focuses the first of these inputs in the form. */
function place(form) {
  let first = null;
  for (const problem of form.querySelectorAll('[data-problem]')) {
    const spot = spotOf(form, problem.dataset.problem);
    if (!spot) continue;
    problem.querySelector('[data-problem-name]')?.remove();
    spot.replaceChildren(...problem.childNodes);
    spot.id ||= `error-${crypto.randomUUID()}`;
    spot.hidden = false;
    for (let at = spot.closest('details'); at; at = at.parentElement.closest('details')) {
      at.open = true;
      at.classList.add('has-problem');
    }
    const input = inputOf(spot.closest('.field'));
    input?.setAttribute('aria-invalid', 'true');
    input?.setAttribute('aria-describedby', spot.id);
    if (input && (!first || input.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING)) first = input;
    problem.remove();
  }
  const box = form.querySelector('[data-problems]');
  if (box && !box.querySelector('[data-problem]')) box.hidden = true;
  (first ?? box)?.scrollIntoView({ block: 'nearest' });
  first?.focus();
}

const formOf = (node) => node?.closest?.('form[data-form]');

document.addEventListener('htmx:load', (event) => {
  for (const form of event.target.querySelectorAll?.('form[data-form]') ?? []) begin(form);
  if (formOf(event.target) === event.target) begin(event.target);
  if (event.target.matches?.('[data-problems]') && formOf(event.target)) place(formOf(event.target));
});
for (const kind of ['input', 'change']) {
  document.addEventListener(kind, (event) => {
    const form = formOf(event.target);
    if (!form) return;
    left.delete(form);
    show(form);
  });
}

document.addEventListener('htmx:configRequest', (event) => {
  const form = event.target.matches?.('form[data-form]') ? event.target : null;
  if (!form) return;
  clear(form);
  if ('whole' in form.dataset) return; // the server deletes entries that are missing in the form
  const names = new Set(changed(form));
  for (const name of new Set(event.detail.formData.keys())) {
    if (name !== '_base' && name !== '_confirmed' && !names.has(name)) event.detail.formData.delete(name);
  }
});

/** A form without changes is not sent. */
document.addEventListener('htmx:confirm', (event) => {
  const form = event.target.matches?.('form[data-form]') ? event.target : null;
  if (!form || form.dataset.form === 'new' || 'always' in form.dataset || changed(form).length > 0) return;
  event.preventDefault();
  say('Nothing was changed');
});

document.addEventListener('click', (event) => {
  const form = event.target.closest('[data-discard]') && formOf(event.target);
  if (!form) return;
  if (form.closest('#panel')) {
    letGo([form]);
    ajax('GET', form.getAttribute('hx-post'), '#panel');
  } else {
    leaving = true;
    location.reload(); // reset() does not restore added and removed rows
  }
});

/** Removes an entry that the stored list does not have any more. */
function removeEntry(form, entry) {
  const key = entry.dataset.field.split('.').at(-1);
  const start = first(form);
  for (const [name, list] of start) if (isOrder(name)) start.set(name, list.filter((other) => other !== key));
  entry.remove();
}

/**
 * Replaces the input of a field by an input with the stored value, read from the server. An entry of a
 * list that is no longer stored is removed. Returns the panel in the response; null if the response
 * has no panel, or if the stored value could not be read.
 */
export async function adopt(form, name) {
  const answer = await ask(form.getAttribute('hx-post'), 'The stored value could not be read.', { headers: { 'HX-Target': 'panel' } });
  const page = new DOMParser().parseFromString((await answer?.text()) ?? '', 'text/html');
  const find = (root) => root.querySelector(`[data-field="${CSS.escape(name)}"]`);
  const old = find(form);
  if (!answer || !old || !form.isConnected) return null;
  if (!page.querySelector('[name=_base]') || (!find(page) && !old.matches('.fl'))) {
    say('The stored value could not be read.', 'danger');
    return null;
  }
  if (find(page)) {
    const fresh = document.importNode(find(page), true);
    old.replaceWith(fresh);
    prepare(fresh);
  } else removeEntry(form, old);
  addMarks(form, { [name]: marksOf(page)[name] });
  accept(form, name);
  return page.querySelector('[data-record]');
}
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-take]');
  const form = button && formOf(button);
  if (!form) return;
  const name = button.dataset.take;
  await adopt(form, name);
  inputOf(form.querySelector(`[data-field="${CSS.escape(name)}"]`))?.focus();
});

document.addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return;
  const part = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document; // the form behind an open dialog is not saved
  const form = formOf(document.activeElement) ?? part.querySelector('form[data-form]:has([data-save])');
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

/** The forms of the page with unsaved changes, or with files that are not stored yet. */
export const unsavedForms = () => [...document.querySelectorAll('form[data-form]')]
  .filter((form) => starts.has(form) && !left.has(form) && (edited(form).length > 0 || form.querySelector('[data-rich-waits]')));

/** Leaves the forms out of unsavedForms until they are changed again. */
export function letGo(forms) {
  for (const form of forms) left.add(form);
}

document.addEventListener('htmx:beforeOnLoad', (event) => {
  if (event.detail.xhr.getResponseHeader('HX-Redirect') && !event.defaultPrevented) leaving = true; // guard.js may have asked a question instead
});
addEventListener('beforeunload', (event) => {
  if (!leaving && unsavedForms().length > 0) event.preventDefault();
});

/** The values in the markup of the server: the user may have changed them before this script has arrived. */
const sentValues = (form) => values(new DOMParser().parseFromString(form.outerHTML, 'text/html').forms[0]);
for (const form of document.querySelectorAll('form[data-form]')) begin(form, sentValues(form));
