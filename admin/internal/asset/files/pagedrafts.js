// Drafts of the forms of pages: settings, and fields, rules and sign-in of a collection. Unsaved
// values stay in this browser for a week, except values of added rows, passwords and files.
import { button, tag } from './element.js';
import { edited, first, titlesOf, values } from './form.js';
import { icon } from './icon.js';
import { prefix, read, write } from './kept.js';
import { local } from './time.js';
import { say } from './toast.js';

const wait = 300; // milliseconds after the last key
const form = document.querySelector('#main form[data-form="change"]:not(.panel-form)');
const key = `${prefix}${document.body.dataset.account}${location.pathname}`;
let banner = null;
let ended = false; // the form was saved, or its changes were discarded
let timer;

const inputsOf = (name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]:not([type=hidden])`)];
const isBox = (input) => input.type === 'radio' || input.type === 'checkbox';

/** Whether the values with the name belong into a draft: a later page has their inputs, and they are not secret. */
function isKept(name) {
  const inputs = inputsOf(name);
  return inputs.length > 0 && (inputs.length === 1 || inputs.every(isBox)) && inputs.every((input) => !['password', 'file'].includes(input.type) && !input.closest('.is-new, [data-rows]'));
}

function keep() {
  clearTimeout(timer);
  if (ended) return;
  const names = edited(form).filter(isKept);
  const old = banner && read(key); // the draft was neither restored nor discarded yet
  if (names.length === 0 && !old) return localStorage.removeItem(key);
  const now = values(form);
  write(key, { at: Date.now(), values: { ...old?.values, ...Object.fromEntries(names.map((name) => [name, now.get(name) ?? []])) } });
}

function fill(name, list) {
  for (const input of inputsOf(name)) {
    if (isBox(input)) input.checked = list.includes(input.value);
    else input.value = list[0] ?? '';
    for (let at = input.closest('details'); at; at = at.parentElement.closest('details')) at.open = true;
    if (!isBox(input)) input.dispatchEvent(new Event('input', { bubbles: true }));
    if (!isBox(input) || input.checked) input.dispatchEvent(new Event('change', { bubbles: true }));
  }
}

function hideBanner() {
  banner?.remove();
  banner = null;
}

function restore(draft) {
  hideBanner();
  for (const [name, list] of Object.entries(draft.values)) fill(name, list);
  form.dispatchEvent(new Event('change', { bubbles: true }));
  say('The draft is restored');
  form.querySelector('[data-save]')?.focus();
}

/** Offers the draft, unless its values are those of the form, or the form is locked. */
function offer() {
  if (form.querySelector('.locked')) return;
  const draft = read(key);
  const names = Object.keys(draft?.values ?? {}).filter((name) => isKept(name) && JSON.stringify(first(form).get(name) ?? []) !== JSON.stringify(draft.values[name]));
  if (names.length === 0) return localStorage.removeItem(key);
  banner = tag('div', { class: 'banner draft', role: 'status' }, icon('history'),
    tag('span', { class: 'grow' }, `Typed and not saved: ${titlesOf(form, names).join(', ')}`),
    button(`Restore draft (${local(new Date(draft.at).toISOString())})`, 'btn-s', () => restore(draft)),
    button('Discard draft', 'btn-s btn-quiet', () => {
      hideBanner();
      localStorage.removeItem(key);
      keep(); // values typed since the draft was offered
    }));
  form.prepend(banner);
}

if (form) {
  document.addEventListener('htmx:load', offer, { once: true }); // form.js has the first values then
  for (const kind of ['input', 'change']) {
    form.addEventListener(kind, () => {
      ended = false;
      clearTimeout(timer);
      timer = setTimeout(keep, wait);
    });
  }
  document.addEventListener('leave', keep, true);
  addEventListener('pagehide', keep);
  form.addEventListener('click', (event) => event.target.closest('[data-discard]') && end(), true);
  form.addEventListener('htmx:beforeOnLoad', ({ target, detail: { xhr } }) => {
    if (target === form && xhr.status < 300 && xhr.getResponseHeader('HX-Retarget') !== '#dialogs') end();
  });
}

/** Deletes the draft of changes that were saved or discarded. */
function end() {
  ended = true;
  clearTimeout(timer);
  localStorage.removeItem(key);
}
