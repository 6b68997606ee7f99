// The form for the definition of a collection: marks fields for deletion and restores them, shows
// typed names in the headings, and sends a confirmed change again.
import { closeDialog } from './dialog.js';

const touched = (node) => node.dispatchEvent(new Event('change', { bubbles: true }));

function toggleField(button) {
  const item = button.closest('[data-item]');
  if (item.classList.contains('is-new')) {
    const list = item.parentElement;
    item.remove();
    touched(list);
    return;
  }
  const gone = item.classList.toggle('is-del');
  item.querySelector('[data-order]').disabled = gone;
  item.querySelector('[data-gone]').hidden = !gone;
  button.querySelector('span').textContent = gone ? 'Put back' : button.dataset.deleteField;
  touched(item);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-delete-field]');
  if (button) toggleField(button);
  if (event.target.closest('[data-confirm]')) {
    const name = document.querySelector('[data-confirm-name]').value;
    const form = document.querySelector('form:has([data-confirmed])');
    form.querySelector('[data-confirmed]').value = name || '?';
    closeDialog();
    form.requestSubmit();
    form.querySelector('[data-confirmed]').value = '';
  }
});

document.addEventListener('input', (event) => {
  const item = event.target.closest('.fl');
  if (item && /\.(name|pattern)$/.test(event.target.name) && !event.target.readOnly) item.querySelector('[data-name-of]').textContent = event.target.value;
});

document.addEventListener('htmx:load', (event) => {
  if (event.target.matches?.('.fl.is-new')) {
    event.target.querySelector('input:not([type=hidden])').focus();
    touched(event.target);
  }
});

document.addEventListener('change', (event) => {
  const rule = event.target.matches('[data-mode]') && event.target.closest('[data-rule]');
  if (rule) rule.querySelector('[data-text]').hidden = event.target.value !== 'rule';
  if (event.target.name === 'type' && document.querySelector('[data-view-query]')) document.querySelector('[data-view-query]').hidden = event.target.value !== 'view';
});
