// The page of the logs. Dragging over the chart selects a period and opens its entries; so do Shift
// with the arrows and Enter. A double click opens the entries of all times. Checkboxes select
// entries for an export; with Shift, a range of entries.
import { markRows } from './range.js';
import { dated } from './time.js';
import { announce } from './toast.js';

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

/** The period from the beginning of the first bar to the end of the last, in words. */
const period = (chart, a, b) => `${dated(timeAt(chart, Math.min(a, b)))} to ${dated(timeAt(chart, Math.max(a, b) + 1))}`;

/** The period and the number of entries of a bar, in words. */
function wordsOf(chart, bar) {
  const count = chart.querySelector(`rect[x="${bar}"][data-count]`)?.dataset.count ?? 'no';
  return `${period(chart, bar, bar)}: ${count} entries`;
}

/** Shows words below the chart; for null, the number of all entries. */
function hint(chart, words) {
  const place = chart.querySelector('[data-hint]');
  place.dataset.all ??= place.textContent;
  place.textContent = words ?? place.dataset.all;
}

/** Opens the entries from the beginning of the first bar to the end of the last. */
function openPeriod(chart, a, b) {
  const address = new URL(location.href);
  address.searchParams.delete('after');
  address.searchParams.set('from', timeAt(chart, Math.min(a, b)));
  address.searchParams.set('to', timeAt(chart, Math.max(a, b) + 1));
  location.assign(address);
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
  const bar = barAt(chart, event);
  hint(chart, drag && drag.bar !== bar ? period(chart, drag.bar, bar) : wordsOf(chart, bar));
  if (drag) mark(chart, drag.bar, bar);
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
  openPeriod(chart, bar, end);
});
document.addEventListener('dblclick', (event) => {
  const all = event.target.closest('svg[data-all]');
  if (all) location.assign(all.dataset.all);
});

// Keys on the chart: arrows go from bar to bar, with Shift they select bars, Enter opens the entries
// of the selected bars, Escape removes the selection.

let reached = null; // the selection by keys: { from: its first bar, at: its last bar }

document.addEventListener('focusout', (event) => {
  const chart = chartOf(event.target);
  if (!chart || !reached) return;
  reached = null;
  mark(chart, null, null);
  hint(chart, null);
});
document.addEventListener('keydown', (event) => {
  const chart = event.target.matches('.logbars') && chartOf(event.target);
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = bars(chart) - 1;
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (step) {
    const at = reached ? Math.min(last, Math.max(0, reached.at + step)) : step === -Infinity ? 0 : last;
    reached = { at, from: event.shiftKey && reached ? reached.from : at };
    const words = reached.from === at ? wordsOf(chart, at) : `${period(chart, reached.from, at)} selected`;
    mark(chart, reached.from, at);
    hint(chart, words);
    announce(words);
  } else if (event.key === 'Enter' && reached) {
    openPeriod(chart, reached.from, reached.at);
  } else if (event.key === 'Escape' && reached) {
    reached = null;
    mark(chart, null, null);
    hint(chart, null);
    announce('Nothing is selected');
  } else return;
  event.preventDefault();
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
