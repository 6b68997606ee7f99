// The script of every page of the console: theme, drawer, search, toasts, and the modules for all pages.
import './line.js';
import './load.js';
import { say } from './toast.js';
import './session.js';
import './dialog.js';
import './question.js';
import './copy.js';
import './time.js';
import './palette.js';
import { typing } from './keys.js';
import './lock.js';
import { showCurrent } from './side.js';
import './reveal.js';
import './wait.js';
import './code.js';

/** Switches to the next theme: theme of the system, light, dark, theme of the system. */
function switchTheme(button) {
  const next = { '': 'light', light: 'dark', dark: '' }[button.dataset.themeSwitch] ?? '';
  button.dataset.themeSwitch = next;
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  // A cookie, so that the server renders the next page in this theme.
  document.cookie = `loam_theme=${next};path=/_/;samesite=strict;max-age=${next ? 31536000 : 0}`;
  const label = next ? `Theme: ${next}` : 'Theme: follows the system';
  button.ariaLabel = button.title = label;
  const use = button.querySelector('use');
  use.setAttribute('href', use.getAttribute('href').replace(/#.*/, `#i-${{ light: 'sun', dark: 'moon' }[next] ?? 'auto'}`));
}

/** Opens or closes the drawer, which holds the navigation on a phone. */
function toggleDrawer(open) {
  const app = document.querySelector('.app');
  app.classList.toggle('drawer-open', open);
  if (open) showCurrent();
  const button = document.querySelector('[data-drawer]');
  button.ariaExpanded = String(open);
  if (open) app.querySelector('.rail a, .side a, .side input')?.focus();
  else button.focus();
}

addEventListener('click', (event) => {
  const theme = event.target.closest('[data-theme-switch]');
  if (theme) switchTheme(theme);
  const app = document.querySelector('.app');
  if (event.target.closest('[data-drawer]')) toggleDrawer(!app.classList.contains('drawer-open'));
  else if (app?.classList.contains('drawer-open') && !event.target.closest('.rail, .side, [popover]')) toggleDrawer(false);
});

addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.querySelector('.app.drawer-open')) toggleDrawer(false);
});

/** Hides the entries of a list without the text of the search beside it, except checked entries. */
function narrow(search) {
  const list = search.dataset?.narrows && document.getElementById(search.dataset.narrows);
  if (!list) return;
  const wanted = search.value.trim().toLowerCase();
  for (const item of list.querySelectorAll('[data-name]')) item.hidden = !item.dataset.name.toLowerCase().includes(wanted) && !item.querySelector(':checked');
  for (const group of list.querySelectorAll('details')) {
    group.hidden = wanted !== '' && !group.querySelector('[data-name]:not([hidden])');
    if (wanted) group.open = true;
  }
}
addEventListener('input', (event) => narrow(event.target));
document.addEventListener('htmx:load', (event) => {
  const search = event.target.id && document.querySelector(`[data-narrows="${CSS.escape(event.target.id)}"]`);
  if (search?.value) narrow(search);
});

/** "/" focuses the search input of the page. */
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
  const search = document.querySelector('[data-search]');
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

/** Focuses the input whose id is the fragment of the address. */
const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (named?.matches('input, select, textarea')) named.focus();

/** Shows the notice that the previous page has left in the toast cookie, and deletes the cookie. */
function sayFlash() {
  const words = document.cookie.match(/(?:^|; )loam_toast=([^;]*)/)?.[1];
  if (!words) return;
  document.cookie = 'loam_toast=;path=/_/;samesite=strict;max-age=0';
  say(decodeURIComponent(words));
}
sayFlash();
/** Shows the notice in the Loam-Toast header of a response. */
document.addEventListener('htmx:afterRequest', (event) => {
  const words = event.detail.xhr?.getResponseHeader('Loam-Toast');
  if (words) say(decodeURIComponent(words));
});

