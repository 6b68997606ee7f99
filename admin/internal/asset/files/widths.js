// The widths of columns: changed by dragging the right edge of a header cell, or by Alt and an
// arrow key on it, and stored in this browser by collection and column.
import { store, storedDocument } from './store.js';
import { announce } from './toast.js';

const least = 56;
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);
let drag = null;

const rows = () => document.getElementById('rows');
const key = () => `loam.widths.${rows().dataset.widths}`;

const kept = () => storedDocument(key(), {});

/** Sets the widths of the columns, except on a phone, where the table is shown as a list. */
function apply(widths) {
  const heads = [...rows().querySelectorAll('th')];
  const rules = heads.flatMap((head, i) => {
    const width = widths[head.dataset.column];
    return width > 0 ? [`#rows .table :is(th, td):nth-child(${i + 1}) { width: ${width}px; min-width: ${width}px; max-width: ${width}px }`] : [];
  });
  sheet.replaceSync(`@media (min-width: 760px) { ${rules.join('\n')} }`);
}

function set(head, width) {
  const column = head.dataset.column;
  const widths = { ...kept(), [column]: Math.max(least, Math.round(width)) };
  apply(widths);
  store(key(), JSON.stringify(widths));
  announce(`${column} is ${widths[column]} pixels wide`);
}

document.addEventListener('pointerdown', (event) => {
  const handle = event.target.closest('[data-resize]');
  if (!handle) return;
  event.preventDefault();
  const head = handle.closest('th');
  drag = { head, from: event.clientX, width: head.getBoundingClientRect().width };
});
document.addEventListener('pointermove', (event) => drag && set(drag.head, drag.width + event.clientX - drag.from));
document.addEventListener('pointerup', () => (drag = null));

document.addEventListener('keydown', (event) => {
  const head = event.altKey && event.target.closest?.('th[data-column]');
  const step = head && { ArrowLeft: -16, ArrowRight: 16 }[event.key];
  if (!step) return;
  event.preventDefault(); // Alt and an arrow would go back in the history of the browser
  set(head, head.getBoundingClientRect().width + step);
});

document.addEventListener('htmx:load', () => rows() && apply(kept()));
if (rows()) apply(kept());
