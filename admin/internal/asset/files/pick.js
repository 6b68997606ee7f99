// Inputs that search for a record (data-picker), and parts of a form that are shown for one of
// several choices (data-choose, data-chosen).
import { touched } from './element.js';
import { request } from './session.js';

let asked = 0;

const parts = (picker) => ({ hidden: picker.querySelector('input[type=hidden]'), input: picker.querySelector('[role=combobox]'), list: picker.querySelector('[role=listbox]') });

function close(picker) {
  const { input, list } = parts(picker);
  list.hidden = true;
  input.ariaExpanded = 'false';
  input.removeAttribute('aria-activedescendant');
}

/** Shows the records that match the words in the input. */
async function open(picker) {
  const { input, list } = parts(picker);
  const mine = ++asked;
  const answer = await request(`/_/find?${new URLSearchParams({ in: picker.dataset.in, q: input.value })}`).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const found = await answer.json();
  if (mine !== asked || document.activeElement !== input) return;
  list.id ||= `found-${crypto.randomUUID()}`;
  input.setAttribute('aria-controls', list.id);
  list.replaceChildren(
    ...found.map((item, i) => {
      const option = document.createElement('li');
      option.setAttribute('role', 'option');
      option.id = `${list.id}-${i}`;
      option.dataset.id = item.id;
      option.dataset.title = item.label;
      const id = document.createElement('span');
      id.className = 'muted small mono';
      id.textContent = item.label === item.id ? '' : item.id;
      option.append(item.label, id);
      return option;
    }),
  );
  list.hidden = found.length === 0;
  input.ariaExpanded = String(found.length > 0);
  mark(picker, 0);
}

function mark(picker, at) {
  const { input, list } = parts(picker);
  const options = [...list.children];
  if (options.length === 0) return;
  const chosen = options[(at + options.length) % options.length];
  for (const option of options) option.setAttribute('aria-selected', String(option === chosen));
  input.setAttribute('aria-activedescendant', chosen.id);
  chosen.scrollIntoView({ block: 'nearest' });
}

function take(picker, option) {
  const { hidden, input } = parts(picker);
  hidden.value = option.dataset.id;
  input.value = input.dataset.chosen = option.dataset.title;
  close(picker);
  touched(hidden);
}

document.addEventListener('input', (event) => {
  const picker = event.target.closest('[data-picker]');
  if (!picker) return;
  event.stopPropagation(); // typed words are not a choice yet
  close(picker); // the list has the records for the earlier words
  asked++;
  clearTimeout(picker.timer);
  picker.timer = setTimeout(() => open(picker), 150);
}, true);
document.addEventListener('focusin', (event) => {
  const picker = event.target.matches('[data-picker] [role=combobox]') && event.target.closest('[data-picker]');
  if (!picker) return;
  event.target.select();
  if (!parts(picker).hidden.value) open(picker);
});
document.addEventListener('focusout', (event) => {
  const picker = event.target.closest('[data-picker]');
  if (!picker || picker.contains(event.relatedTarget)) return;
  close(picker);
  const { hidden, input } = parts(picker);
  if (input.value.trim()) input.value = input.dataset.chosen ?? input.defaultValue; // restores the title of the chosen record
  else if (hidden.value) {
    hidden.value = input.dataset.chosen = '';
    touched(hidden);
  }
});
document.addEventListener('keydown', (event) => {
  const picker = event.target.closest?.('[data-picker]');
  if (!picker) return;
  const { list } = parts(picker);
  const options = [...list.children];
  const at = options.findIndex((option) => option.ariaSelected === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (list.hidden) open(picker);
    else mark(picker, at + step);
  } else if (event.key === 'Enter') {
    event.preventDefault();
    if (!list.hidden && options[at]) take(picker, options[at]);
  } else if (event.key === 'Escape' && !list.hidden) {
    event.stopPropagation();
    close(picker);
  }
});
document.addEventListener('mousedown', (event) => {
  const option = event.target.closest('[data-picker] [role=option]');
  if (!option) return;
  event.preventDefault(); // the input keeps the focus
  take(option.closest('[data-picker]'), option);
});

document.addEventListener('change', (event) => {
  const choice = event.target.closest('[data-choose]');
  if (choice) for (const part of choice.parentElement.querySelectorAll(':scope > [data-chosen]')) part.hidden = part.dataset.chosen !== event.target.value;
  if (event.target.matches('[data-picks]')) {
    const picker = event.target.parentElement.querySelector('[data-picker]');
    picker.dataset.in = event.target.value;
    const { hidden, input } = parts(picker);
    hidden.value = input.value = input.dataset.chosen = '';
  }
});
