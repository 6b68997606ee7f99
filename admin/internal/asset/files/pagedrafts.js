// The drafts of the forms of pages: settings, and the fields, rules and sign-in of a collection. They
// have no added rows, no passwords and no files.
import { begin } from './draft.js';
import { titlesOf } from './form.js';

const form = document.querySelector('#main form[data-form="change"]:not(.panel-form)');

const inputsOf = (name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]:not([type=hidden])`)];
const isBox = (input) => input.type === 'radio' || input.type === 'checkbox';

/** Whether the values with the name belong into a draft: a later page has their inputs, and they are not secret. */
function keeps(name) {
  const inputs = inputsOf(name);
  return inputs.length > 0 && (inputs.length === 1 || inputs.every(isBox)) && inputs.every((input) => !['password', 'file'].includes(input.type) && !input.closest('.is-new, [data-rows]'));
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

const kind = {
  key: location.pathname.slice(1),
  keeps,
  titles: (names) => titlesOf(form, names),
  place: (banner) => form.prepend(banner),
  fill,
};
if (form && !form.querySelector('.locked')) document.addEventListener('htmx:load', () => begin(form, kind), { once: true });
