// Following the logs. While the button is pressed, new entries are added at the top, and the oldest
// entries are removed. Following ends when the list is scrolled down, and pauses while entries are
// selected.
import { prepare } from './element.js';
import { typing } from './keys.js';
import { checkLine } from './line.js';
import { request } from './session.js';
import { announce } from './toast.js';

const pause = 2000; // milliseconds between two requests
const button = document.querySelector('[data-follow]');
const list = document.querySelector('#rows .table-wrap');
const on = () => button.ariaPressed === 'true';
let timer;

/** Fetches the newest entries, and again after every pause. */
async function update() {
  const isPaused = document.querySelector('[data-select]:checked') !== null;
  const answer = isPaused ? null : await request(location.href, { headers: { 'HX-Target': 'rows' }, isBackground: true }).catch(() => {
    checkLine();
  });
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html');
  if (!on()) return;
  if (page?.querySelector('tbody')) show(page);
  timer = setTimeout(update, Math.max(document.hidden ? 5 * pause : pause, 1000 * (Number(answer?.headers.get('Retry-After')) || 0)));
}

/** Shows a page of the newest entries. Rows of entries that are shown already are not replaced. */
function show(page) {
  const body = list.querySelector('tbody');
  const shown = new Map([...body.querySelectorAll('[data-row]')].map((row) => [row.dataset.row, row]));
  const fresh = [];
  for (const row of page.querySelectorAll('[data-row]')) if (!shown.delete(row.dataset.row)) fresh.push(document.importNode(row, true));
  if (fresh.length === 0) return;
  body.prepend(...fresh);
  for (const row of shown.values()) row.remove();
  list.querySelector('.empty')?.remove();
  document.querySelector('[data-pages]').replaceWith(document.importNode(page.querySelector('[data-pages]'), true));
  for (const row of fresh) {
    row.classList.add('is-flash');
    setTimeout(() => row.classList.remove('is-flash'), pause);
    prepare(row);
  }
  announce(fresh.length === 1 ? 'One new entry' : `${fresh.length} new entries`);
}

function follow(is) {
  clearTimeout(timer);
  button.ariaPressed = String(is);
  announce(is ? 'New entries appear above' : 'New entries are not added any more');
  if (!is) return;
  list.scrollTop = 0;
  update();
}

button?.addEventListener('click', () => follow(!on()));
list?.addEventListener('scroll', () => button && on() && list.scrollTop > 0 && follow(false));
document.addEventListener('keydown', (event) => {
  if (event.key !== 'l' || !button || typing(event) || event.target.closest('dialog, [popover]') || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  button.click();
});
