// The command palette of every page (Ctrl or Cmd with K): pages, collections, records and actions.
// Names are fetched once, when it is first opened; records are fetched while one types.
import { icon } from './icon.js';

const apple = /Mac|iP(hone|ad)/.test(navigator.platform);
const maxOfGroup = 8;
const recentKey = 'loam_palette';

let dialog = null;
let names = null; // a promise of the items that every page offers
let shown = []; // the items of the list, in its order
let at = 0;
let search = 0; // counts searches, so that a late answer is not shown
let records = [];

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

const key = (text) => element('kbd', { class: 'kbd' }, text);

function build() {
  const input = element('input', { role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-label': 'Search or jump', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false' });
  const foot = element('div', { class: 'palette-foot' }, element('span', {}, key('↑'), ' ', key('↓'), ' choose'), element('span', {}, key('↵'), ' open'), element('span', {}, key(apple ? '⌘' : 'Ctrl'), ' ', key('↵'), ' in a new tab'), element('span', { class: 'grow' }), element('span', {}, key('>'), ' actions'), element('span', {}, key('#'), ' record id'));
  dialog = element('dialog', { class: 'palette', 'aria-label': 'Search or jump' },
    element('div', { class: 'palette-in' }, icon('search', 'i-l'), input, key('Esc')),
    element('div', { class: 'palette-list', id: 'palette-list', role: 'listbox', 'aria-label': 'Results' }),
    element('p', { class: 'palette-none', role: 'status' }),
    foot);
  document.body.append(dialog);
  input.addEventListener('input', () => {
    records = [];
    show();
    find(input.value);
  });
  input.addEventListener('keydown', keys);
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
    const item = event.target.closest('[role=option]');
    if (item) take(shown[Number(item.dataset.at)], event.ctrlKey || event.metaKey);
  });
}

/** Opens the palette, or closes it. */
async function toggle() {
  if (!dialog) build();
  if (dialog.open) return dialog.close();
  if (document.querySelector('dialog[open]')) return; // an open dialog has to be answered first
  const input = dialog.querySelector('input');
  input.value = '';
  records = [];
  dialog.showModal();
  input.focus();
  names ??= fetch('/_/palette', { headers: { 'HX-Request': 'true' } }).then((answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  });
  try {
    names = await names;
  } catch {
    names = null; // the names are requested again when the palette is reopened
  }
  show();
}

/** The rank of a label for the words: smaller is better, Infinity means no match. */
function rank(label, words) {
  const text = label.toLowerCase();
  if (text === words) return 0;
  if (text.startsWith(words)) return 1;
  const place = text.indexOf(words);
  if (place > 0) return /[\p{L}\p{N}]/u.test(text[place - 1]) ? 3 : 2;
  let from = 0;
  for (const letter of words) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return Infinity;
  }
  return 4;
}

const recent = () => {
  try {
    return JSON.parse(localStorage.getItem(recentKey)) ?? [];
  } catch {
    return [];
  }
};

/** The items that match the text, best first, records before names. */
function matching(text) {
  const actions = text.startsWith('>');
  const words = text.replace(/^[>#]/, '').trim().toLowerCase();
  if (text.startsWith('#')) return records;
  const before = recent();
  const list = (Array.isArray(names) ? names : [])
    .filter((item) => !actions || item.group === 'Do')
    .map((item) => ({ item, rank: words ? rank(item.label, words) : 1, recent: (before.indexOf(item.label) + 1) || 99 }))
    .filter((entry) => entry.rank !== Infinity)
    .sort((a, b) => a.rank - b.rank || a.recent - b.recent || a.item.label.length - b.item.label.length);
  const groups = Map.groupBy ? Map.groupBy(list, (entry) => entry.item.group) : list.reduce((map, entry) => map.set(entry.item.group, [...(map.get(entry.item.group) ?? []), entry]), new Map());
  const of = (group) => (groups.get(group) ?? []).slice(0, maxOfGroup).map((entry) => entry.item);
  return [...(actions ? [] : records), ...of('Go to'), ...of('Do')];
}

/** The label with the typed words marked. */
function marked(label, words) {
  const place = words ? label.toLowerCase().indexOf(words) : -1;
  if (place < 0) return [label];
  return [label.slice(0, place), element('mark', {}, label.slice(place, place + words.length)), label.slice(place + words.length)];
}

function show() {
  const text = dialog.querySelector('input').value;
  const words = text.replace(/^[>#]/, '').trim().toLowerCase();
  shown = matching(text.trim());
  at = 0;
  const list = dialog.querySelector('.palette-list');
  list.replaceChildren();
  let group = null;
  shown.forEach((item, i) => {
    if (group?.dataset.group !== item.group) {
      group = element('div', { role: 'group', 'aria-label': item.group, 'data-group': item.group }, element('div', { class: 'group', 'aria-hidden': 'true' }, item.group));
      list.append(group);
    }
    group.append(element('div', { class: 'item', role: 'option', id: `palette-${i}`, 'data-at': i }, icon(item.icon), element('span', { class: 'clip' }, ...marked(item.label, words)), element('span', { class: 'end' }, item.hint ?? '')));
  });
  const said = dialog.querySelector('[role=status]');
  said.classList.toggle('sr', shown.length > 0);
  said.textContent = shown.length > 0 ? `${shown.length} results` : names === null ? 'The names could not be loaded.' : 'Nothing has that name.';
  list.hidden = shown.length === 0;
  choose(0);
}

function choose(next) {
  const options = dialog.querySelectorAll('[role=option]');
  if (options.length === 0) return dialog.querySelector('input').removeAttribute('aria-activedescendant');
  at = (next + options.length) % options.length;
  options.forEach((option, i) => option.setAttribute('aria-selected', String(i === at)));
  dialog.querySelector('input').setAttribute('aria-activedescendant', options[at].id);
  options[at].scrollIntoView({ block: 'nearest' });
}

/** Fetches records after a short pause in typing. */
function find(text) {
  const mine = ++search;
  const id = text.trim().startsWith('#');
  const words = text.trim().replace(/^#/, '').trim();
  if (text.trim().startsWith('>') || words.length < (id ? 1 : 2)) return;
  setTimeout(async () => {
    if (mine !== search) return;
    const answer = await fetch(`/_/find?${new URLSearchParams({ q: words, ...(id && { id: '1' }) })}`, { headers: { 'HX-Request': 'true' } }).catch(() => null);
    if (mine !== search || !answer?.ok) return;
    records = await answer.json();
    if (mine === search) show();
  }, 150);
}

function keys(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (step) {
    event.preventDefault();
    choose(at + step);
  } else if (event.key === 'Enter' && shown[at]) {
    event.preventDefault();
    take(shown[at], event.ctrlKey || event.metaKey);
  }
}

/** Performs the action of the item or opens its page. */
function take(item, beside) {
  if (item.group !== 'Records') localStorage.setItem(recentKey, JSON.stringify([item.label, ...recent().filter((label) => label !== item.label)].slice(0, 12)));
  dialog.close();
  if (item.do === 'theme') document.querySelector('[data-theme-switch]').click();
  else if (item.do === 'keys') document.querySelector('[data-keys-sheet]').click();
  else if (item.do === 'sign-out') document.querySelector('form[action="/_/sign-out"]').requestSubmit();
  else if (beside) window.open(item.path, '_blank', 'noopener');
  else location.assign(item.path);
}

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    toggle();
  }
});
addEventListener('click', (event) => event.target.closest('[data-palette]') && toggle());
if (apple) for (const hint of document.querySelectorAll('[data-mod]')) hint.textContent = hint.textContent.replace('Ctrl ', '⌘');
