// File inputs (data-files): chosen, dropped and pasted files are listed with a preview before the
// upload. The list can be reordered, and files can be removed from it.
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
  for (const button of entry.querySelectorAll('button')) button.ariaLabel = button.ariaLabel.replace('…', file.name);
  const image = entry.querySelector('img');
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type)) {
    image.src = URL.createObjectURL(file);
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
    entry.querySelector('.rowicon').remove();
  } else image.remove();
  return entry;
}

/** Adds files to the list; a field for a single file takes the last file. */
function add(box, added) {
  if (added.length === 0) return;
  const entries = [...added].map((file) => entryOf(box, file));
  if ('many' in box.dataset) listOf(box).append(...entries);
  else listOf(box).replaceChildren(entries.at(-1));
  send(box);
}

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
