// The page of the logs. Dragging over the chart opens the entries of the dragged period; a double
// click opens the entries of all times. Checkboxes select entries for an export; with Shift a
// checkbox selects a range.
import { markRows } from './range.js';
import { local } from './time.js';

// The chart.

let drag = null; // the drag in progress: { chart, bar: the bar where the drag began }
const chartOf = (node) => node?.closest?.('[data-histogram]');
const drawing = (chart) => chart.querySelector('svg');
const bars = (chart) => drawing(chart).viewBox.baseVal.width;

/** The bar at a position of the pointer. */
function barAt(chart, event) {
  const { left, width } = drawing(chart).getBoundingClientRect();
  return Math.min(bars(chart) - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * bars(chart))));
}

/** The time at which a bar begins, as the server formats it. */
function timeAt(chart, bar) {
  const { from, seconds } = chart.dataset;
  return new Date(Date.parse(from) + bar * seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function mark(chart, a, b) {
  const brush = chart.querySelector('.brush');
  brush.setAttribute('x', Math.min(a, b));
  brush.setAttribute('width', a === null ? 0 : Math.abs(a - b) + 1);
}

/** Shows the time and the number of entries of a bar, or for null the number of all entries. */
function hint(chart, bar) {
  const place = chart.querySelector('[data-hint]');
  place.dataset.all ??= place.textContent;
  const count = chart.querySelector(`rect[x="${bar}"][data-count]`)?.dataset.count ?? 'no';
  place.textContent = bar === null ? place.dataset.all : `${local(timeAt(chart, bar))}: ${count} entries`;
}

document.addEventListener('pointerdown', (event) => {
  const chart = event.target.closest('svg') && chartOf(event.target);
  if (!chart || event.button !== 0) return;
  drag = { chart, bar: barAt(chart, event) };
  drawing(chart).setPointerCapture(event.pointerId);
});
document.addEventListener('pointermove', (event) => {
  const chart = drag?.chart ?? chartOf(event.target);
  if (!chart) return;
  hint(chart, barAt(chart, event));
  if (drag) mark(chart, drag.bar, barAt(chart, event));
});
document.addEventListener('pointerout', (event) => chartOf(event.target) && !chartOf(event.relatedTarget) && hint(chartOf(event.target), null));
document.addEventListener('pointerup', (event) => {
  if (!drag) return;
  const { chart, bar } = drag;
  drag = null;
  const end = barAt(chart, event);
  if (end === bar) {
    mark(chart, null, null);
    return;
  }
  const address = new URL(location.href);
  address.searchParams.delete('after');
  address.searchParams.set('from', timeAt(chart, Math.min(bar, end)));
  address.searchParams.set('to', timeAt(chart, Math.max(bar, end) + 1));
  location.assign(address);
});
document.addEventListener('dblclick', (event) => {
  const all = event.target.closest('svg[data-all]');
  if (all) location.assign(all.dataset.all);
});

// The selection.

const boxes = () => [...document.querySelectorAll('[data-select]')];
const part = (name) => document.querySelector(`[data-${name}]`);

function showSelection() {
  const chosen = markRows(boxes(), part('select-all'));
  part('bulk').hidden = chosen.length === 0;
  part('pages').hidden = chosen.length > 0;
  part('count').textContent = `${chosen.length} selected`;
}

function setAll(checked) {
  for (const box of boxes()) box.checked = checked;
  showSelection();
}

document.addEventListener('click', (event) => event.target.closest('[data-clear-selection]') && setAll(false));
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-select-all]')) setAll(event.target.checked);
  else if (event.target.matches('[data-select]')) showSelection();
});
document.addEventListener('submit', (event) => {
  if (!event.target.matches('[data-bulk]')) return;
  event.preventDefault();
  const ids = new URLSearchParams(boxes().filter((box) => box.checked).map((box) => ['id', box.value]));
  location.assign(`${event.target.action}?${ids}`);
});
