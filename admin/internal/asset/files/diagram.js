// The diagram: pan, zoom, and the relations of the box under the pointer or with the focus. The
// server stores the place of a dragged box.
import { ask } from './ask.js';

const place = document.querySelector('[data-diagram]');
const svg = place.querySelector('svg');
const boxes = [...svg.querySelectorAll('[data-box]')];
const lines = [...svg.querySelectorAll('[data-from]')];
// Sizes in the picture, equal to those of diagram.go.
const boxWidth = 176, headSize = 26, rowSize = 19, margin = 40, farthest = 20_000, step = 20;
let view = all();
let drag = null; // the drag in progress: { x, y, box, from }; box is null for the whole picture
let dragged = false; // a box has been dragged: the click at the end of the drag opens nothing

function show() {
  svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
}

/** Units of the picture that a pixel of the screen stands for. */
const scale = () => Math.max(view.width / svg.clientWidth, view.height / svg.clientHeight);

/** The view that shows every box. */
function all() {
  const bottom = (box) => Number(box.dataset.y) + box.querySelector('.box-bg').height.baseVal.value;
  return { x: 0, y: 0, width: Math.max(0, ...boxes.map((box) => Number(box.dataset.x) + boxWidth)) + margin, height: Math.max(0, ...boxes.map(bottom)) + margin };
}

function zoom(factor, x = view.x + view.width / 2, y = view.y + view.height / 2) {
  const wide = Math.min(Math.max(view.width * factor, 200), all().width * 2);
  const real = wide / view.width;
  view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, width: wide, height: view.height * real };
  show();
}

function fit() {
  view = all();
  show();
}

function move(x, y) {
  view.x += x;
  view.y += y;
  show();
}

const boxOf = (id) => boxes.find((box) => box.dataset.box === id);

/** Moves a box, and the lines that begin or end at it. */
function put(box, x, y) {
  const within = (n) => Math.round(Math.min(Math.max(n, 0), farthest));
  [box.dataset.x, box.dataset.y] = [within(x), within(y)];
  box.lastElementChild.setAttribute('transform', `translate(${box.dataset.x} ${box.dataset.y})`);
  lines.forEach((line, i) => {
    if (line.dataset.from !== box.dataset.box && line.dataset.to !== box.dataset.box) return;
    const [from, to] = [boxOf(line.dataset.from), boxOf(line.dataset.to)];
    const [x1, x2] = [Number(from.dataset.x), Number(to.dataset.x)];
    const y2 = Number(to.dataset.y) + headSize / 2;
    if (line.localName === 'circle') {
      line.setAttribute('cx', x1 < x2 ? x2 : x2 + boxWidth);
      line.setAttribute('cy', y2);
      return;
    }
    const y1 = Number(from.dataset.y) + headSize + 3 + line.dataset.row * rowSize + Math.floor(rowSize / 2);
    if (x1 === x2) line.setAttribute('d', curve(x1 + boxWidth, y1, 44, x2 + boxWidth, y2, 44)); // around the right side
    else if (x1 < x2) line.setAttribute('d', curve(x1 + boxWidth, y1, 60, x2, y2, -60));
    else line.setAttribute('d', curve(x1, y1, -60, x2 + boxWidth, y2, 60));
  });
}

const curve = (x1, y1, bend1, x2, y2, bend2) => `M${x1} ${y1}C${x1 + bend1} ${y1} ${x2 + bend2} ${y2} ${x2} ${y2}`;

let kept = Promise.resolve(); // one request after the other, so that the last place is stored

/** Stores the place of a box on the server. */
function keep(box) {
  const { box: id, x, y, title } = box.dataset;
  kept = kept.then(async () => {
    if (!(await ask('/_/diagram/place', 'The place was not kept.', { method: 'POST', body: new URLSearchParams({ id, x, y }) }))) return;
    document.querySelector('[data-arrange]').hidden = false;
    document.querySelector('[data-said]').textContent = `${title} is at ${x}, ${y}`;
  });
}

/** Highlights a box with its relations; null ends the highlight. */
function light(id) {
  const near = new Set([id]);
  for (const line of lines) {
    const mine = id !== null && (line.dataset.from === id || line.dataset.to === id);
    line.classList.toggle('on', mine);
    if (mine) near.add(line.dataset.from).add(line.dataset.to);
  }
  for (const box of boxes) {
    box.lastElementChild.classList.toggle('is-on', box.dataset.box === id);
    box.lastElementChild.classList.toggle('is-dim', id !== null && !near.has(box.dataset.box));
  }
}

svg.addEventListener('pointerover', (event) => !drag && light(event.target.closest('[data-box]')?.dataset.box ?? null));
svg.addEventListener('pointerleave', () => light(null));
svg.addEventListener('focusin', (event) => light(event.target.closest('[data-box]')?.dataset.box ?? null));
svg.addEventListener('focusout', () => light(null));

svg.addEventListener('pointerdown', (event) => {
  dragged = false;
  if (event.button !== 0) return;
  drag = { x: event.clientX, y: event.clientY, box: event.target.closest('[data-box]') };
  if (!drag.box) svg.setPointerCapture(event.pointerId);
});
svg.addEventListener('pointermove', (event) => {
  if (!drag) return;
  const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
  const { box } = drag;
  if (box && !dragged) {
    if (Math.hypot(x, y) < 4) return; // less than 4 pixels are a click
    dragged = true;
    svg.setPointerCapture(event.pointerId);
    drag.from = { x: Number(box.dataset.x), y: Number(box.dataset.y) };
  }
  if (box) return put(box, drag.from.x + x * scale(), drag.from.y + y * scale());
  move(-x * scale(), -y * scale());
  drag = { ...drag, x: event.clientX, y: event.clientY };
});
for (const end of ['pointerup', 'pointercancel']) {
  svg.addEventListener(end, () => {
    if (drag?.box && dragged) keep(drag.box);
    drag = null;
  });
}
svg.addEventListener('dragstart', (event) => event.preventDefault());
svg.addEventListener('click', (event) => dragged && event.preventDefault(), true);
place.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (!event.ctrlKey && !event.metaKey) return move(event.deltaX * scale(), event.deltaY * scale());
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at.x, at.y);
}, { passive: false });

let beforePrint = null; // the view before the page was printed
addEventListener('beforeprint', () => {
  beforePrint = view;
  light(null);
  fit();
});
addEventListener('afterprint', () => {
  view = beforePrint;
  show();
});

const zooms = { in: () => zoom(1 / 1.25), out: () => zoom(1.25), fit };
document.addEventListener('click', (event) => zooms[event.target.closest('[data-zoom]')?.dataset.zoom]?.());

/** The nearest box in a direction. */
function go(from, x, y) {
  const middle = (box) => box.getBoundingClientRect();
  const { left, top } = middle(from);
  const ahead = boxes
    .filter((box) => box !== from)
    .map((box) => ({ box, along: (middle(box).left - left) * x + (middle(box).top - top) * y, across: Math.abs((middle(box).left - left) * y) + Math.abs((middle(box).top - top) * x) }))
    .filter((other) => other.along > 1)
    .sort((a, b) => a.along + 2 * a.across - b.along - 2 * b.across);
  ahead[0]?.box.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.target.closest?.('input')) return;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const box = event.target.closest?.('[data-box]');
  if (event.altKey && !(way && box)) return;
  if (event.altKey) {
    put(box, Number(box.dataset.x) + way[0] * step, Number(box.dataset.y) + way[1] * step);
    keep(box);
  } else if (way && box) go(box, ...way);
  else if (way) move(way[0] * 60 * scale(), way[1] * 60 * scale());
  else if (event.key === '+') zooms.in();
  else if (event.key === '-') zooms.out();
  else if (event.key === '0') fit();
  else return;
  event.preventDefault();
});

document.querySelector('[data-find]').addEventListener('input', (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  const found = wanted ? boxes.filter((box) => box.dataset.words.toLowerCase().includes(wanted)) : [];
  const best = found.find((box) => box.dataset.words.toLowerCase().startsWith(wanted)) ?? found[0];
  light(best?.dataset.box ?? null);
});
document.querySelector('[data-find]').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') svg.querySelector('.is-on')?.closest('a').focus();
});
