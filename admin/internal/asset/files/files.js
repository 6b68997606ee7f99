// File inputs (data-files): chosen, dropped and pasted files are listed with a preview before the
// upload. The list can be reordered, and files can be removed from it.
import { say } from './toast.js';

const files = new WeakMap(); // the files, by entry of the list

const boxOf = (node) => node?.closest?.('[data-files]');
const inputOf = (box) => box.querySelector('input[type=file]');
const listOf = (box) => box.querySelector('[data-new-files]');
const inWords = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Sets the files of the input to the files of the list, in their order. */
function send(box) {
  const all = new DataTransfer();
  for (const entry of listOf(box).children) all.items.add(files.get(entry));
  inputOf(box).files = all.files;
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

function entryOf(box, file) {
  const entry = box.querySelector('template').content.firstElementChild.cloneNode(true);
  files.set(entry, file);
  entry.querySelector('.name').textContent = file.name;
  entry.querySelector('small').textContent = inWords(file.size);
  show(entry, problemOf(box, file));
  entry.querySelector('[data-file-sent]').ariaLabel = `Sent of ${file.name}`;
  for (const button of entry.querySelectorAll('button')) button.ariaLabel = button.ariaLabel.replace('…', file.name);
  const image = entry.querySelector('img');
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type)) {
    image.src = URL.createObjectURL(file);
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
    image.addEventListener('error', () => image.remove());
    entry.querySelector('.rowicon').remove();
  } else image.remove();
  return entry;
}

/**
 * The problem of a file: { words, isSure }. words is "" for no problem. isSure is false for a wrong
 * type, since the server detects the type by the content.
 */
function problemOf({ dataset: { most, types } }, { size, type }) {
  if (size > Number(most)) return { words: `larger than ${inWords(Number(most))}`, isSure: true };
  if (types && !types.split(' ').includes(type)) return { words: `${type || 'unknown type'}: the field takes ${types.replaceAll(' ', ', ')}`, isSure: false };
  return { words: '', isSure: false };
}

/** Shows the problem of a file in its entry. */
function show(entry, { words, isSure }) {
  const place = entry.querySelector('[data-file-problem]');
  place.textContent = words;
  place.hidden = words === '';
  entry.classList.toggle('is-bad', isSure);
}

/** Adds files to the list; a field for a single file takes the last file. */
function add(box, added) {
  if (added.length === 0) return;
  const entries = [...added].map((file) => entryOf(box, file));
  if ('many' in box.dataset) listOf(box).append(...entries);
  else listOf(box).replaceChildren(entries.at(-1));
  send(box);
}

for (const box of document.querySelectorAll('[data-files]')) add(box, inputOf(box).files); // chosen before this script was loaded

document.addEventListener('change', (event) => {
  const box = boxOf(event.target);
  if (event.target.type === 'file' && box) add(box, event.target.files);
  else if (box && event.target.closest('[data-new-files]')) send(box); // the list was reordered
});

document.addEventListener('click', (event) => {
  const entry = event.target.closest('[data-new-files] [data-take-out]')?.closest('[data-item]');
  if (!entry) return;
  const box = boxOf(entry);
  entry.remove();
  send(box);
  inputOf(box).focus();
});

document.addEventListener('paste', (event) => {
  const box = boxOf(event.target);
  if (!box || event.clipboardData.files.length === 0) return;
  event.preventDefault();
  add(box, event.clipboardData.files);
});

document.addEventListener('dragover', (event) => {
  const drop = event.target.closest('.drop');
  if (!boxOf(drop)) return;
  event.preventDefault();
  drop.classList.add('is-over');
});
document.addEventListener('dragleave', (event) => event.target.closest('.drop')?.classList.remove('is-over'));
document.addEventListener('drop', (event) => {
  const drop = event.target.closest('.drop');
  if (!boxOf(drop)) return;
  event.preventDefault();
  drop.classList.remove('is-over');
  add(boxOf(drop), event.dataTransfer.files);
});

/** Keeps a form with a file that is too large from being sent. */
document.addEventListener('htmx:confirm', (event) => {
  const [bad] = event.target.matches?.('form[data-form]') ? event.target.querySelectorAll('[data-new-files] .is-bad') : [];
  if (!bad) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say(`${files.get(bad).name} is ${bad.querySelector('[data-file-problem]').textContent}. Remove it first.`, 'danger');
  bad.querySelector('[data-take-out]').focus();
}, true);

/** Shows the progress of each file. The request has the files in the order of the entries. */
document.addEventListener('htmx:xhr:progress', (event) => {
  const entries = [...event.target.querySelectorAll('[data-new-files] > [data-item]')];
  const all = entries.reduce((sum, entry) => sum + files.get(entry).size, 0);
  const { loaded, total } = event.detail;
  if (entries.length === 0 || total < all) return; // this is the progress of the response
  let before = loaded - (total - all);
  for (const entry of entries) {
    const { size } = files.get(entry);
    const meter = entry.querySelector('[data-file-sent]');
    meter.hidden = false;
    meter.value = size === 0 ? 1 : Math.min(Math.max(before / size, 0), 1);
    before -= size;
  }
});
document.addEventListener('htmx:afterRequest', (event) => {
  for (const meter of event.target.querySelectorAll?.('[data-file-sent]') ?? []) meter.hidden = true;
});
