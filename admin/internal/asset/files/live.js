// The live table of records: rows change with their records, and new records wait behind a button.
// Each tab has one WebSocket. Its messages have ids of records; the rows are fetched.
import { prepare } from './element.js';
import { checkLine } from './line.js';
import { compare } from './merge.js';
import { request } from './session.js';

const waits = [1, 2, 5, 10, 30]; // seconds between tries to connect
const stops = 1001; // close code of a server that stops
const together = 50; // maximum number of rows in a request
const hiddenFor = 5 * 60 * 1000;

let socket = null;
let topic = ''; // the id of the collection that the socket subscribes to
let tries = 0;
let hidden;
let flushing;
let failures = 0; // failed fetches since the last one that succeeded
const changed = new Set(); // ids of records
const created = new Set();

const rowOf = (id) => document.querySelector(`#rows [data-row="${CSS.escape(id)}"]`);

/** The reason why changes are fetched later: the status of the answer, 0 without an answer, and the seconds to wait, 0 if unknown. */
class Later extends Error {
  constructor(status, seconds) {
    super(`status ${status}`);
    Object.assign(this, { status, seconds });
  }
}

/** The part of a page for a target; null if it does not exist any more. Throws Later if it may be had later. */
async function ask(path, target) {
  const lost = () => {
    throw new Later(0, 0);
  };
  const response = await request(path, { headers: { 'HX-Target': target }, isBackground: true }).catch(lost);
  if (response.status === 429 || response.status >= 500) throw new Later(response.status, Number(response.headers.get('Retry-After')) || 0);
  return response.ok ? new DOMParser().parseFromString(await response.text().catch(lost), 'text/html') : null;
}

/** Connects, if the page shows records of a collection. */
function connect() {
  const id = document.querySelector('[data-live]')?.dataset.live ?? '';
  if (socket || !id || document.hidden) return;
  topic = id;
  socket = new WebSocket(new URL('/_/ws', location.href.replace(/^http/, 'ws')), 'loam.v1');
  const mine = socket;
  socket.addEventListener('open', () => mine.send(JSON.stringify({ id: 'rows', type: 'subscribe', topic: `${topic}/*`, fields: 'id' })));
  socket.addEventListener('message', (event) => hear(JSON.parse(event.data)));
  socket.addEventListener('close', ({ code }) => {
    if (socket !== mine) return;
    checkLine(code === stops ? 'The server has stopped.' : undefined);
    socket = null;
    showLive(false);
    if (!document.hidden) setTimeout(connect, 1000 * waits[Math.min(tries++, waits.length - 1)]);
  });
}

function disconnect() {
  const mine = socket;
  socket = null;
  mine?.close();
  showLive(false);
}

/** Shows or hides the mark of a table that follows the changes. */
function showLive(is) {
  for (const mark of document.querySelectorAll('#rows [data-live]')) mark.hidden = !is;
}

/** Takes a message of the server. */
function hear(message) {
  if (message.type === 'ok' && message.id === 'rows') {
    showLive(true);
    if (tries > 0) everything();
    tries = 0;
  } else if (message.type === 'reset') {
    everything();
  } else if (message.type === 'auth' && !message.auth) {
    disconnect(); // the session has a new token, or has ended
    tries++;
    setTimeout(connect, 1000 * waits[0]);
  } else if (message.type === 'event') {
    const { id } = message.record;
    if (message.action === 'create') {
      created.add(id);
      rowOf(id)?.classList.remove('is-leaving'); // a deleted record was created again
      if (rowOf(id)) changed.add(id); // perhaps with other values
      restored(id);
    } else if (message.action === 'delete') gone(id);
    else changed.add(id);
    flushing ??= setTimeout(flush, 250);
  }
}

/** Fetches all rows and the new records again, since changes, deletions included, may have been missed. */
function everything() {
  for (const row of document.querySelectorAll('#rows [data-row]')) changed.add(row.dataset.row);
  for (const id of created) changed.add(id);
  const open = document.querySelector('#panel [data-record]')?.dataset.record;
  if (open) changed.add(open);
  flushing ??= setTimeout(flush, 250);
}

function gone(id) {
  created.delete(id);
  changed.delete(id);
  const row = rowOf(id);
  row?.classList.add('is-leaving');
  for (const box of row?.querySelectorAll('[data-select]') ?? []) {
    box.checked = false;
    box.dispatchEvent(new Event('change', { bubbles: true }));
  }
  showGone(id);
}

/** The banner about a deletion in the panel of the record; undefined if the panel shows another record. */
const goneOf = (id) => [...document.querySelectorAll('#panel [data-live-gone]')].find((banner) => banner.closest('[data-record]').dataset.record === id);

/** Shows the banner about the deletion of the open record, which then fetches the notice of the server. */
function showGone(id) {
  const banner = goneOf(id);
  if (!banner?.hidden) return;
  banner.hidden = false;
  window.htmx.trigger(banner, 'gone');
}

/** Hides the banner after a deleted record was created again. */
function restored(id) {
  const banner = goneOf(id);
  if (!banner || banner.hidden) return;
  banner.hidden = true;
  changed.add(id);
  flushing ??= setTimeout(flush, 250);
}
document.addEventListener('restored', (event) => {
  restored(event.detail.id);
  window.htmx.trigger(document.body, 'changed');
});
document.addEventListener('htmx:afterRequest', (event) => {
  const { elt, xhr } = event.detail;
  if (xhr?.status === 404 && elt.matches('form.panel-form')) showGone(elt.closest('[data-record]').dataset.record);
});

/** Fetches the changed rows and shows them. If that fails, the mark of the live table is hidden until it succeeds. */
async function flush() {
  const ids = [...changed];
  changed.clear();
  let pause = 0.25; // seconds
  try {
    const shown = ids.filter((id) => rowOf(id) || created.has(id));
    for (let i = 0; i < shown.length; i += together) await refresh(shown.slice(i, i + together));
    const panel = document.querySelector('#panel [data-record][data-mark]');
    if (panel && ids.includes(panel.dataset.record)) await check(panel);
    if (failures > 0) showLive(socket?.readyState === WebSocket.OPEN);
    failures = 0;
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    for (const id of ids) changed.add(id);
    pause = Math.max(error.seconds, waits[Math.min(failures++, waits.length - 1)]);
    showLive(false);
    if (error.status === 0) checkLine();
  } finally {
    flushing = changed.size > 0 ? setTimeout(flush, pause * 1000) : undefined;
  }
  news();
}

/** Fetches a row again, after an edit in it: meanwhile its changes were not shown. */
export function renew(id) {
  changed.add(id);
  flushing ??= setTimeout(flush, 250);
}

/**
 * Whether the rows of a response have the columns of the table. The collection, or the chosen
 * columns, may have changed since.
 */
export const fits = (answer) => [...document.querySelectorAll('#rows [data-column]')].map((head) => head.dataset.column).join(' ') === answer.querySelector('[data-columns]').dataset.columns;

/** Fetches the rows of records, by their ids, and shows them. */
async function refresh(ids) {
  const rows = document.getElementById('rows');
  if (!rows) return;
  const address = new URL(rows.dataset.livePath, location.href);
  for (const id of ids) address.searchParams.append('id', id);
  const answer = await ask(address, 'live');
  if (answer && !fits(answer)) {
    if (!rows.querySelector('.is-editing')) window.htmx.trigger(document.body, 'changed');
    return;
  }
  if (!answer) return;
  const found = new Map([...answer.querySelectorAll('[data-row]')].map((row) => [row.dataset.row, row]));
  for (const id of ids) if (!found.has(id)) gone(id); // deleted while changes were missed
  for (const fresh of found.values()) {
    const row = rowOf(fresh.dataset.row);
    if (!row || row.dataset.mark === fresh.dataset.mark || isBusy(row)) continue;
    put(document.importNode(fresh, true), row);
  }
}

/** Whether a row must not be replaced: one of its cells is edited, or its text is selected. */
function isBusy(row) {
  const selection = getSelection();
  return row.querySelector('.is-editing') !== null || (!selection.isCollapsed && row.contains(selection.anchorNode));
}

/** Replaces a row by a new one, which keeps the focus and the checkbox of the old one. */
export function put(fresh, row, flash = true) {
  const focused = row.contains(document.activeElement) ? [...row.querySelectorAll('a, input, button, [tabindex]')].indexOf(document.activeElement) : -1;
  fresh.classList.toggle('is-open', row.classList.contains('is-open'));
  const box = row.querySelector('[data-select]');
  if (box?.checked) {
    fresh.querySelector('[data-select]').checked = true;
    fresh.setAttribute('aria-selected', 'true');
  }
  row.replaceWith(fresh);
  prepare(fresh);
  if (focused >= 0) [...fresh.querySelectorAll('a, input, button, [tabindex]')][focused]?.focus({ preventScroll: true });
  if (!flash) return;
  fresh.classList.add('is-flash');
  setTimeout(() => fresh.classList.remove('is-flash'), 2000);
}

/** Shows a notice if somebody else has changed the open record; saves of this page are ignored. */
async function check(panel) {
  const answer = await ask(panel.dataset.path, 'panel');
  const now = answer?.querySelector('[data-record]');
  if (now && panel.isConnected && now.dataset.mark !== panel.dataset.mark) compare(panel, now);
}

/** Shows the number of new records in the button. */
function news() {
  const button = document.querySelector('[data-live-news]');
  for (const id of created) if (rowOf(id)) created.delete(id);
  if (!button) return;
  button.hidden = created.size === 0;
  button.querySelector('span').textContent = created.size === 1 ? '1 new record' : `${created.size} new records`;
}

/** The button reloads the rows on the first page; on another page it is a link to the first. */
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-live-news]') || /[?&](after|before)=/.test(location.search)) return;
  event.preventDefault();
  window.htmx.trigger(document.body, 'changed');
});

/** Records that are new when the rows are requested are in the answer, or not on this page. */
let asked = [];
document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.detail.target?.id === 'rows') asked = [...created];
});

for (const event of ['reached', 'signedin']) {
  document.addEventListener(event, () => {
    tries = Math.max(tries, 1); // a connection after a failed try fetches missed changes
    connect();
  });
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden) hidden = setTimeout(disconnect, hiddenFor);
  else {
    if (!socket) tries = Math.max(tries, 1); // a connection after a failed try fetches missed changes
    connect();
  }
});

document.addEventListener('htmx:load', (event) => {
  if (event.target.id === 'rows') for (const id of asked) created.delete(id);
  if (socket?.readyState === WebSocket.OPEN) showLive(true);
  connect();
});
connect();
