// Times are shown in the time zone of the browser with 24 hours: relative to now within an hour,
// with "yesterday", "today" or "tomorrow" on these days, else with their date. The title has the
// whole local time and the time in UTC.
const minute = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const date = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const whole = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });

const parse = (text) => new Date(text.replace(' ', 'T'));

/** The number of days between the local dates of two times; negative if `to` is earlier. */
const daysBetween = (from, to) => Math.round((new Date(to).setHours(0, 0, 0, 0) - new Date(from).setHours(0, 0, 0, 0)) / (24 * 60 * minute));

/** Formats a time of the server for the page. Text that is no time is returned unchanged. */
export function local(text) {
  const time = parse(text);
  const now = Date.now();
  const minutes = Math.trunc((time - now) / minute);
  if (Number.isNaN(minutes)) return text;
  if (minutes === 0) return time > now ? 'in a moment' : 'just now';
  if (Math.abs(minutes) < 60) return minutes > 0 ? `in ${minutes} min` : `${-minutes} min ago`;
  return dated(text);
}

/** Formats a time of the server with its date, also if it is less than an hour ago. */
export function dated(text) {
  const time = parse(text);
  const day = { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[daysBetween(Date.now(), time)];
  return day ? `${day} ${clock.format(time)}` : date.format(time);
}

/** The title of a time of the server: the whole local time and the time in UTC. */
const full = (text) => `${whole.format(parse(text))} · ${text}`;

function show(time) {
  const words = local(time.dateTime);
  if (time.textContent !== words) time.textContent = words;
}

document.addEventListener('htmx:load', (event) => {
  for (const time of event.target.querySelectorAll?.('time[data-time]') ?? []) {
    if (!time.dateTime || Number.isNaN(parse(time.dateTime).getTime())) {
      delete time.dataset.time;
      continue;
    }
    show(time);
    time.title = full(time.dateTime);
  }
});

setInterval(() => document.querySelectorAll('time[data-time]').forEach(show), minute / 2);
