// The command palette of every page (Ctrl or Cmd with K): pages, collections, records and actions.
// ">" limits the list to actions, "#" searches records by id, "?" searches the shortcuts.
// Names are fetched when the palette is first opened, records during the typing.
import { ask } from './ask.js';
import { tag } from './element.js';
import { icon } from './icon.js';
import { apple, caps, groups as shortcuts } from './keys.js';
import { leave } from './leave.js';
import { request } from './session.js';
import { toggleSide } from './side.js';
import { store, storedDocument } from './store.js';

const maxOfGroup = 8;
const mostOffers = 3;
const recentKey = 'loam_palette';

let dialog = null;
let names = null; // a promise of the items that every page offers
let shown = []; // the items of the list, in its order
let at = 0;
let search = 0; // counts searches, so that a late answer is not shown
let records = [];

const key = (text) => tag('kbd', { class: 'kbd' }, text);

function build() {
  const input = tag('input', { role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-label': 'Search or jump', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false' });
  const foot = tag('div', { class: 'palette-foot' }, tag('span', {}, key('↑'), ' ', key('↓'), ' choose'), tag('span', {}, key('↵'), ' open'), tag('span', {}, key(apple ? '⌘' : 'Ctrl'), ' ', key('↵'), ' in a new tab'), tag('span', { class: 'grow' }), tag('span', {}, key('>'), ' actions'), tag('span', {}, key('#'), ' record id'), tag('span', {}, key('?'), ' keys'));
  dialog = tag('dialog', { class: 'palette', 'aria-label': 'Search or jump' },
    tag('div', { class: 'palette-in' }, icon('search', 'i-l'), input, key('Esc')),
    tag('div', { class: 'palette-list', id: 'palette-list', role: 'listbox', 'aria-label': 'Results' }),
    tag('p', { class: 'palette-none', role: 'status' }),
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
  names ??= ask('/_/palette', 'The names could not be loaded.').then((answer) => answer && answer.json().catch(() => null));
  names = await names; // without names they are requested again when the palette is reopened
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

const recent = () => storedDocument(recentKey, []);

/** Whether the name of the item's collection begins with "_", as those of system collections. */
const isSystem = (item) => /(^| )_/.test(item.label);

/** The searched words, without the sign in front. */
const wordsOf = (text) => text.trim().replace(/^[>#?]/, '').trim();

/** The shortcuts for the words, in the groups of keys.js. */
function keysFor(words) {
  const all = Object.entries(shortcuts).flatMap(([group, list]) => list.map(([keys, does]) => ({ group, label: does, keys, icon: 'info', do: 'keys' })));
  return all.filter((item) => item.label.toLowerCase().includes(words) || item.keys.join(' ').toLowerCase() === words);
}

/**
 * The entries for words without a match: searches in records of collections, the open one first,
 * and a new collection.
 */
function offers(words) {
  const open = decodeURIComponent(location.pathname.match(/^\/_\/c\/([^/]+)/)?.[1] ?? '');
  const collections = (names ?? []).filter((item) => item.hint === 'collection' && item.path === `/_/c/${item.label}`).sort((a, b) => (b.label === open) - (a.label === open) || isSystem(a) - isSystem(b));
  const creates = (names ?? []).find((item) => item.path === '/_/new-collection');
  return [
    ...collections.slice(0, mostOffers).map(({ label, path }) => ({ group: 'Instead', label: `Search records of ${label} for “${words}”`, icon: 'search', path: `${path}?${new URLSearchParams({ filter: words })}` })),
    ...(creates ? [{ ...creates, group: 'Instead', label: `New collection “${words.replace(/\W/g, '_')}”`, path: `${creates.path}?${new URLSearchParams({ name: words.replace(/\W/g, '_') })}` }] : []),
  ];
}

/** The items that match the text, best first, records before names. */
function matching(text) {
  const actions = text.startsWith('>');
  const words = wordsOf(text).toLowerCase();
  if (text.startsWith('#')) return records;
  if (text.startsWith('?')) return keysFor(words);
  const before = recent();
  const list = (Array.isArray(names) ? names : [])
    .filter((item) => !actions || item.group === 'Do')
    .map((item) => ({ item, rank: words ? rank(item.label, words) : 1, recent: (before.indexOf(item.label) + 1) || 99 }))
    .filter((entry) => entry.rank !== Infinity)
    .sort((a, b) => a.rank - b.rank || a.recent - b.recent || isSystem(a.item) - isSystem(b.item) || a.item.label.length - b.item.label.length);
  const groups = Map.groupBy ? Map.groupBy(list, (entry) => entry.item.group) : list.reduce((map, entry) => map.set(entry.item.group, [...(map.get(entry.item.group) ?? []), entry]), new Map());
  const of = (group) => (groups.get(group) ?? []).slice(0, maxOfGroup).map((entry) => entry.item);
  return [...(actions ? [] : records), ...of('Go to'), ...of('Do')];
}

/** The label with the typed words marked. */
function marked(label, words) {
  const place = words ? label.toLowerCase().indexOf(words) : -1;
  if (place < 0) return [label];
  return [label.slice(0, place), tag('mark', {}, label.slice(place, place + words.length)), label.slice(place + words.length)];
}

/** The sentence for a search without results. */
function none(text, words) {
  if (text.startsWith('#')) return words ? 'No record has this id.' : 'Type the id of a record.';
  return names === null ? 'The names could not be loaded.' : 'Nothing has that name.';
}

function show() {
  const text = dialog.querySelector('input').value;
  const words = wordsOf(text).toLowerCase();
  shown = matching(text.trim());
  const found = shown.length;
  if (found === 0 && words && Array.isArray(names) && !/^[>#?]/.test(text.trim())) shown = offers(wordsOf(text));
  at = 0;
  const list = dialog.querySelector('.palette-list');
  list.replaceChildren();
  let group = null;
  shown.forEach((item, i) => {
    if (group?.dataset.group !== item.group) {
      group = tag('div', { role: 'group', 'aria-label': item.group, 'data-group': item.group }, tag('div', { class: 'group', 'aria-hidden': 'true' }, item.group));
      list.append(group);
    }
    group.append(tag('div', { class: 'item', role: 'option', id: `palette-${i}`, 'data-at': i }, icon(item.icon), tag('span', { class: 'clip' }, ...marked(item.label, words)), tag('span', { class: 'end' }, ...(item.keys ? item.keys.flatMap((one, i) => [...(i > 0 ? [' '] : []), ...caps(one)]) : [item.hint ?? '']))));
  });
  const said = dialog.querySelector('[role=status]');
  said.classList.toggle('sr', found > 0);
  said.textContent = found > 0 ? `${found} ${found === 1 ? 'result' : 'results'}` : none(text.trim(), words);
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
  const words = wordsOf(text);
  if (/^[>?]/.test(text.trim()) || words.length < (id ? 1 : 2)) return;
  setTimeout(async () => {
    if (mine !== search) return;
    const answer = await request(`/_/find?${new URLSearchParams({ q: words, ...(id && { id: '1' }) })}`).catch(() => null);
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
  if (!['Records', 'Instead'].includes(item.group) && !item.keys) store(recentKey, JSON.stringify([item.label, ...recent().filter((label) => label !== item.label)].slice(0, 12)));
  dialog.close();
  if (item.do === 'theme') document.querySelector('[data-theme-switch]').click();
  else if (item.do === 'keys') document.querySelector('[data-keys-sheet]').click();
  else if (item.do === 'side') toggleSide();
  else if (item.do === 'sign-out') document.querySelector('form[action="/_/sign-out"]').requestSubmit();
  else if (beside) window.open(item.path, '_blank', 'noopener');
  else leave(() => location.assign(item.path));
}

addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    toggle();
  }
});
addEventListener('click', (event) => event.target.closest('[data-palette]') && toggle());
if (apple) for (const hint of document.querySelectorAll('[data-mod]')) hint.textContent = hint.textContent.replace('Ctrl ', '⌘');
