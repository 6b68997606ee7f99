// The chart of a result of two columns, the second of which has numbers: a line over times, bars
// over other values.
import { axisOf, inkOf, onTheme, plain } from './chart.js';
import { tag } from './element.js';
import { announce } from './toast.js';
import uPlot from './uplot.js';

const maxBars = 60;
const letter = 7; // pixels, about the width of a letter of a label
const longest = 14; // characters of a label at the axis
const day = 86_400; // seconds
const time = /^(\d{4})-(\d\d)(?:-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?)?$/;

const section = document.querySelector('[data-chart-place]');
const place = section.querySelector('.chart-place');
const legend = section.querySelector('.legend');
const note = section.querySelector('[data-chart-note]');
let plot = null;
let shown = null; // { names, labels, texts, numbers, at }: at are the times in seconds, null for bars
let width = 0;

document.head.append(tag('link', { rel: 'stylesheet', href: new URL('uplot.css', import.meta.url).href }));

/** The time in seconds: a month, a day, or a time of day, in UTC without a zone; NaN for another text. */
function seconds(text) {
  const [, year, month, date = '01', hour = '00', minute = '00', second = '00', zone = 'Z'] = text?.match(time) ?? [];
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  return Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second.padStart(2, '0')}${offset}`) / 1000;
}

/** Shows the chart of a result. */
export function show({ columns, rows }) {
  const times = rows.map(([label]) => seconds(label));
  const isTime = times.every(Number.isFinite);
  const order = rows.map((_, i) => i);
  if (isTime) order.sort((a, b) => times[a] - times[b]);
  const points = isTime ? order : order.slice(0, maxBars);
  shown = {
    names: columns.map((column) => column.name),
    labels: points.map((i) => rows[i][0] ?? 'NULL'),
    texts: points.map((i) => rows[i][1] ?? 'NULL'),
    numbers: points.map((i) => (rows[i][1] === null ? null : Number(rows[i][1]))),
    at: isTime ? points.map((i) => times[i]) : null,
  };
  legend.querySelector('[data-label]').textContent = shown.names[1];
  legend.querySelector('i').className = isTime ? 'k1' : 'b1';
  note.textContent = isTime ? 'Times are in UTC.' : `The first ${maxBars} of ${rows.length.toLocaleString('en')} rows.`;
  note.hidden = isTime ? !shown.labels.some((label) => label.includes(':')) : rows.length <= maxBars;
  place.ariaLabel = sentence();
  draw();
}

/** Describes the chart for screen readers. */
function sentence() {
  const { names, labels, texts, numbers, at } = shown;
  const index = (number) => numbers.indexOf(number);
  const known = numbers.filter((number) => number !== null);
  const value = (number) => `${texts[index(number)]} (${labels[index(number)]})`;
  const what = `${names[1]} by ${names[0]}: ${labels.length} ${at ? 'times' : 'bars'}`;
  return `${what}, from ${value(known.reduce((a, b) => Math.min(a, b)))} to ${value(known.reduce((a, b) => Math.max(a, b)))}. The rows are the same as a table.`;
}

function draw() {
  plot?.destroy();
  width = place.clientWidth;
  plot = new uPlot(options(), [shown.at ?? [...shown.labels.keys()], shown.numbers], place);
  say(null);
}

function options() {
  const axis = axisOf(place);
  const values = { ...axis, size: 62, space: 36, values: (_, list) => list.map(plain) };
  const ink = inkOf(legend.querySelector('i'));
  return {
    width: Math.max(width, 100), height: Math.max(place.clientHeight, 150),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    scales: { x: { time: Boolean(shown.at), range: spread }, y: { range: (_, min, max) => heights(min, max) } },
    axes: [{ ...axis, grid: { show: false }, ...(shown.at ? { size: 26, space: 80, values: (_, list) => list.map(clock(list)) } : labelsBelow()) }, values],
    series: [{}, { stroke: ink, width: 1.5, ...(shown.at ? { spanGaps: false, points: { show: shown.at.length < 60 } } : { fill: ink, paths: uPlot.paths.bars({ size: [0.7, 80] }), points: { show: false } }) }],
    hooks: { setCursor: [({ cursor }) => say(cursor.idx)] },
  };
}

/** The shown part of the first column: half a bar more at each side; a day more at a single time. */
const spread = (_, min, max) => (shown.at ? (min === max ? [min - day, max + day] : [min, max]) : [-0.5, shown.labels.length - 0.5]);

/** The shown numbers, always with 0. */
const heights = (min, max) => (min === max && !max ? [0, 1] : [Math.min(0, min * 1.1), Math.max(0, max * 1.1)]);

/** The labels of bars: level if all fit, else oblique, and only as many as have room. */
function labelsBelow() {
  const { labels } = shown;
  const cut = labels.map((label) => (label.length > longest ? `${label.slice(0, longest - 1)}…` : label));
  const room = (width - 62) / labels.length;
  const most = letter * Math.max(...cut.map((label) => label.length));
  const isOblique = most > room;
  const step = isOblique ? Math.ceil(16 / room) : 1;
  return {
    size: isOblique ? Math.max(30, 0.8 * most + 16) : 26, rotate: isOblique ? 50 : 0,
    splits: () => [...labels.keys()].filter((i) => i % step === 0), values: (_, list) => list.map((i) => cut[i]),
  };
}

/** Returns a function that formats the times of an axis, which are the same distance apart. */
function clock([first, second = first + day]) {
  const write = (options) => (at) => new Date(at * 1000).toLocaleString(undefined, { timeZone: 'UTC', ...options });
  if (second - first >= 28 * day) return write({ month: 'short', year: 'numeric' });
  const date = write({ day: 'numeric', month: 'short' });
  const hour = write({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(second - first < 60 && { second: '2-digit' }) });
  return (at) => (at % day === 0 ? date(at) : hour(at));
}

/** Writes the point into the legend; null means none. */
function say(index) {
  const is = index !== null && index !== undefined;
  legend.querySelector('b').textContent = is ? shown.texts[index] : '';
  legend.dataset.at = is ? shown.labels[index] : '';
}

place.addEventListener('keydown', (event) => {
  const last = shown.labels.length - 1;
  const now = plot.cursor.idx ?? -1;
  const index = { ArrowLeft: Math.max(now - 1, 0), ArrowRight: Math.min(now + 1, last), Home: 0, End: last }[event.key];
  if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  plot.setCursor({ left: plot.valToPos(plot.data[0][index], 'x'), top: 0 });
  announce(`${shown.labels[index]}: ${shown.texts[index]}`);
});
new ResizeObserver(() => plot && place.clientWidth > 0 && place.clientWidth !== width && draw()).observe(place);
onTheme(() => plot?.redraw());
