// Times are shown in the time zone of the browser with 24 hours; the title has the time in UTC.
const day = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A time of the server in the time zone of the browser; another text is returned unchanged. */
export function local(text) {
  const time = new Date(text.replace(' ', 'T'));
  return Number.isNaN(time.getTime()) ? text : day.format(time);
}

document.addEventListener('htmx:load', (event) => {
  for (const time of event.target.querySelectorAll?.('time[data-time]') ?? []) {
    if (time.dateTime) time.textContent = local(time.dateTime);
    delete time.dataset.time;
  }
});
