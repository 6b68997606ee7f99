// The diagram: it is moved and zoomed, and shows the relations of what is pointed at.
const place = document.querySelector('[data-diagram]');
const svg = place.querySelector('svg');
const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
const boxes = [...svg.querySelectorAll('[data-box]')];
const lines = [...svg.querySelectorAll('[data-from]')];
let view = { x: 0, y: 0, width, height };
let drag = null;

function show() {
  svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
}

/** Units of the picture that a pixel of the screen stands for. */
const scale = () => Math.max(view.width / svg.clientWidth, view.height / svg.clientHeight);

function zoom(factor, x = view.x + view.width / 2, y = view.y + view.height / 2) {
  const wide = Math.min(Math.max(view.width * factor, 200), width * 2);
  const real = wide / view.width;
  view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, width: wide, height: view.height * real };
  show();
}

function fit() {
  view = { x: 0, y: 0, width, height };
  show();
}

function move(x, y) {
  view.x += x;
  view.y += y;
  show();
}

/** Lights up a box with its relations; null puts all as it was. */
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
  if (event.button !== 0 || event.target.closest('[data-box]')) return;
  drag = { x: event.clientX, y: event.clientY };
  svg.setPointerCapture(event.pointerId);
});
svg.addEventListener('pointermove', (event) => {
  if (!drag) return;
  move((drag.x - event.clientX) * scale(), (drag.y - event.clientY) * scale());
  drag = { x: event.clientX, y: event.clientY };
});
for (const end of ['pointerup', 'pointercancel']) svg.addEventListener(end, () => (drag = null));
place.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (!event.ctrlKey && !event.metaKey) return move(event.deltaX * scale(), event.deltaY * scale());
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at.x, at.y);
}, { passive: false });

const zooms = { in: () => zoom(1 / 1.25), out: () => zoom(1.25), fit };
document.addEventListener('click', (event) => zooms[event.target.closest('[data-zoom]')?.dataset.zoom]?.());

/** The nearest box in a direction. */
function step(from, x, y) {
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
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input')) return;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const box = event.target.closest?.('[data-box]');
  if (way && box) step(box, ...way);
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
