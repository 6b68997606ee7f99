// Keeps the values that the user types while a record is being saved. The response to the save
// replaces the form; the new form gets these values, the focus and the scroll position. If the user
// has saved again meanwhile, the new form is saved at once.
import { fieldName, fill, labelsOf } from './drafts.js';
import { changed, unequal, values } from './form.js';
import { addMarks, marksOf } from './marks.js';

const sent = new WeakMap(); // by form, at its last request: { all: the values, names: the fields in the request }
const again = new WeakSet(); // forms that the user has submitted again during their save
// The state of a form whose save was answered, until the new form is ready: { values, files,
// labels, marks, save, focus, top, scroll }.
let kept = null;

const isForm = (node) => node?.matches?.('#panel form.panel-form') ?? false;
const bodyOf = (form) => form.querySelector('.panel-body');
const fileInputOf = (form, name) => form.querySelector(`input[type=file][name="${CSS.escape(name)}"]`);

/** A selector for an element within its form; "" for an element without id and name. */
function selectorOf(node) {
  const own = node.closest('[data-own-input]');
  if (own) return `[data-field="${CSS.escape(own.closest('[data-field]').dataset.field)}"] [data-own-input]`;
  if (node.id) return `#${CSS.escape(node.id)}`;
  if (node.matches('[data-save]')) return '[data-save]';
  if (!node.name) return '';
  return `[name="${CSS.escape(node.name)}"]${node.type === 'checkbox' ? `[value="${CSS.escape(node.value)}"]` : ''}`;
}

document.addEventListener('submit', (event) => {
  if (isForm(event.target) && event.target.classList.contains('htmx-request')) again.add(event.target);
}, true);
document.addEventListener('htmx:beforeRequest', (event) => {
  if (isForm(event.target)) sent.set(event.target, { all: values(event.target), names: changed(event.target).map(fieldName) });
});

document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target.id === 'panel') kept = null; // the response may show another record
  const form = event.detail.requestConfig?.elt;
  if (event.detail.xhr.status !== 200 || !sent.has(form) || !form.isConnected) return;
  const { all: then, names: saved } = sent.get(form);
  const now = values(form);
  const names = unequal(then, now);
  const focused = form.contains(document.activeElement) ? document.activeElement : null;
  kept = {
    values: names.map((name) => [name, (now.get(name) ?? []).filter((value) => typeof value === 'string')]),
    files: names.map((name) => [name, (now.get(name) ?? []).filter((value) => value instanceof File && !then.get(name)?.includes(value))]),
    labels: labelsOf(form),
    // A field that was not in the request keeps its mark, so that its next save detects changes by
    // other users.
    marks: Object.entries(marksOf(form)).filter(([field]) => names.some((name) => fieldName(name) === field) && !saved.includes(field)),
    save: again.has(form) && names.length > 0,
    focus: focused ? selectorOf(focused) : '',
    top: focused?.getBoundingClientRect().top,
    scroll: bodyOf(form).scrollTop,
  };
});

document.addEventListener('htmx:afterSwap', (event) => {
  const form = kept && event.target.querySelector?.('form.panel-form');
  if (!form) return;
  bodyOf(form).scrollTop = kept.scroll;
  if (kept.focus && !form.contains(document.activeElement)) form.querySelector(kept.focus)?.focus({ preventScroll: true });
});

document.addEventListener('htmx:load', (event) => {
  const form = kept && event.target.querySelector?.('form.panel-form');
  if (!form) return;
  for (const [name, list] of kept.values) if (!fileInputOf(form, name)) fill(form, name, list, kept.labels);
  for (const [name, files] of kept.files) choose(fileInputOf(form, name), files);
  addMarks(form, Object.fromEntries(kept.marks));
  if (kept.values.length > 0) form.dispatchEvent(new Event('change', { bubbles: true }));
  if (kept.save) form.requestSubmit();
});

/** Adds files to a file field. */
function choose(input, files) {
  if (!input || files.length === 0) return;
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  input.files = data.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Restores the focus and the scroll position when large inputs and custom elements have their final size. */
document.addEventListener('inputsready', (event) => {
  const form = kept && event.target.querySelector?.('form.panel-form');
  if (!form) return;
  const input = kept.focus && form.querySelector(kept.focus);
  bodyOf(form).scrollTop = kept.scroll;
  if (document.activeElement === document.body) input?.focus?.({ preventScroll: true });
  if (input && bodyOf(form).contains(input)) bodyOf(form).scrollTop += input.getBoundingClientRect().top - kept.top;
  kept = null;
});
