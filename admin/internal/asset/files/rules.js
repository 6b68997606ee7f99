// Tables in forms with rows that can be added and removed, presets of inputs, and buttons that test
// settings.
import { touched } from './element.js';

document.addEventListener('click', (event) => {
  const add = event.target.closest('[data-add-row]');
  if (add) {
    const table = add.closest('[data-together]');
    const rows = table.querySelector('[data-rows]');
    rows.append(table.querySelector('template').content.cloneNode(true));
    rows.lastElementChild.querySelector('input').focus();
    touched(rows);
  }
  const remove = event.target.closest('[data-remove-row]');
  if (remove) {
    const rows = remove.closest('[data-rows]');
    remove.closest('tr').remove();
    touched(rows);
  }
});

/** A preset replaces the value of the input of its field, or adds its lines to a textarea. */
document.addEventListener('click', (event) => {
  const preset = event.target.closest('[data-preset]');
  if (!preset) return;
  const input = preset.closest('.field').querySelector('input, textarea');
  const { preset: text } = preset.dataset;
  input.value = input.matches('textarea') ? [...new Set([...input.value.split('\n'), ...text.split('\n')])].filter(Boolean).join('\n') : text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
});

/** A test sends the inputs around its button, whose names begin with "_". */
document.addEventListener('htmx:configRequest', (event) => {
  if (!event.target.matches?.('[data-try]')) return;
  const { formData } = event.detail;
  for (const name of [...formData.keys()]) formData.delete(name);
  for (const input of event.target.closest('[data-trial]').querySelectorAll('[name]')) formData.set(input.name.slice(1), input.value);
});
