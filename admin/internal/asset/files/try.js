// The rule tester beside the rules: its verdicts are shown in the editors too.
import { mark } from './editor.js';

// The ids of unfolded rules and of rules whose SQL is shown. New verdicts restore both.
const opened = new Set();
const explained = new Set();
const replaceable = new WeakMap(); // by the place of a problem: its text, if a verdict may replace it

function unfold(button, open) {
  button.ariaExpanded = String(open);
  button.nextElementSibling.hidden = !open;
  button.lastElementChild.querySelector('use')?.setAttribute('href', button.lastElementChild.querySelector('use').getAttribute('href').replace(/#.*/, open ? '#i-down' : '#i-right'));
}

/** Keeps in a set whether the part of a rule is open. */
function keep(set, rule, open) {
  if (open) set.add(rule);
  else set.delete(rule);
}

document.addEventListener('click', (event) => {
  const summary = event.target.closest('.sql-of > summary');
  if (summary) keep(explained, summary.closest('[data-verdict-of]').dataset.verdictOf, !summary.parentElement.open); // the click turns it
  const button = event.target.closest('[data-unfold]');
  if (!button) return;
  const open = button.ariaExpanded !== 'true';
  keep(opened, button.dataset.unfold, open);
  unfold(button, open);
});

/** Makes a button that replaces the unknown name in the rule by the suggestion. */
function correction(rule, verdict) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'link';
  button.textContent = `Use ${verdict.dataset.meant}`;
  button.addEventListener('click', () => {
    const [{ from, to }] = JSON.parse(verdict.dataset.marks);
    const input = rule.querySelector('textarea');
    input.focus();
    input.setSelectionRange(from, to);
    document.execCommand('insertText', false, verdict.dataset.meant); // execCommand, so that the user can undo it
  });
  return button;
}

/** Shows a verdict of the tester beside its rule. */
function show(verdict) {
  const rule = document.querySelector(`[data-rule="${verdict.dataset.verdictOf}"]`);
  if (!rule) return;
  const badge = rule.querySelector('[data-verdict]');
  const words = { ok: 'allowed', no: 'denied' }[verdict.dataset.state];
  badge.hidden = !words;
  badge.textContent = words ?? '';
  badge.classList.toggle('badge-ok', verdict.dataset.state === 'ok');
  badge.classList.toggle('badge-danger', verdict.dataset.state === 'no');
  const shown = !rule.querySelector('[data-text]').hidden;
  const text = verdict.dataset.problemText;
  const place = rule.querySelector('[data-error]');
  const isOfSave = !place.hidden && place.firstChild !== replaceable.get(place);
  if (!isOfSave) {
    place.replaceChildren(text, ...(verdict.dataset.meant && shown ? [' ', correction(rule, verdict)] : []));
    place.hidden = !text || !shown;
    replaceable.set(place, place.firstChild);
  }
  const warning = rule.querySelector('[data-rule-warning]');
  warning.textContent = verdict.dataset.warningText;
  warning.hidden = !warning.textContent || !shown;
  const input = rule.querySelector('textarea');
  if (isOfSave || (text && shown)) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  mark(rule.querySelector('.ed'), shown ? JSON.parse(verdict.dataset.marks) : []);
}

/** The problem that a save has shown stays until the user changes the rule; a conflict stays until the next save. */
document.addEventListener('input', (event) => {
  const place = event.target.closest('[data-rule]')?.querySelector('[data-error]');
  if (place && !place.querySelector('[data-take]')) replaceable.set(place, place.firstChild);
});

/** A changed rule ends the search for the accounts that the rule before allows. */
document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.target.id !== 'tester') return;
  for (const button of document.querySelectorAll('#verdicts [hx-post]')) window.htmx.trigger(button, 'htmx:abort');
});

document.addEventListener('htmx:afterSwap', () => {
  const verdicts = document.getElementById('verdicts');
  for (const button of verdicts.querySelectorAll('[data-unfold]:not([disabled])')) if (opened.has(button.dataset.unfold)) unfold(button, true);
  for (const verdict of verdicts.querySelectorAll('[data-verdict-of]')) {
    const sql = verdict.querySelector('.sql-of');
    if (sql) sql.open = explained.has(verdict.dataset.verdictOf);
    show(verdict);
  }
});

document.addEventListener('change', (event) => {
  if (event.target.name === '_on') document.querySelector('[data-request]').open ||= event.target.value === 'body';
});
