// Shows the strength of a password while it is typed: four bars and a sentence (data-strength names
// the input, data-least is the minimum length). The strength is advice only.
import { tag } from './element.js';

// Parts of common passwords, from lists of leaked passwords.
const common = ['password', 'passwort', 'qwerty', 'qwertz', 'azerty', 'asdfgh', 'zxcvbn', '1q2w3e', 'abc123', 'letmein', 'welcome', 'iloveyou', 'admin', 'superuser', 'login',
  'monkey', 'dragon', 'football', 'baseball', 'sunshine', 'princess', 'master', 'shadow', 'michael', 'superman', 'batman', 'trustno1', 'changeme', 'secret', 'test'];
const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** The text with "~" for each common part, and with one character for each run of equal or adjacent characters. */
function core(text) {
  let rest = text.toLowerCase();
  for (const word of common) rest = rest.replaceAll(word, '~');
  let out = '';
  for (const letter of rest) {
    const last = out.at(-1);
    const follows = last && rows.some((row) => row.includes(last + letter) || row.includes(letter + last));
    out = follows ? out.slice(0, -1) + letter : last === letter ? out : out + letter;
  }
  return out;
}

/** The strength of a password, from 1 to 4, and a sentence about it. */
function strength(text, least) {
  if ([...text].length < least) return [1, `Too short: ${least} characters or more.`];
  const length = [...core(text)].length;
  if (length < 6) return [1, 'Weak: among the passwords that people often use, or a simple row.'];
  if (length < 10) return [2, 'Fair: a longer one is better.'];
  if (length < 14) return [3, 'Good: long, and not among the passwords that people often use.'];
  return [4, 'Strong.'];
}

/** Shows the strength of the password in the input. */
export function watch(input, place, least) {
  const bars = tag('div', { class: 'strength', 'aria-hidden': 'true' }, ...Array.from({ length: 4 }, () => document.createElement('i')));
  const words = tag('p', { class: 'help', role: 'status' });
  place.replaceChildren(bars, words);
  const show = () => {
    place.hidden = input.value === '';
    const [level, sentence] = strength(input.value, least);
    bars.dataset.level = level;
    [...bars.children].forEach((bar, i) => bar.classList.toggle('on', i < level));
    if (words.textContent !== sentence) words.textContent = sentence;
  };
  input.addEventListener('input', show);
  show();
}

for (const place of document.querySelectorAll('[data-strength]')) watch(place.closest('form').elements[place.dataset.strength], place, Number(place.dataset.least));
