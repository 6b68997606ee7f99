// Date inputs (data-date): the time as text in a chosen time zone, the zone, and a calendar. A
// hidden input holds the stored text, which changes only when another time is typed or chosen.
import { store, stored as textOf } from './store.js';

const dayLength = 86_400_000;
const remembered = 'loam.zone';
const here = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
const words = { now: 0, today: 0, yesterday: -1, tomorrow: 1 };

const dateOf = (node) => node?.closest?.('[data-date]');
const parts = (date) => ({
  text: date.querySelector('.input-wrap input:not([type=hidden])'),
  stored: date.querySelector('input[type=hidden]'),
  zone: date.querySelector('select'),
  clear: date.querySelector('[data-date-clear]'),
  help: date.parentElement.querySelector('p[data-stored]'),
});

// A wall time is a date and time without a zone, as the milliseconds of the same date and time in
// UTC.

const formats = new Map();
function formatOf(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }));
  }
  return formats.get(zone);
}

/** The milliseconds of a time within its second, 0 to 999 also for times before 1970. */
const milliseconds = (time) => ((time % 1000) + 1000) % 1000;

function wallOf(time, zone) {
  if (zone === 'UTC') return time;
  const is = Object.fromEntries(formatOf(zone).formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const wall = new Date(0);
  wall.setUTCFullYear(is.year, is.month - 1, is.day);
  wall.setUTCHours(is.hour, is.minute, is.second);
  return wall.getTime() + milliseconds(time);
}

/** The time of a wall time in the zone; the earlier time if the clocks show it twice. */
function timeOf(wall, zone) {
  const offsets = [wall - dayLength, wall + dayLength].map((near) => wallOf(near, zone) - near);
  const exact = offsets.map((offset) => wall - offset).filter((time) => wallOf(time, zone) === wall);
  return exact.length > 0 ? Math.min(...exact) : wall - offsets[0];
}

const digits = (n, length = 2) => String(n).padStart(length, '0');

/** A time as the server stores it. */
const storedText = (time) => new Date(time).toISOString().replace('T', ' ');

/** A stored text as a time; NaN for another text. */
function timeOfStored(text) {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text.replace(' ', 'T')) : NaN;
}

function wallText(wall) {
  const text = new Date(wall).toISOString().replace('T', ' ').slice(0, -1);
  return text.endsWith('.000') ? text.slice(0, -4) : text;
}

/** Parses a typed time; NaN for other text. */
function read(text, zone) {
  const [, word, rest = ''] = text.trim().toLowerCase().match(/^(now|today|yesterday|tomorrow)(?:\s+(.+))?$/) ?? [];
  if (word === 'now' && rest === '') return Date.now();
  const day = word ? wallText(wallOf(Date.now() + words[word] * dayLength, zone)).slice(0, 10) : '';
  const match = `${day || text.trim()}${day && rest ? ` ${rest}` : ''}`.match(
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(z|utc|[+-]\d{2}:?\d{2})?$/i,
  );
  if (!match) return NaN;
  const [year, month, dayOfMonth, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, dayOfMonth);
  if (wall.getUTCMonth() !== month - 1 || wall.getUTCDate() !== dayOfMonth || hour > 23 || minute > 59 || second > 59) return NaN;
  wall.setUTCHours(hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  if (!match[8]) return timeOf(wall.getTime(), zone);
  const [, sign, hours, minutes] = match[8].match(/^([+-])(\d{2}):?(\d{2})$/) ?? ['', '+', 0, 0];
  return wall.getTime() - Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const zoneOf = (date) => parts(date).zone.value;

/** Shows the stored time in the zone. */
function show(date) {
  const { text, stored } = parts(date);
  const time = timeOfStored(stored.value);
  text.value = Number.isNaN(time) ? stored.value : wallText(wallOf(time, zoneOf(date)));
  text.dataset.shown = text.value;
  text.dataset.stored = stored.value;
  explain(date);
}

/** Shows the stored text below the input. */
function explain(date) {
  const { text, stored, clear, help } = parts(date);
  const isTime = !Number.isNaN(timeOfStored(stored.value));
  help.replaceChildren();
  if (isTime) {
    const code = document.createElement('code');
    code.textContent = stored.value;
    help.append('Stored as ', code);
  } else if (text.value.trim() !== '') help.append('This is no time yet: 2027-03-15 08:00, today 14:30, or now.');
  clear.hidden = text.value === '';
}

/** Sets the stored text, and dispatches the events of typing. */
function put(date, value) {
  const { stored } = parts(date);
  if (stored.value === value) return;
  stored.value = value;
  stored.dispatchEvent(new Event('input', { bubbles: true }));
}

function typed(date) {
  const { text } = parts(date);
  const time = read(text.value, zoneOf(date));
  if (text.value === text.dataset.shown) put(date, text.dataset.stored);
  else put(date, Number.isNaN(time) ? text.value.trim() : storedText(time));
  explain(date);
}

/** Fills the list of zones: with the usual zones, or with all once the list has had the focus. */
function fillZones(select, all) {
  const chosen = select.value || textOf(remembered) || here;
  const names = [...new Set([here, 'UTC', chosen, ...(all ? Intl.supportedValuesOf('timeZone') : [])])];
  select.replaceChildren(...names.map((name) => new Option(name.replaceAll('_', ' '), name)));
  select.value = chosen;
  if (all) select.dataset.all = '';
}

/** Builds the input. The text of the server moves into the hidden input. */
export function begin(date) {
  const text = date.querySelector('input');
  const stored = document.createElement('input');
  stored.type = 'hidden';
  const early = text.value; // differs from the text of the server if it was typed before this script arrived
  stored.name = text.name;
  stored.value = text.defaultValue;
  text.removeAttribute('name');
  text.after(stored);
  const { zone } = parts(date);
  fillZones(zone);
  zone.hidden = false;
  date.querySelector('[data-date-open]').hidden = false;
  stored.addEventListener('restored', () => show(date));
  show(date);
  if (early === text.defaultValue) return;
  text.value = early;
  typed(date);
}

document.addEventListener('input', (event) => {
  // Before begin, the text input has the name of the field.
  if (event.target.matches('[data-date] .input-wrap input:not([type=hidden], [name])')) typed(dateOf(event.target));
});
document.addEventListener('focusin', (event) => {
  if (event.target.matches('[data-date] select') && !('all' in event.target.dataset)) fillZones(event.target, true);
});
document.addEventListener('change', (event) => {
  if (!event.target.matches('[data-date] select')) return;
  store(remembered, event.target.value);
  show(dateOf(event.target));
});

// The calendar: one for all inputs of the page.

let open = null; // { date, box, day: wall time of the marked day }
const monthName = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });
const fullName = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeZone: 'UTC' });
const firstWeekday = () => {
  const locale = new Intl.Locale(navigator.language);
  return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
};
const startOfDay = (wall) => Math.floor(wall / dayLength) * dayLength;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The wall time of the open input; NaN for an empty input. */
function chosen(date) {
  const time = timeOfStored(parts(date).stored.value);
  return Number.isNaN(time) ? NaN : wallOf(time, zoneOf(date));
}

function button(label, name, ...children) {
  return element('button', { type: 'button', class: 'btn btn-quiet btn-s', 'data-cal': name, ...(label && { 'aria-label': label, title: label }) }, ...children);
}

function draw(focus) {
  const { box, date, day } = open;
  const now = chosen(date);
  const shown = new Date(day);
  const first = Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth(), 1);
  const from = first - ((new Date(first).getUTCDay() - firstWeekday() + 7) % 7) * dayLength;
  const today = startOfDay(wallOf(Date.now(), zoneOf(date)));
  const head = element('div', { class: 'cal-head' }, button('Previous month', 'month-', '‹'), element('b', { 'aria-live': 'polite' }, monthName.format(first)), button('Next month', 'month+', '›'));
  const table = element('table', { role: 'grid', 'aria-label': monthName.format(first) });
  const names = element('tr', {});
  for (let i = 0; i < 7; i++) names.append(element('th', { scope: 'col' }, dayName.format(from + i * dayLength)));
  table.append(element('thead', {}, names));
  const body = element('tbody', {});
  for (let week = 0; week < 6; week++) {
    const row = element('tr', {});
    for (let i = 0; i < 7; i++) {
      const at = from + (week * 7 + i) * dayLength;
      const is = new Date(at);
      const cell = element('button', { type: 'button', 'data-day': at, tabindex: at === day ? 0 : -1, 'aria-label': fullName.format(at), 'aria-pressed': at === startOfDay(now) }, String(is.getUTCDate()));
      if (at === today) cell.setAttribute('aria-current', 'date');
      if (is.getUTCMonth() !== shown.getUTCMonth()) cell.className = 'is-other';
      row.append(element('td', {}, cell));
    }
    body.append(row);
  }
  table.append(body);
  const clock = element('input', { type: 'time', step: '1', class: 'input', 'aria-label': 'Time of day' });
  clock.value = Number.isNaN(now) ? '00:00:00' : new Date(now).toISOString().slice(11, 19);
  const foot = element('div', { class: 'cal-foot' }, clock, button('', 'now', 'Now'), button('', 'done', 'Done'));
  box.replaceChildren(head, table, foot);
  if (focus) box.querySelector(`[data-day="${day}"]`).focus();
}

function openCalendar(date, by) {
  if (open?.date === date) {
    open.box.hidePopover();
    return;
  }
  const box = element('div', { class: 'calendar', popover: 'auto', role: 'dialog', 'aria-label': by.ariaLabel });
  date.append(box);
  const now = chosen(date);
  open = { date, box, day: startOfDay(Number.isNaN(now) ? wallOf(Date.now(), zoneOf(date)) : now) };
  draw();
  box.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    box.remove();
    if (open?.box === box) open = null;
    if (document.activeElement === document.body) by.focus();
  });
  box.showPopover();
  const spot = date.getBoundingClientRect();
  const below = spot.bottom + box.offsetHeight + 6 < innerHeight;
  box.style.setProperty('left', `${Math.max(8, Math.min(spot.left, innerWidth - box.offsetWidth - 8))}px`);
  box.style.setProperty('top', `${Math.max(8, below ? spot.bottom + 6 : spot.top - box.offsetHeight - 6)}px`);
  box.querySelector('[tabindex="0"]').focus();
}

/** Sets the input to a wall time. */
function choose(wall) {
  const { date } = open;
  put(date, storedText(timeOf(wall, zoneOf(date))));
  show(date);
  open.day = startOfDay(wall);
}

function addMonths(wall, by) {
  const at = new Date(wall);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + by + 1, 0)).getUTCDate();
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + by, Math.min(at.getUTCDate(), last));
}

document.addEventListener('click', (event) => {
  const date = dateOf(event.target);
  if (!date) return;
  const by = event.target.closest('[data-date-open]');
  if (by) openCalendar(date, by);
  if (event.target.closest('[data-date-clear]')) {
    put(date, '');
    show(date);
    parts(date).text.focus();
  }
  const day = event.target.closest('[data-day]');
  if (day && open) {
    const now = chosen(open.date);
    choose(Number(day.dataset.day) + (Number.isNaN(now) ? 0 : now - startOfDay(now)));
    draw(true);
  }
  const what = event.target.closest('[data-cal]')?.dataset.cal;
  if (!what || !open) return;
  if (what === 'done') open.box.hidePopover();
  else if (what === 'now') {
    choose(wallOf(Math.floor(Date.now() / 1000) * 1000, zoneOf(date)));
    draw(true);
  } else {
    open.day = addMonths(open.day, what === 'month+' ? 1 : -1);
    draw();
    open.box.querySelector(`[data-cal="${what}"]`).focus();
  }
});

document.addEventListener('change', (event) => {
  if (!open || !event.target.matches('.calendar input[type=time]') || event.target.value === '') return;
  const now = chosen(open.date);
  const [hour, minute, second = 0] = event.target.value.split(':').map(Number);
  const day = Number.isNaN(now) ? open.day : startOfDay(now);
  choose(day + ((hour * 60 + minute) * 60 + second) * 1000 + (Number.isNaN(now) ? 0 : milliseconds(now)));
});

document.addEventListener('keydown', (event) => {
  if (!open || !event.target.matches('[data-day]')) return;
  const { day } = open;
  const weekday = (new Date(day).getUTCDay() - firstWeekday() + 7) % 7;
  const to = {
    ArrowLeft: day - dayLength, ArrowRight: day + dayLength, ArrowUp: day - 7 * dayLength, ArrowDown: day + 7 * dayLength,
    Home: day - weekday * dayLength, End: day + (6 - weekday) * dayLength, PageUp: addMonths(day, event.shiftKey ? -12 : -1), PageDown: addMonths(day, event.shiftKey ? 12 : 1),
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  open.day = to;
  draw(true);
});
