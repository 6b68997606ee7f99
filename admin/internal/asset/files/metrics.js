// Charts of the server's metrics (data-chart), drawn by uPlot. Samples are fetched again while the
// page is visible. Lines take their colours from the legend when they are drawn: a change of the
// theme needs a redraw only.
import { axisOf, inkOf, onTheme, plain, short } from './chart.js';
import { request } from './session.js';
import { announce } from './toast.js';
import uPlot from './uplot.js';

const root = document.querySelector('[data-metrics]');
const rowsOfTable = 12;
const leastShown = 120; // seconds
const known = (value) => value !== null && value !== undefined;

/** By unit of a chart: the factor of a sample, and the format of the product. */
const units = {
  number: { factor: 1, write: plain },
  count: { factor: 1, write: plain },
  minute: { factor: 60, write: plain },
  percent: { factor: 100, write: (n) => `${plain(n)} %` },
  bytes: { factor: 1, write: (n) => short(n, 1000, [' B', ' kB', ' MB', ' GB', ' TB']) },
  duration: { factor: 1000, write: (n) => (n >= 1000 ? `${plain(n / 1000)} s` : `${plain(n)} ms`) },
};

const clock = (seconds, more) => new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...more });

const isBefore = (line) => 'before' in line.dataset;

/** The values of the series that a line shows: those of the day before, or those of the period. */
const valuesOf = (line, series) => (isBefore(line) ? (series.before ?? {}) : series.values);

/** A chart in its section, with legend and table. */
class Chart {
  constructor(section) {
    this.section = section;
    this.unit = units[section.dataset.chart];
    this.place = section.querySelector('.chart-place');
    this.details = section.querySelector('details');
    this.lines = [...section.querySelectorAll('[data-figure]')];
    this.details.addEventListener('toggle', () => this.tabulate());
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.place);
  }

  size() {
    return { width: Math.max(this.place.clientWidth, 100), height: 150 };
  }

  /** Shows new samples. Lines of figures that the server does not have are hidden. */
  show(series) {
    const there = this.lines.filter((line) => line.dataset.figure in valuesOf(line, series));
    this.section.hidden = there.length === 0;
    if (there.length === 0) return;
    for (const line of this.lines) line.hidden = !there.includes(line);
    this.at = series.at;
    this.values = there.map((line) => valuesOf(line, series)[line.dataset.figure].map((value) => (known(value) ? value * this.unit.factor : null)));
    if (this.shown?.length !== there.length) {
      this.plot?.destroy();
      this.plot = null;
      this.shown = there;
    }
    this.draw();
    this.say(null);
    this.describe();
    this.tabulate();
  }

  draw() {
    const zoomed = this.plot && root.dataset.zoomed !== undefined;
    if (this.plot) this.plot.setData([this.at, ...this.values], !zoomed);
    else this.plot = new uPlot(this.options(), [this.at, ...this.values], this.place);
    if (zoomed) this.plot.redraw();
  }

  /** The shown period, at least leastShown. uPlot would show years for a single sample. */
  range(plot, min, max) {
    const end = plot.data[0].length === 1 ? plot.data[0][0] : max;
    return [Math.min(min, end - leastShown), end];
  }

  options() {
    const axis = axisOf(this.place);
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { sync: { key: 'metrics' }, drag: { x: true, y: false }, y: false, points: { size: 7 } },
      scales: { x: { range: (plot, min, max) => this.range(plot, min, max) }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
      axes: [
        { ...axis, grid: { show: false }, size: 26, space: 70, values: (_, list) => list.map((at) => clock(at, list[1] - list[0] < 60 ? { second: '2-digit' } : {})) },
        { ...axis, size: 62, space: 36, values: (_, list) => list.map((value) => this.unit.write(value)) },
      ],
      series: [{}, ...this.shown.map((line) => ({ label: line.textContent.trim(), stroke: inkOf(line.querySelector('i')), width: 1.5, dash: isBefore(line) ? [4, 4] : undefined, points: { show: (plot) => plot.data[0].length < 3 }, spanGaps: false }))],
      hooks: {
        setCursor: [(plot) => this.say(plot.cursor.idx)],
        setScale: [(plot, scale) => scale === 'x' && zoomedTo(plot)],
      },
    };
  }

  /** Writes the values of the sample at the index into the legend; null means the last sample. */
  say(index) {
    this.shown.forEach((line, i) => {
      const value = this.values[i][index ?? this.at.length - 1];
      line.querySelector('b').textContent = known(value) ? this.unit.write(value) : '–';
    });
    const time = index === null || index === undefined ? '' : clock(this.at[index]);
    this.section.querySelector('.legend').dataset.at = time;
  }

  /** Describes the chart in a sentence for screen readers. */
  describe() {
    const parts = this.shown.map((line, i) => {
      const all = this.values[i].filter(known);
      const name = line.querySelector('[data-label]').textContent;
      if (all.length === 0) return `${name}: not known`;
      return `${name}: ${this.unit.write(all.at(-1))} ${isBefore(this.shown[i]) ? 'last' : 'now'}, between ${this.unit.write(Math.min(...all))} and ${this.unit.write(Math.max(...all))}`;
    });
    this.place.ariaLabel = `${this.section.ariaLabel} since ${clock(this.at[0])}. ${parts.join('; ')}`;
  }

  /** Fills the table below the chart: mean values of equal parts of the period, newest first. */
  tabulate() {
    if (!this.details.open || !this.shown) return;
    const cell = (name, text) => Object.assign(document.createElement(name), { textContent: text });
    const row = (cells) => {
      const tr = document.createElement('tr');
      tr.append(...cells);
      return tr;
    };
    const names = this.shown.map((line) => line.querySelector('[data-label]').textContent);
    const head = document.createElement('thead');
    head.append(row(['until', ...names].map((name, i) => Object.assign(cell('th', name), { scope: 'col', className: i > 0 ? 'num' : '' }))));
    const body = document.createElement('tbody');
    const part = Math.max(1, Math.ceil(this.at.length / rowsOfTable));
    for (let end = this.at.length; end > 0; end -= part) {
      const means = this.values.map((list) => {
        const some = list.slice(Math.max(0, end - part), end).filter(known);
        return some.length === 0 ? '–' : this.unit.write(some.reduce((sum, value) => sum + value, 0) / some.length);
      });
      body.append(row([cell('td', clock(this.at[end - 1], { second: '2-digit' })), ...means.map((text) => Object.assign(cell('td', text), { className: 'num' }))]));
    }
    this.details.querySelector('table').replaceChildren(head, body);
  }
}

const charts = [...root.querySelectorAll('[data-chart]')].map((section) => new Chart(section));

/** Notes whether the chart is zoomed to a part of the period. New samples then keep the zoom. */
function zoomedTo(plot) {
  const { min, max } = plot.scales.x;
  const [first, last] = [plot.data[0][0], plot.data[0].at(-1)];
  const is = min > first || max < last;
  root.toggleAttribute('data-zoomed', is);
  root.querySelector('[data-unzoom]').parentElement.hidden = !is;
}

/** Shows the whole period in all charts. */
function unzoom() {
  root.removeAttribute('data-zoomed');
  for (const chart of charts) chart.plot?.setData(chart.plot.data, true);
}
root.querySelector('[data-unzoom]').addEventListener('click', unzoom);

/** Keys on a chart, for all charts: + and - zoom, arrows move, 0 shows the whole period. */
root.addEventListener('keydown', (event) => {
  const plot = event.target.matches('.chart-place') && charts.find((chart) => chart.place === event.target)?.plot;
  const [grow, step] = { '+': [0.5, 0], '-': [2, 0], ArrowLeft: [1, -0.25], ArrowRight: [1, 0.25], 0: [0, 0] }[event.key] ?? [];
  if (!plot || grow === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [first, last] = [plot.data[0][0], plot.data[0].at(-1)];
  const { min, max } = plot.scales.x;
  const width = Math.max((max - min) * grow, Math.min(leastShown, last - first));
  const from = Math.min(Math.max((min + max - width) / 2 + step * width, first), last - width);
  const whole = grow === 0 || width >= last - first;
  if (whole) unzoom();
  else for (const chart of charts) chart.plot?.setScale('x', { min: from, max: from + width });
  announce(whole ? 'The whole period is shown' : `From ${clock(from)} to ${clock(from + width)}`);
});

/** The last value of each figure; null for a figure that is not known. */
const lastOf = (values) => (name) => values?.[name]?.at(-1) ?? null;

/** The numbers of the tiles; null if not known. */
function numbers(last) {
  const [requests, wrong] = [last('requests'), (last('refusals') ?? 0) + (last('failures') ?? 0)];
  const connections = known(last('websocket')) ? last('websocket') + last('events') : null;
  return { requests, latency: last('p95'), errors: requests > 0 ? wrong / requests : null, connections };
}

const tileUnits = { requests: units.number, latency: units.duration, errors: units.percent, connections: units.count };

/** Writes the last sample into the tiles above the charts, beside the sample of the day before. */
function tiles({ values, before }) {
  const last = lastOf(values);
  const notes = {
    requests: known(last('running')) ? `${plain(last('running'))} under way` : '',
    latency: known(last('p50')) ? `p50 ${units.duration.write(last('p50') * 1000)}` : 'no request',
    errors: `${plain((last('failures') ?? 0) * 60)} failures (5xx) a minute`,
    connections: known(last('websocket')) ? `${plain(last('websocket'))} WebSocket · ${plain(last('events'))} SSE` : '',
  };
  const earlier = numbers(lastOf(before));
  for (const [name, value] of Object.entries(numbers(last))) {
    const tile = root.querySelector(`[data-kpi=${name}]`);
    const write = (number) => tileUnits[name].write(number * tileUnits[name].factor);
    tile.querySelector('b').textContent = known(value) ? write(value) : '–';
    tile.querySelector('[data-note]').textContent = [notes[name], known(earlier[name]) && `yesterday ${write(earlier[name])}`].filter(Boolean).join(' · ');
  }
}

const compare = root.querySelector('[data-compare]');
compare.addEventListener('change', () => {
  const addressOf = (text) => {
    const url = new URL(text, location.href);
    if (compare.checked) url.searchParams.set('compare', '1');
    else url.searchParams.delete('compare');
    return `${url.pathname}${url.search}`;
  };
  history.replaceState(history.state, '', addressOf(location.href));
  root.dataset.metrics = addressOf(root.dataset.metrics);
  for (const link of root.querySelectorAll('.seg a')) link.href = addressOf(link.href);
  refresh(false);
});

let timer;

/** Fetches the samples, and again when the next sample is due. */
async function refresh(isBackground = true) {
  clearTimeout(timer);
  if (document.hidden) return;
  const address = root.dataset.metrics;
  const series = await request(address, { isBackground }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  if (address !== root.dataset.metrics) return; // the user has switched yesterday on or off since: a newer request is under way
  clearTimeout(timer);
  timer = setTimeout(() => refresh(), 1000 * (series?.step ?? 10));
  if (series) show(series); // else the charts stay until the next attempt
}

function show(series) {
  const isEmpty = series.at.length === 0;
  root.querySelector('[data-waiting]').hidden = !isEmpty;
  root.querySelector('[data-nothing-before]').hidden = !compare.checked || isEmpty || Boolean(series.before);
  if (isEmpty) return;
  for (const chart of charts) chart.show(series);
  tiles(series);
}

document.addEventListener('visibilitychange', () => refresh());
onTheme(() => charts.forEach((chart) => chart.plot?.redraw()));
refresh();
