// The map of a point (data-map): outlines of the world that are part of the console. A click sets
// the point, the pointer or arrow keys move it; the inputs beside the map hold the stored numbers.
import { say } from './toast.js';

const deepest = 7; // maximum zoom: each step halves the width of the view, and the outlines have no more detail
const views = new WeakMap(); // by map: { zoom, lon, lat } of its centre
let drag = null; // { map, isPoint, isMoved, x, y, lon, lat }

const mapOf = (node) => node?.closest?.('[data-map]');
const pointOf = (map) => map.closest('[data-point]');
const inputs = (point) => [...point.querySelectorAll('.geo-numbers input')]; // latitude, longitude
const svgOf = (map) => map.querySelector('svg');
const clamp = (n, most) => Math.min(Math.max(n, -most), most);
const touched = (node) => node.dispatchEvent(new Event('input', { bubbles: true }));

/** The point in the inputs; null for invalid numbers. */
function numbers(point) {
  const [lat, lon] = inputs(point).map(({ value }) => (value.trim() === '' ? 0 : Number(value)));
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

const width = (map) => 360 / 2 ** views.get(map).zoom;
const inWords = ({ lat, lon }) => `${Math.abs(lat)}° ${lat < 0 ? 'south' : 'north'}, ${Math.abs(lon)}° ${lon < 0 ? 'west' : 'east'}`;

/** Draws the visible part of the world, its grid and the point. */
function draw(map) {
  const view = views.get(map);
  const w = width(map);
  view.lon = clamp(view.lon, 180 - w / 2);
  view.lat = clamp(view.lat, 90 - w / 4);
  const [left, top] = [view.lon - w / 2, -view.lat - w / 4];
  const svg = svgOf(map);
  svg.setAttribute('viewBox', `${left} ${top} ${w} ${w / 2}`);
  const step = [30, 15, 10, 5, 2, 1, 0.5][view.zoom] ?? 0.5;
  let lines = '';
  for (let at = Math.ceil(left / step) * step; at <= left + w; at += step) lines += `M${at} ${top}v${w / 2}`;
  for (let at = Math.ceil(top / step) * step; at <= top + w / 2; at += step) lines += `M${left} ${at}h${w}`;
  svg.querySelector('.grid').setAttribute('d', lines);
  const point = numbers(pointOf(map));
  for (const mark of svg.querySelectorAll('.pt, .pt-edge')) {
    mark.toggleAttribute('hidden', !point);
    if (point) mark.setAttribute('d', `M${point.lon} ${-point.lat}h0`);
  }
  svg.ariaLabel = `${point ? `The point is at ${inWords(point)}.` : 'There is no point.'} Arrows move it, with Shift by little; plus and minus zoom.`;
  map.querySelector('[data-zoom="1"]').disabled = view.zoom === deepest;
  map.querySelector('[data-zoom="-1"]').disabled = view.zoom === 0;
}

/** Moves the view so that the point is not near its edge. */
function follow(map, { lat, lon }) {
  const view = views.get(map);
  const w = width(map);
  if (Math.abs(lon - view.lon) > w * 0.42) view.lon = lon;
  if (Math.abs(lat - view.lat) > w * 0.21) view.lat = lat;
}

/** Sets the inputs to a point, rounded to the precision of the step, which is in degrees. */
function put(map, { lat, lon }, step) {
  const decimals = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(step))));
  const point = pointOf(map);
  const text = (n, most) => String(Number(clamp(n, most).toFixed(decimals)));
  const [latitude, longitude] = inputs(point);
  latitude.value = text(lat, 90);
  longitude.value = text(lon, 180);
  touched(latitude);
  touched(longitude);
}

function announce(map) {
  const point = numbers(pointOf(map));
  if (point) pointOf(map).querySelector('[data-said]').textContent = inWords(point);
}

function zoom(map, by, around) {
  const view = views.get(map);
  const at = around ?? numbers(pointOf(map)) ?? view;
  const before = width(map);
  view.zoom = Math.min(deepest, Math.max(0, view.zoom + by));
  const ratio = width(map) / before;
  view.lon = at.lon + (view.lon - at.lon) * ratio;
  view.lat = at.lat + (view.lat - at.lat) * ratio;
  draw(map);
}

/** The place on the map under the pointer. */
function placeOf(map, event) {
  const { left, top, width: pixels } = svgOf(map).getBoundingClientRect();
  const view = views.get(map);
  const perPixel = width(map) / pixels;
  return { lon: view.lon - width(map) / 2 + (event.clientX - left) * perPixel, lat: view.lat + width(map) / 4 - (event.clientY - top) * perPixel, perPixel };
}

export function begin(map) {
  const point = numbers(pointOf(map)) ?? { lat: 0, lon: 0 };
  const isSet = point.lat !== 0 || point.lon !== 0;
  views.set(map, { zoom: isSet ? 2 : 0, ...point });
  map.hidden = false;
  map.querySelector('[data-my-place]').hidden = !navigator.geolocation || !isSecureContext;
  draw(map);
}

document.addEventListener('input', (event) => {
  const map = event.target.closest?.('[data-point]')?.querySelector('[data-map]');
  const point = map && views.has(map) && numbers(pointOf(map));
  if (!point) return;
  follow(map, point);
  draw(map);
});

document.addEventListener('keydown', (event) => {
  const map = event.target.matches?.('.geo-map') && mapOf(event.target);
  if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = width(map) / (event.shiftKey ? 1000 : 50);
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
  if (x || y) {
    const { lat, lon } = numbers(pointOf(map)) ?? views.get(map);
    put(map, { lat: lat + y * step, lon: lon + x * step }, step);
    announce(map);
  } else if (event.key === '+' || event.key === '=') zoom(map, 1);
  else if (event.key === '-') zoom(map, -1);
  else return;
  event.preventDefault();
});

document.addEventListener('click', (event) => {
  const map = mapOf(event.target);
  const button = event.target.closest('[data-zoom], [data-my-place]');
  if (!map || !button) return;
  if (button.dataset.zoom) {
    zoom(map, Number(button.dataset.zoom));
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      if (!map.isConnected) return;
      put(map, { lat: coords.latitude, lon: coords.longitude }, 1e-5);
      announce(map);
    },
    () => say('The browser does not tell where you are.', 'danger'),
    { enableHighAccuracy: true, timeout: 15_000 },
  );
});

document.addEventListener('pointerdown', (event) => {
  const map = event.target.closest?.('.geo-map') && mapOf(event.target);
  if (!map || event.button !== 0) return;
  drag = { map, isPoint: event.target.matches('.pt, .pt-edge'), isMoved: false, x: event.clientX, y: event.clientY, ...views.get(map) };
});
document.addEventListener('pointermove', (event) => {
  if (!drag) return;
  const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
  drag.isMoved ||= Math.hypot(x, y) > 4;
  if (!drag.isMoved) return;
  const { map } = drag;
  const place = placeOf(map, event);
  if (drag.isPoint) put(map, place, place.perPixel);
  else {
    Object.assign(views.get(map), { lon: drag.lon - x * place.perPixel, lat: drag.lat + y * place.perPixel });
    draw(map);
  }
});
document.addEventListener('pointerup', (event) => {
  if (!drag) return;
  const { map, isMoved, isPoint } = drag;
  drag = null;
  if (!isMoved && !isPoint) {
    const place = placeOf(map, event);
    put(map, place, place.perPixel);
  }
  if (!isMoved || isPoint) announce(map);
});
document.addEventListener('pointercancel', () => (drag = null));

/** The wheel zooms while the map has the focus, else it scrolls the page. */
document.addEventListener('wheel', (event) => {
  const map = event.target.closest?.('.geo-map') && mapOf(event.target);
  if (!map || !(event.ctrlKey || document.activeElement === svgOf(map))) return;
  event.preventDefault();
  if (event.deltaY !== 0) zoom(map, event.deltaY < 0 ? 1 : -1, placeOf(map, event));
}, { passive: false });
