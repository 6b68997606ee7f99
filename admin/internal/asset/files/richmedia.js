// Pictures, videos and sounds of an editor of HTML: taken from stored files, or uploaded. A pasted,
// dropped or chosen file has a placeholder in the text until it is stored in a file field. A
// placeholder is never a part of the value.
import { reasonOf } from './ask.js';
import { element, fragmentOf } from './element.js';
import { adopt } from './form.js';
import { clean, medium, mediumOf } from './html.js';
import { icon } from './icon.js';
import { compare } from './merge.js';
import { insert, parts, reselect, sync } from './richarea.js';
import { request } from './session.js';
import { say } from './toast.js';

const waiting = new Map(); // the files that are not stored yet, by the number in their placeholders
let made = 0; // number of placeholders made since the page was opened

const fileOf = (image) => waiting.get(image.dataset.richWaits);
const placeholders = (rich) => [...parts(rich).area.querySelectorAll('[data-rich-waits]')];
const rowOf = (rich, name) => rich.querySelector(`[data-rich-row=${name}]`);

/** Shows a problem in a row below the toolbar; "" removes it. */
export function problem(row, words) {
  const place = row.querySelector('.err');
  place.textContent = words;
  place.hidden = words === '';
}

// Stored files.

/** The stored pictures, videos and sounds of the edited record, from its public file fields. */
function ownMedia(rich) {
  const items = rich.closest('form')?.querySelectorAll('[data-sizes] [data-chosen] [data-item]:not(.is-gone)') ?? [];
  return [...items].flatMap((item) => {
    const name = item.querySelector('.name').textContent;
    const at = new URL(item.querySelector('a').href).pathname;
    const kind = mediumOf(name);
    const sizes = kind === 'image' ? item.closest('[data-sizes]').dataset.sizes.split(' ').filter(Boolean) : [];
    return kind ? [{ kind, name, title: name, sizes, thumb: kind === 'image' ? `${at}?thumb=100x100` : '', address: at.replace('/_/files/', '/api/files/') }] : [];
  });
}

let asked = 0; // number of the last call of listMedia; answers to earlier calls are dropped

/**
 * Lists the files of the edited record, or the files of the chosen collection whose records match
 * the typed words.
 */
export async function listMedia(rich) {
  const row = rowOf(rich, 'medium');
  const from = row.querySelector('[data-rich-from]').value;
  const find = row.querySelector('[data-rich-find]');
  const mine = ++asked;
  find.hidden = from === '';
  let found = ownMedia(rich);
  if (from) {
    const answer = await request(`/_/media?${new URLSearchParams({ in: from, q: find.value })}`).catch(() => null);
    found = answer?.ok ? await answer.json() : [];
  }
  if (mine !== asked) return;
  const list = row.querySelector('[data-rich-media]');
  list.replaceChildren(...found.map((file) => choiceOf(rich, file)));
  if (found.length === 0) list.textContent = 'No pictures, videos or sounds';
}

function choiceOf(rich, { thumb, kind, address, title, name, sizes }) {
  const button = element('button');
  button.type = 'button';
  button.className = 'btn btn-quiet btn-s';
  button.title = name;
  button.dataset.address = rich.dataset.base + address;
  button.dataset.sizes = sizes.join(' ');
  const label = element('span', title);
  label.className = 'clip';
  if (thumb) {
    const image = element('img');
    image.src = thumb;
    image.alt = '';
    image.className = 'thumb';
    button.append(image, label);
  } else button.append(icon(kind === 'video' ? 'video' : 'sound'), label);
  return button;
}

/** Writes the address of a listed file into the input, and offers the sizes of a picture. */
export function takeAddress(rich, button) {
  const row = rowOf(rich, 'medium');
  row.querySelector('[data-rich-address]').value = button.dataset.address;
  const size = row.querySelector('[data-rich-size]');
  const names = button.dataset.sizes.split(' ').filter(Boolean);
  size.replaceChildren(...['', ...names].map((name) => new Option(name || 'Original size', name)));
  size.hidden = names.length === 0;
}

/** Writes the chosen size into the address of a picture. */
export function takeSize(rich) {
  const row = rowOf(rich, 'medium');
  const input = row.querySelector('[data-rich-address]');
  const [path] = input.value.split('?');
  const size = row.querySelector('[data-rich-size]').value;
  input.value = size ? `${path}?thumb=${encodeURIComponent(size)}` : path;
}

/** Inserts the file at the typed address into the text, and closes the row. */
export function addMedium(rich, close) {
  const row = rowOf(rich, 'medium');
  const [address, words] = [row.querySelector('[data-rich-address]'), row.querySelector('[data-rich-words]')];
  const node = medium(address.value.trim(), words.value.trim(), rich.dataset.app);
  if (!node) {
    problem(row, 'An address of a file begins with https://, http:// or /.');
    address.focus();
    return;
  }
  problem(row, '');
  close();
  reselect(rich);
  insert(rich, fragmentOf(node));
  address.value = words.value = '';
  row.querySelector('[data-rich-size]').hidden = true;
}

// Files that are not stored yet.

/** The pictures, videos and sounds among files. A notice names the other files. */
function accepted(files) {
  const others = files.filter((file) => !/^(image|video|audio)\//.test(file.type));
  if (others.length > 0) say(`A text shows pictures, videos and sounds. Left out: ${others.map((file) => file.name).join(', ')}`, 'danger');
  return files.filter((file) => !others.includes(file));
}

function placeholder(file) {
  const image = element('img');
  image.dataset.richWaits = String(++made);
  image.alt = `${file.name} waits for a place`;
  waiting.set(image.dataset.richWaits, file);
  return image;
}

/** Inserts placeholders of files, and asks where to store the files. */
export function addFiles(rich, files) {
  const media = accepted([...files]);
  if (media.length === 0) return;
  reselect(rich);
  insert(rich, fragmentOf(...media.map(placeholder)));
  ask(rich);
}

/**
 * Pasted HTML as a sanitised fragment without styles. Pictures in data URLs become placeholders.
 * Pictures without a usable address, such as a file or blob URL, are removed with a notice.
 */
export function pasted(rich, html) {
  const { fragment } = clean(html, { app: rich.dataset.app, styles: false });
  for (const image of fragment.querySelectorAll('img')) {
    const address = image.getAttribute('data-rich-src') ?? '';
    const isWithin = /^\s*data:/i.test(address);
    const file = isWithin ? decoded(address.trim()) : null;
    if (file) image.replaceWith(placeholder(file));
    else if (address === '' || isWithin) {
      image.remove();
      say('A picture of what you pasted was left out: its address is only known to the program it comes from. Copy the picture alone.', 'danger');
    }
  }
  return fragment;
}

/** The file in a base64 data URL of a picture; null for other addresses. */
function decoded(address) {
  const [, type, coded] = address.match(/^data:(image\/[a-z]+);base64,(.*)$/is) ?? [];
  try {
    const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
    return type ? new File([bytes], `picture.${type.split('/')[1].replace('jpeg', 'jpg')}`, { type }) : null;
  } catch {
    return null;
  }
}

/** Opens the row that asks where to store the waiting files, or closes the row if no file waits. */
export function ask(rich, focus = true) {
  const row = rowOf(rich, 'waiting');
  for (const image of placeholders(rich)) if (!fileOf(image)) image.remove(); // undo brings back placeholders of stored files
  const files = placeholders(rich).map(fileOf);
  row.hidden = files.length === 0;
  if (row.hidden) return;
  const names = files.map((file) => file.name).join(', ');
  const place = row.querySelector('[data-rich-place]');
  row.querySelector('[data-rich-waiting]').textContent = place
    ? `${names} ${files.length === 1 ? 'is' : 'are'} not stored yet. Store in`
    : `${names}: no collection has a public file field for it. Add one, or save the record first if it has such a field.`;
  if (focus) row.querySelector('select, button').focus();
}

/** Removes the placeholders, and drops their files. */
export function leaveOut(rich) {
  for (const image of placeholders(rich)) {
    waiting.delete(image.dataset.richWaits);
    image.remove();
  }
  rowOf(rich, 'waiting').hidden = true;
  problem(rowOf(rich, 'waiting'), '');
  reselect(rich);
  sync(rich);
}

/** Stores the waiting files in the chosen field, and shows them in place of their placeholders. */
export async function store(rich) {
  const row = rowOf(rich, 'waiting');
  const path = row.querySelector('[data-rich-place]').value;
  const field = new URL(path, location.href).searchParams.get('field');
  const panel = rich.closest('[data-record]');
  const isOwn = path.startsWith(`${panel.dataset.path}/media`);
  if (isOwn && panel.querySelector(`[data-field="${CSS.escape(field)}"]`).classList.contains('is-changed')) {
    problem(row, `The files of ${field} have changes that are not saved. Save or discard them first.`);
    return;
  }
  row.inert = true;
  const words = await storeAll(rich, path, field);
  row.inert = false;
  if (isOwn) {
    const now = await adopt(panel.querySelector('form.panel-form'), field);
    if (now) {
      panel.dataset.mark = now.dataset.mark;
      compare(panel, now);
    }
  }
  problem(row, words);
  ask(rich, words !== '');
  if (words === '') reselect(rich);
}

/**
 * Stores the waiting files one after the other, and stops at a file that cannot be stored. Returns
 * the reason, or "" if all files are stored.
 */
async function storeAll(rich, path, field) {
  for (const image of placeholders(rich)) {
    const body = new FormData();
    body.append(field, fileOf(image));
    const answer = await request(path, { method: 'POST', body }).catch(() => null);
    if (!answer?.ok) return (await reasonOf(answer)) || 'The file could not be stored.';
    const { address } = await answer.json();
    waiting.delete(image.dataset.richWaits);
    image.replaceWith(medium(rich.dataset.base + address, '', rich.dataset.app));
    sync(rich);
  }
  return '';
}

/**
 * The files of a paste or a drop. With text in its HTML the result is empty: word processors add a
 * picture of the copied text.
 */
export function filesOf(transfer) {
  const files = [...transfer.files];
  const html = transfer.getData('text/html');
  if (files.length === 0 || html === '') return files;
  const { fragment } = clean(html, { app: location.href, styles: false });
  return fragment.textContent.trim() === '' ? files : [];
}

/**
 * Whether the text has placeholders. If so, a notice names the first waiting file, and the row that
 * asks where to store the files gets the focus.
 */
export function isWaiting(rich) {
  const [image] = placeholders(rich);
  if (!image) return false;
  say(`${image.alt}. Store it or leave it out first.`, 'danger');
  ask(rich);
  return true;
}

/** Blocks the sending of a form while files wait, because the saved text would lack the files. */
document.addEventListener('htmx:confirm', (event) => {
  if (!event.target.matches?.('form[data-form]') || ![...event.target.querySelectorAll('[data-rich]')].some(isWaiting)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
