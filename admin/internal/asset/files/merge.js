// A record that somebody else changes while its form is open: the changed fields are marked, and a
// button shows their new values. A field that was edited here keeps what was typed; its save is a
// conflict, which shows the other value.
import { accept } from './form.js';

const latest = new WeakMap(); // by panel: the panel as the server answers now

const baseOf = (panel) => panel.querySelector('form.panel-form [name=_base]');
const marksOf = (panel) => JSON.parse(baseOf(panel)?.value ?? '{}');
const fieldOf = (panel, name) => panel.querySelector(`form.panel-form [data-field="${CSS.escape(name)}"]`);
const differing = (panel) => {
  const [mine, theirs] = [marksOf(panel), marksOf(latest.get(panel))];
  const names = [...panel.querySelectorAll('form.panel-form [data-field]')].map((field) => field.dataset.field);
  return names.filter((name) => mine[name] !== theirs[name]);
};

/** Marks the fields whose stored values are not those that the form was made from. */
function show(panel) {
  const names = differing(panel);
  for (const field of panel.querySelectorAll('form.panel-form [data-field]')) {
    const is = names.includes(field.dataset.field);
    field.classList.toggle('is-elsewhere', is);
    field.querySelector('[data-elsewhere]')?.remove();
    if (!is) continue;
    const badge = document.createElement('span');
    badge.className = 'badge badge-warn';
    badge.dataset.elsewhere = '';
    badge.textContent = 'changed elsewhere';
    field.querySelector('.label .hint').before(badge);
  }
  const banner = panel.querySelector('[data-live-changed]');
  banner.hidden = names.length === 0 && baseOf(panel) !== null;
  const edited = names.filter((name) => fieldOf(panel, name).classList.contains('is-changed'));
  const button = banner.querySelector('[data-take-changes]');
  if (button) button.hidden = edited.length === names.length;
  const words = names.length === 0 ? '' : `: ${names.join(', ')}`;
  const kept = edited.length === 0 ? '' : ` You have edited ${edited.join(', ')} too.`;
  banner.querySelector('span').textContent = `Somebody else has changed this record${words}. What you have typed stays.${kept}`;
}

/** Compares the panel with the panel as it would be made now. */
export function compare(panel, now) {
  latest.set(panel, now);
  if (panel.querySelector('[data-live-changed]')) show(panel);
}

/** Puts the new values into the fields that were not edited. */
function take(panel) {
  const now = latest.get(panel);
  const form = panel.querySelector('form.panel-form');
  const [mine, theirs] = [marksOf(panel), marksOf(now)];
  for (const name of differing(panel)) {
    const field = fieldOf(panel, name);
    if (field.classList.contains('is-changed')) continue;
    const fresh = document.importNode(fieldOf(now, name), true);
    field.replaceWith(fresh);
    window.htmx.process(fresh);
    accept(form, name);
    fresh.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true, detail: { elt: fresh } }));
    mine[name] = theirs[name];
  }
  baseOf(panel).value = JSON.stringify(mine);
  panel.dataset.mark = now.dataset.mark;
  for (const part of ['.panel-head h2', '.panel-meta']) {
    const fresh = document.importNode(now.querySelector(part), true);
    panel.querySelector(part).replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true, detail: { elt: fresh } }));
  }
  show(panel);
  panel.querySelector('[data-save]').focus();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-take-changes]')) take(event.target.closest('[data-record]'));
});
