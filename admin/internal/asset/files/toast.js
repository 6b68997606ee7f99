// Toasts: short notices in a corner, which disappear after a while.
import { icon } from './icon.js';

/** Shows a toast, at most three at a time. action: { label, act } adds a button. */
export function say(words, kind = 'ok', action = undefined) {
  const toast = document.createElement('div');
  toast.className = 'toast';
  toast.dataset.toast = '';
  const text = document.createElement('div');
  text.className = 'grow';
  text.textContent = words;
  toast.append(icon(kind === 'ok' ? 'ok' : 'error', `t-${kind}`), text);
  if (action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn btn-s';
    button.textContent = action.label;
    button.addEventListener('click', () => {
      toast.remove();
      action.act();
    });
    toast.append(button);
  }
  document.getElementById('toasts').append(toast);
  watch(toast);
}

/** Announces words to screen readers without showing them. */
export function announce(words) {
  document.getElementById('said').textContent = words;
}

/** Removes a toast after a while, but not while the pointer is over it. */
function watch(toast) {
  const list = document.getElementById('toasts');
  while (list.children.length > 3) list.firstElementChild.remove();
  let timer;
  const begin = () => (timer = setTimeout(() => toast.remove(), 6000));
  toast.addEventListener('pointerenter', () => clearTimeout(timer));
  toast.addEventListener('pointerleave', begin);
  toast.addEventListener('focusin', () => clearTimeout(timer));
  toast.addEventListener('focusout', begin);
  begin();
}

document.addEventListener('htmx:load', (event) => {
  if (event.target.matches?.('[data-toast]')) watch(event.target);
});
