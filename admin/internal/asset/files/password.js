// Password inputs (data-password): show, copy and generate a password.
import { copyText } from './copy.js';
import { say } from './toast.js';

// The kinds of characters, without similar characters and without special characters of shells and
// URLs.
const kinds = ['abcdefghijkmnpqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '-_.'];
const usual = 24; // characters
const tries = 1000;

/** A uniformly distributed random integer from 0 to n - 1. */
function below(n) {
  const most = Math.floor(256 / n) * n;
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while (byte[0] >= most);
  return byte[0] % n;
}

/** The pattern of the field; null for a pattern whose syntax JavaScript does not have. */
function patternOf(text) {
  try {
    return new RegExp(text, 'u');
  } catch {
    return null;
  }
}

/** A password with a character of every kind; "" if no try matches the pattern. */
function generate({ min, max, pattern }) {
  const length = Math.max(Number(min) || 0, Math.min(usual, Number(max) || usual));
  const all = kinds.join('');
  const matches = patternOf(pattern ?? '');
  for (let i = 0; i < tries; i++) {
    const text = Array.from({ length }, () => all[below(all.length)]).join('');
    const hasAll = length < kinds.length || kinds.every((kind) => [...kind].some((one) => text.includes(one)));
    if (hasAll && (!matches || matches.test(text))) return text;
  }
  return '';
}

function show(password, is) {
  password.querySelector('input').type = is ? 'text' : 'password';
  const button = password.querySelector('[data-show]');
  button.setAttribute('aria-pressed', String(is));
  button.title = is ? 'Hide' : 'Show';
  const use = button.querySelector('use');
  use.setAttribute('href', use.getAttribute('href').replace(/#.*/, is ? '#i-eyeoff' : '#i-eye'));
}

document.addEventListener('click', (event) => {
  const password = event.target.closest('[data-password]');
  if (!password) return;
  const input = password.querySelector('input');
  if (event.target.closest('[data-show]')) show(password, input.type === 'password');
  else if (event.target.closest('[data-copy-password]')) {
    if (input.value === '') say('There is no typed password. A stored one cannot be shown.');
    else copyText(input.value);
  } else if (event.target.closest('[data-generate]')) {
    const made = generate(password.dataset);
    if (!made) {
      say('No generated password matches the pattern of the field.', 'danger');
      return;
    }
    input.value = made;
    show(password, true);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.focus();
    input.select();
  }
});
