// The drafts of the form of a record. They have neither passwords nor files.
import { begin } from './draft.js';
import { addMarks, marksOf } from './marks.js';
import { choose } from './record.js';

const inputsOf = (form, name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

/** The field of an input. A point has two inputs. */
export const fieldName = (name) => name.replace(/\.(lat|lon)$/, '');

/** Whether the field is a password or a file field. */
const isSecret = (form, name) => inputsOf(form, name).some((input) => input.closest('.field')?.querySelector('[data-password], [data-files]'));

/** The titles of the related records in the form, by id. */
export const labelsOf = (form) => Object.fromEntries([...form.querySelectorAll('[data-relation] [data-item]')].map((item) => [item.querySelector('input').value, item.querySelector('[data-label]').textContent]));

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

const kindOf = (form, { dataset }) => ({
  key: `${dataset.live}/${dataset.record || 'new'}`,
  isNew: !dataset.record,
  keeps: (name) => inputsOf(form, name).length > 0 && !isSecret(form, name),
  more(names, old) {
    const marks = Object.entries(marksOf(form)).filter(([mark]) => names.some((name) => mark.replace(/^#/, '') === fieldName(name)));
    return { labels: { ...old?.labels, ...labelsOf(form) }, base: { ...old?.base, ...Object.fromEntries(marks) } };
  },
  follow(draft) {
    const ids = Object.entries(marksOf(form)).filter(([mark]) => mark.startsWith('#'));
    const present = (field) => ids.find(([, id]) => id === draft.base?.[`#${field}`])?.[0].slice(1) ?? field;
    const rename = (all, read) => Object.fromEntries(Object.entries(all ?? {}).map(([name, value]) => [name.replace(read, present), value]));
    return { ...draft, values: rename(draft.values, /^\w+/), base: rename(draft.base, /\w+/) };
  },
  titles: (names) => [...new Set(names.map(fieldName))],
  place(banner) {
    banner.classList.add('banner-bar');
    form.before(banner);
  },
  fill: (name, list, draft) => fill(form, name, list, draft.labels),
  // The marks of the draft let a save detect changes that others have made since the draft.
  filled: (draft) => addMarks(form, draft.base),
});

document.addEventListener('htmx:load', (event) => {
  const form = event.target.querySelector?.('#panel form.panel-form') ?? (event.target.closest?.('#panel') && event.target.querySelector('form.panel-form'));
  if (form) begin(form, kindOf(form, form.closest('[data-record]')));
});
