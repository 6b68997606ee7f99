// Inputs of a record that consist of several elements: related records, stored files, points; and
// lists that the user can reorder.
import { ask } from './ask.js';
import { closeDialog } from './dialog.js';
import { touched } from './element.js';
import { announce, say } from './toast.js';

/**
 * Adds a record to a relation, or replaces the record of a relation that holds only one. Returns
 * false if the relation is full.
 */
export function choose(relation, id, label) {
  const list = relation.querySelector('[data-chosen]');
  if ([...list.querySelectorAll('input')].some((input) => input.value === id)) return true;
  const most = Number(relation.dataset.max);
  if ('many' in relation.dataset && list.children.length >= most) {
    say(`${relation.dataset.relation} holds ${most} at most`, 'danger');
    return false;
  }
  const item = relation.querySelector('template').content.firstElementChild.cloneNode(true);
  item.querySelector('input').value = id;
  item.querySelector('[data-label]').textContent = label;
  const link = item.querySelector('[data-link]');
  link.href = relation.dataset.base + encodeURIComponent(id);
  link.ariaLabel = `Open ${label}`;
  item.querySelector('[data-remove]').ariaLabel = `Remove ${label}`;
  item.querySelector('[data-grip]')?.setAttribute('aria-label', `Move ${label} (Alt with up or down)`);
  if (!('many' in relation.dataset)) list.replaceChildren();
  list.append(item);
  touched(list);
  return true;
}

/** Replaces the button by the next page of found records. */
async function showMore(relation, button) {
  const answer = await ask(button.dataset.more, 'The records could not be read.');
  if (!answer || !button.isConnected) return;
  const found = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const page = [...found.body.children].map((node) => document.importNode(node, true));
  button.replaceWith(...page);
  mark(relation, page[0]);
}

/** Adds the records of the answer until the relation is full. */
async function chooseAll(relation, path) {
  const answer = await ask(path, 'The records could not be read.');
  if (!answer) return;
  for (const { id, label } of await answer.json()) if (!choose(relation, id, label || id)) break;
}

/** Marks a found record. Enter chooses the marked record. */
function mark(relation, option) {
  const find = relation.querySelector('[data-find]');
  for (const other of relation.querySelectorAll('[role=option]')) other.setAttribute('aria-selected', String(other === option));
  option.id ||= `option-${crypto.randomUUID()}`;
  find.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({ block: 'nearest' });
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

/** The answer to a search for earlier words is dropped: Enter would choose from its records. */
document.addEventListener('htmx:beforeSwap', (event) => {
  const { elt, parameters } = event.detail.requestConfig;
  if (elt.matches('[data-find]') && elt.value !== (parameters._q ?? '')) event.detail.shouldSwap = false;
});

/** Typing removes the found records, which belong to the earlier words. */
document.addEventListener('input', (event) => {
  const relation = event.target.matches('[data-find]') && event.target.closest('[data-relation]');
  if (!relation) return;
  relation.querySelector('[role=listbox]').replaceChildren();
  closeList(relation);
});

/** Arrows move the mark, Enter chooses the marked or the first record, Escape closes the list. */
function steer(event) {
  const relation = event.target.closest('[data-find]')?.closest('[data-relation]');
  if (!relation) return;
  const options = [...relation.querySelectorAll('[role=option]')];
  const at = options.findIndex((option) => option.ariaSelected === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length > 0) {
    event.preventDefault();
    mark(relation, options[(Math.max(at, step > 0 ? -1 : 0) + step + options.length) % options.length]);
  } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    options[Math.max(at, 0)]?.click();
  } else if (event.key === 'Escape' && !relation.querySelector('[role=listbox]').hidden) {
    event.preventDefault(); // the next Escape closes the panel
    closeList(relation);
  }
}

/** The entries that the user can reorder: all entries of a list, but only the chosen options. */
const ordered = (list) => [...list.querySelectorAll(':scope > [data-item]')].filter((item) => !item.matches('.check-item:not(:has(:checked))'));

/** Marks the list as changed, and announces the new place of a moved entry. */
function moved(item) {
  touched(item);
  const all = ordered(item.parentElement);
  const name = item.querySelector('[data-label], [data-name-of], .name').textContent.trim();
  announce(`${name} is ${all.indexOf(item) + 1} of ${all.length}`);
}

/** Moves an entry of a list with Alt and an arrow. */
function move(event) {
  const grip = event.target.closest('[data-grip]');
  if (!grip || !event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  const item = grip.closest('[data-item]');
  const all = ordered(item.parentElement);
  const other = all[all.indexOf(item) + (event.key === 'ArrowUp' ? -1 : 1)];
  if (!other) return;
  if (event.key === 'ArrowUp') other.before(item);
  else other.after(item);
  grip.focus();
  moved(item);
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
  const { top, height, left, width } = over.getBoundingClientRect();
  const isBeside = Math.abs(dragged.getBoundingClientRect().top - top) < height / 2; // options stand side by side
  if (isBeside ? event.clientX < left + width / 2 : event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener('pointerup', () => {
  if (dragged) moved(dragged);
  dragged = null;
});

let asking = null; // the relation for which a record is being created
document.addEventListener('relatedmade', (event) => {
  closeDialog();
  if (asking?.isConnected) choose(asking, event.detail.id, event.detail.label);
});

document.addEventListener('click', (event) => {
  const option = event.target.closest('[data-relation] [role=option]');
  if (option) {
    const relation = option.closest('[data-relation]');
    const find = relation.querySelector('[data-find]');
    const { pick, label, more, all } = option.dataset;
    find.focus();
    if (more) {
      showMore(relation, option);
      return;
    }
    if (pick) choose(relation, pick, label);
    else if (all) chooseAll(relation, all);
    else asking = relation;
    find.value = '';
    closeList(relation);
  }
  const removed = event.target.closest('[data-item] [data-remove]');
  if (removed) {
    const item = removed.closest('[data-item]');
    if (item.closest('.files')) {
      // A removed file stays in the list until the record is saved.
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

/** "56.3, 12.5" in either box of a point fills both. */
document.addEventListener('paste', (event) => {
  const point = event.target.closest('[data-point]');
  const parts = point && event.clipboardData.getData('text').match(/^\s*(-?[\d.]+)\s*[,;]\s*(-?[\d.]+)\s*$/);
  if (!parts) return;
  event.preventDefault();
  [...point.querySelectorAll('input')].forEach((input, i) => {
    input.value = parts[i + 1];
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
});

/** Shows the number of characters in the hint of a text that has reached 80% of its limit (data-most-characters). */
function count(input) {
  const most = Number(input.dataset?.mostCharacters);
  const hint = most && input.closest('.field')?.querySelector('.hint');
  if (!hint) return;
  const used = [...input.value].length;
  hint.dataset.words ??= hint.textContent;
  hint.textContent = used < most * 0.8 ? hint.dataset.words : `${used} used · ${hint.dataset.words}`;
  hint.classList.toggle('t-danger', used > most);
}
document.addEventListener('input', (event) => count(event.target));
document.addEventListener('htmx:load', (event) => event.target.querySelectorAll?.('[data-most-characters]').forEach(count));

/** Closes a menu after a click on an action of the menu. */
document.addEventListener('click', (event) => event.target.closest('[data-menu-action]')?.closest('[popover]').hidePopover());

/** Previews HTML in a sandboxed frame without scripts. */
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

/** The modules of larger inputs, by selector. A module is loaded when a form has such an input. */
const modules = {
  '[data-rich]': () => import('./rich.js'),
  '[data-date]': () => import('./date.js'),
  '[data-map]': () => import('./geo.js'),
  '[data-password]': () => import('./password.js'),
  '[data-files]': () => import('./files.js'),
  '[data-json]': () => import('./json.js'),
  '[data-peek]': () => import('./preview.js'),
  '[data-element]': () => import('./own.js'), // last, since other modules replace inputs
};
const arriving = new Set(); // the selectors whose modules are being loaded
const pressed = new Set(); // the buttons of these inputs that were pressed meanwhile

document.addEventListener('htmx:load', async ({ target }) => {
  const found = Object.entries(modules)
    .map(([selector, load]) => ({ selector, load, nodes: target.querySelectorAll?.(selector) ?? [] }))
    .filter(({ nodes }) => nodes.length > 0);
  for (const { selector } of found) arriving.add(selector);
  try {
    const loaded = await Promise.all(found.map(({ load }) => load()));
    found.forEach(({ nodes }, i) => nodes.forEach((node) => node.isConnected && loaded[i].begin?.(node)));
  } finally {
    for (const { selector } of found) arriving.delete(selector);
  }
  if (target.isConnected) target.dispatchEvent(new Event('inputsready', { bubbles: true }));
  const again = [...pressed];
  pressed.clear();
  for (const button of again) if (button.isConnected) button.click();
});

/** A button that is pressed before the module of its input has arrived is pressed again when it has. */
addEventListener('click', (event) => {
  const button = event.target.closest('button');
  const place = button?.closest('.field');
  if (!button || ![...arriving].some((selector) => button.closest(selector) || place?.querySelector(selector))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  pressed.add(button);
}, true);

/** Adds one to a whole number, or takes one away, up to its limits. BigInt keeps all digits. */
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-whole-number] [data-by]');
  if (!button) return;
  const { least, greatest } = button.parentElement.dataset;
  const input = button.parentElement.querySelector('input');
  const text = input.value.trim();
  if (!/^-?\d*$/.test(text) || text === '-') return input.focus(); // no whole number: the user corrects it
  let number = BigInt(text) + BigInt(button.dataset.by);
  if (least && number < BigInt(least)) number = BigInt(least);
  if (greatest && number > BigInt(greatest)) number = BigInt(greatest);
  announce(`${input.name}: ${number}`);
  if (String(number) === text) return;
  input.value = number;
  for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true }));
});
