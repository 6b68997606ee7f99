// The side bar: its width, which can be changed by dragging its edge or by arrow keys, and whether
// it is hidden. Both are stored in this browser, and applied by early.js when a page opens. The entry
// of the open page is scrolled into view.
import { store, unstore } from './store.js';
import { announce } from './toast.js';

const key = 'loam.side';
const hiddenKey = 'loam.side.hidden';
const least = 160; // pixels
const most = 480;
const step = 16;
const edge = document.querySelector('[data-side-edge]');
const width = () => document.querySelector('.app > .side').getBoundingClientRect().width;
let drag = null;

function set(to) {
  const pixels = Math.round(Math.min(most, Math.max(least, to)));
  document.documentElement.style.setProperty('--side', `${pixels}px`);
  store(key, pixels);
  tell();
}

function reset() {
  document.documentElement.style.removeProperty('--side');
  unstore(key);
  tell();
}

/** Hides or shows the side bar. */
export function toggleSide() {
  const side = document.querySelector('.app > .side');
  if (!side) return;
  const hidden = document.documentElement.toggleAttribute('data-no-side');
  if (hidden && side.contains(document.activeElement)) document.getElementById('main').focus();
  if (hidden) store(hiddenKey, '1');
  else unstore(hiddenKey);
  announce(hidden ? 'The side bar is hidden' : 'The side bar is shown');
}

/** Scrolls a long list to the entry of the open page. */
export function showCurrent() {
  document.querySelector('.side-scroll [aria-current]')?.scrollIntoView({ block: 'nearest' });
}

/** Tells assistive technology the width. */
function tell() {
  edge.setAttribute('aria-valuenow', Math.round(width()));
}

function move(event) {
  const to = { ArrowLeft: width() - step, ArrowRight: width() + step, Home: least, End: most }[event.key];
  if (to === undefined && event.key !== 'Enter') return;
  event.preventDefault();
  if (event.key === 'Enter') reset();
  else set(to);
  announce(`The side bar is ${Math.round(width())} pixels wide`);
}

showCurrent();
if (edge) {
  edge.setAttribute('role', 'separator');
  edge.setAttribute('aria-orientation', 'vertical');
  edge.setAttribute('aria-label', 'Width of the side bar');
  edge.setAttribute('aria-valuemin', least);
  edge.setAttribute('aria-valuemax', most);
  edge.tabIndex = 0;
  tell();
  edge.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    drag = { from: event.clientX, width: width() };
  });
  edge.addEventListener('pointermove', (event) => drag && set(drag.width + event.clientX - drag.from));
  edge.addEventListener('pointerup', () => (drag = null));
  edge.addEventListener('pointercancel', () => (drag = null));
  edge.addEventListener('dblclick', reset);
  edge.addEventListener('keydown', (event) => move(event));
}
