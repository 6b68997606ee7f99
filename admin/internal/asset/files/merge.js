// Changes that somebody else makes to a record while its form is open: the changed fields are
// marked, and a button shows their new values. An edited field keeps the typed value; saving it is
// a conflict, which shows the stored value.
import { prepare, tag } from './element.js';
import { accept } from './form.js';
import { addMarks, marksOf } from './marks.js';

const latest = new WeakMap(); // by panel: the panel in the latest answer of the server

const fieldOf = (panel, name) => panel.querySelector(`form.panel-form [data-field="${CSS.escape(name)}"]`);
const differing = (panel) => {
  const [mine, theirs] = [marksOf(panel), marksOf(latest.get(panel))];
  const names = [...panel.querySelectorAll('form.panel-form [data-field]')].map((field) => field.dataset.field);
  return names.filter((name) => mine[name] !== theirs[name]);
};

/** Marks the fields whose stored values have changed since the form was opened. */
function show(panel) {
  const names = differing(panel);
  for (const field of panel.querySelectorAll('form.panel-form [data-field]')) {
    const is = names.includes(field.dataset.field);
    field.classList.toggle('is-elsewhere', is);
    field.querySelector('[data-elsewhere]')?.remove();
    if (!is) continue;
    const label = 'changed elsewhere';
    const badge = tag('span', { class: 'badge badge-warn', 'data-elsewhere': '', title: label }, label); // the title, since a narrow label cuts the text
    field.querySelector('.label .hint').before(badge);
  }
  const banner = panel.querySelector('[data-live-changed]');
  banner.hidden = names.length === 0 && panel.querySelector('[name=_base]') !== null;
  const edited = names.filter((name) => fieldOf(panel, name).classList.contains('is-changed'));
  const button = banner.querySelector('[data-take-changes]');
  if (button) button.hidden = edited.length === names.length;
  const words = names.length === 0 ? '' : `: ${names.join(', ')}`;
  const kept = edited.length === 0 ? '' : ` You have edited ${edited.join(', ')} too.`;
  banner.querySelector('span').textContent = `Somebody else has changed this record${words}. What you have typed stays.${kept}`;
}

/** Compares the open panel with a new answer of the server, which has the stored values. */
export function compare(panel, now) {
  latest.set(panel, now);
  if (panel.querySelector('[data-live-changed]')) show(panel);
}

/** Sets the fields that were not edited to the new values. */
function take(panel) {
  const now = latest.get(panel);
  const form = panel.querySelector('form.panel-form');
  const [theirs, taken] = [marksOf(now), {}];
  for (const name of differing(panel)) {
    const field = fieldOf(panel, name);
    if (field.classList.contains('is-changed')) continue;
    if (!fieldOf(now, name)) { // somebody has removed the field, or given it another name
      field.remove();
      continue;
    }
    const fresh = document.importNode(fieldOf(now, name), true);
    field.replaceWith(fresh);
    accept(form, name);
    prepare(fresh);
    taken[name] = theirs[name];
  }
  addMarks(form, taken);
  panel.dataset.mark = now.dataset.mark;
  for (const part of ['.panel-head h2', '.panel-meta']) {
    const fresh = document.importNode(now.querySelector(part), true);
    panel.querySelector(part).replaceWith(fresh);
    prepare(fresh);
  }
  show(panel);
  panel.querySelector('[data-save]').focus();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-take-changes]')) take(event.target.closest('[data-record]'));
});
