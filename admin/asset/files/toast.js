// Short words in a corner, which go by themselves.
const icons = new URL('icons.svg', import.meta.url).pathname;

/** Shows words for a while; at most three at a time. action is a button beside them: label, act. */
export function say(words, kind = 'ok', action = undefined) {
  const toast = document.createElement('div');
  toast.className = 'toast';
  toast.dataset.toast = '';
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', `i t-${kind}`);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${icons}#i-${kind === 'ok' ? 'ok' : 'error'}`);
  svg.append(use);
  const text = document.createElement('div');
  text.className = 'grow';
  text.textContent = words;
  toast.append(svg, text);
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

/** Removes a toast after a time, but not while it is pointed at. */
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
