// Inputs of a record that are more than one: related records, files, points, dates; and
// lists whose order counts.
import { local } from './time.js';

const touched = (node) => node.dispatchEvent(new Event('change', { bubbles: true }));

/** Adds a chosen record to a relation, in place of the other one if it holds one. */
function choose(relation, id, label) {
  const list = relation.querySelector('[data-chosen]');
  if ([...list.querySelectorAll('input')].some((input) => input.value === id)) return;
  const item = relation.querySelector('template').content.firstElementChild.cloneNode(true);
  item.querySelector('input').value = id;
  item.querySelector('[data-label]').textContent = label;
  const link = item.querySelector('[data-link]');
  link.href = relation.dataset.base + encodeURIComponent(id);
  link.ariaLabel = `Open ${label}`;
  item.querySelector('[data-remove]').ariaLabel = `Remove ${label}`;
  if (!('many' in relation.dataset)) list.replaceChildren();
  list.append(item);
  touched(list);
}

function closeList(relation) {
  relation.querySelector('[role=listbox]').hidden = true;
  relation.querySelector('[data-find]').ariaExpanded = 'false';
}

document.addEventListener('htmx:afterSwap', (event) => {
  const relation = event.target.matches('[role=listbox]') && event.target.closest('[data-relation]');
  if (!relation) return;
  event.target.hidden = !relation.contains(document.activeElement);
  relation.querySelector('[data-find]').ariaExpanded = String(!event.target.hidden);
});

document.addEventListener('focusin', (event) => {
  for (const relation of document.querySelectorAll('[data-relation]')) {
    if (!relation.contains(event.target)) closeList(relation);
    else if (event.target.matches('[data-find]') && relation.querySelector('[role=listbox]').children.length > 0) {
      relation.querySelector('[role=listbox]').hidden = false;
      event.target.ariaExpanded = 'true';
    }
  }
});

/** Arrows go through what was found, Enter chooses, Escape closes. */
function steer(event) {
  const relation = event.target.closest('[data-find]')?.closest('[data-relation]');
  if (!relation) return;
  const options = [...relation.querySelectorAll('[data-pick]')];
  const at = options.findIndex((option) => option.ariaSelected === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length > 0) {
    event.preventDefault();
    options[at]?.setAttribute('aria-selected', 'false');
    const next = options[(at + step + options.length) % options.length];
    next.setAttribute('aria-selected', 'true');
    next.id ||= `option-${crypto.randomUUID()}`;
    event.target.setAttribute('aria-activedescendant', next.id);
    next.scrollIntoView({ block: 'nearest' });
  } else if (event.key === 'Enter') {
    event.preventDefault();
    options[Math.max(at, 0)]?.click();
  } else if (event.key === 'Escape') {
    closeList(relation);
  }
}

/** Moves an entry of a list with Alt and an arrow, and says where it is. */
function move(event) {
  const grip = event.target.closest('[data-grip]');
  if (!grip || !event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  const item = grip.closest('[data-item]');
  const other = event.key === 'ArrowUp' ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (event.key === 'ArrowUp') other.before(item);
  else other.after(item);
  grip.focus();
  touched(item);
}

document.addEventListener('keydown', (event) => {
  steer(event);
  move(event);
});

let dragged = null;
document.addEventListener('pointerdown', (event) => {
  if (event.target.closest('[data-grip]')) dragged = event.target.closest('[data-item]');
});
document.addEventListener('pointermove', (event) => {
  const over = dragged && document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-item]');
  if (!over || over === dragged || over.parentElement !== dragged.parentElement) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener('pointerup', () => {
  if (dragged) touched(dragged);
  dragged = null;
});

document.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-pick]');
  if (picked) {
    const relation = picked.closest('[data-relation]');
    choose(relation, picked.dataset.pick, picked.dataset.label);
    const find = relation.querySelector('[data-find]');
    find.value = '';
    find.focus();
    closeList(relation);
  }
  const removed = event.target.closest('[data-item] [data-remove]');
  if (removed) {
    const item = removed.closest('[data-item]');
    if (item.closest('.files')) {
      // A file stays in sight until it is gone for good.
      const gone = item.classList.toggle('is-gone');
      item.querySelector('input').disabled = gone;
      removed.ariaLabel = `${gone ? 'Put back' : 'Remove'} ${item.querySelector('.name').textContent}`;
      touched(item);
    } else {
      const list = item.parentElement;
      item.remove();
      touched(list);
    }
  }
});

/** Says which files were chosen. */
document.addEventListener('change', (event) => {
  if (event.target.type !== 'file') return;
  const list = event.target.closest('[data-files]')?.querySelector('[data-new-files]');
  list?.replaceChildren(
    ...[...event.target.files].map((file) => {
      const item = document.createElement('li');
      const name = document.createElement('span');
      name.className = 'grow clip name';
      name.textContent = file.name;
      const badge = document.createElement('span');
      badge.className = 'badge badge-ok';
      badge.textContent = 'new';
      item.append(name, badge);
      return item;
    }),
  );
});

/** Files that are dropped go into the input. */
document.addEventListener('dragover', (event) => event.target.closest('.drop') && event.preventDefault());
document.addEventListener('drop', (event) => {
  const input = event.target.closest('.drop')?.querySelector('input[type=file]');
  if (!input) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
  touched(input);
});

/** "56.3, 12.5" in either box of a point fills both. */
document.addEventListener('paste', (event) => {
  const point = event.target.closest('[data-point]');
  const parts = point && event.clipboardData.getData('text').match(/^\s*(-?[\d.]+)\s*[,;]\s*(-?[\d.]+)\s*$/);
  if (!parts) return;
  event.preventDefault();
  [...point.querySelectorAll('input')].forEach((input, i) => (input.value = parts[i + 1]));
  touched(point);
});

/** Below a date: what it is here. */
function showLocal(input) {
  const place = input.closest('.field').querySelector('[data-local]');
  place.textContent = input.value && local(input.value) !== input.value ? `${local(input.value)} where you are` : '';
}
document.addEventListener('input', (event) => event.target.matches('[data-date]') && showLocal(event.target));

/** The preview of HTML is a frame that runs nothing. */
function preview(frame) {
  frame.srcdoc = document.getElementById(frame.dataset.preview).value;
}
document.addEventListener(
  'toggle',
  (event) => {
    const frame = event.target.querySelector?.('[data-preview]');
    if (frame && event.target.open) preview(frame);
  },
  true,
);

document.addEventListener('htmx:load', (event) => {
  for (const input of event.target.querySelectorAll?.('[data-date]') ?? []) showLocal(input);
});
