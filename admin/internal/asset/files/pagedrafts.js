// The drafts of the forms of pages: settings, and the fields, rules and sign-in of a collection. They
// have no added rows, no passwords and no files.
import { begin } from './draft.js';
import { titlesOf } from './form.js';
import { marksOf, placeOf, setMarks } from './marks.js';

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

/** Puts the marks of a draft into the form: so a save detects changes that others have made since the draft. */
function setMarksOf({ base = {}, opened }) {
  const marks = marksOf(form);
  for (const [path, mark] of Object.entries(base)) {
    const place = placeOf(marks, path);
    if (place) place.holder[place.key] = mark;
  }
  for (const key of ['', 'at']) if (opened && key in marks) marks[key] = opened;
  setMarks(form, marks);
}

const kind = {
  key: location.pathname.slice(1),
  keeps,
  more(names, old, saved) {
    const marks = marksOf(form);
    const after = saved.map((name) => placeOf(marks, name)?.path); // their marks are older than the save
    const places = names.map((name) => placeOf(marks, name)).filter((place) => place && !after.includes(place.path));
    return { opened: old?.opened ?? marks[''] ?? marks.at, base: { ...old?.base, ...Object.fromEntries(places.map(({ path, holder, key }) => [path, holder[key]])) } };
  },
  titles: (names) => titlesOf(form, names),
  place: (banner) => form.prepend(banner),
  fill,
  filled: setMarksOf,
};
if (form && !form.querySelector('.locked')) document.addEventListener('htmx:load', () => begin(form, kind), { once: true });
