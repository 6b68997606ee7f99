// The realtime inspector: a WebSocket that listens as a chosen identity, and its events. The
// connection can be dropped and resumed, to see how a client catches up.
import { reasonOf } from './ask.js';
import { request } from './session.js';

const maxEvents = 1000;
const part = (name) => document.querySelector(`[data-${name}]`);
const form = part('live-form');
let socket = null;
let events = []; // newest first
let waiting = 0; // number of events received during a pause
let paused = false;
const states = new Map(); // by id: the record in its last event
let listening = null; // the values of the form when Listen was pressed
let since = null; // the last resume token that the server sent
let away = null; // a dropped connection: { at, since: resume token, missed: events, reset }

const looks = { create: 'badge-ok', enter: 'badge-ok', delete: 'badge-danger', leave: 'badge-danger', reset: 'badge-warn', auth: 'badge-warn' };

function problem(words) {
  part('live-problem').textContent = words;
  part('live-problem').hidden = !words;
}

/** Shows the state of the connection: how is "off", "connecting", "on" or "dropped". */
function state(words, how) {
  part('live-state').textContent = words;
  part('connect').hidden = how !== 'off';
  part('disconnect').hidden = how === 'off';
  part('drop').hidden = how !== 'on';
  part('resume').hidden = how !== 'dropped';
}

/** The auth token of the chosen identity, null for a guest. */
async function token() {
  const answer = await request('/_/realtime/token', { method: 'POST', body: new URLSearchParams(listening) }).catch(() => null);
  if (answer?.ok) return (await answer.json()).token;
  throw new Error((await reasonOf(answer)) || 'The server does not give a token.');
}

function listen() {
  stop();
  listening = new FormData(form);
  since = null;
  return connect();
}

/** Opens the connection. After a drop it resumes from the token at which it was dropped. */
async function connect() {
  problem('');
  state('Connects …', 'connecting');
  try {
    const as = await token();
    const mine = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/api/realtime/ws`, 'loam.v1');
    socket = mine;
    const send = (message) => mine.send(JSON.stringify(message));
    const text = (name) => listening.get(name).trim();
    mine.onopen = () => {
      if (as) send({ id: 'auth', type: 'auth', token: as });
      send({ id: 'sub', type: 'subscribe', topic: `${text('topic')}/${text('id') || '*'}`, ...(text('filter') && { filter: text('filter') }), ...(away && { since: away.since }) });
      if (away) send({ id: 'caught-up', type: 'ping' }); // the answer comes after all missed events
    };
    mine.onmessage = ({ data }) => mine === socket && told(JSON.parse(data), mine);
    mine.onclose = () => mine === socket && state('Not connected', 'off');
    mine.onerror = () => problem('The connection failed.');
  } catch (error) {
    state('Not connected', 'off');
    problem(error.message);
  }
}

function hangUp() {
  const old = socket;
  socket = null;
  old?.close();
}

function stop() {
  hangUp();
  away = null;
  state('Not connected', 'off');
}

/** Breaks the connection, as a tunnel does. */
function drop() {
  hangUp();
  away = { at: performance.now(), since, missed: 0 };
  state('The line is down. Change something, then resume.', 'dropped');
}

/** Shows how long the connection was down, and how many events were missed. */
function caughtUp() {
  const seconds = ((performance.now() - away.at) / 1000).toFixed(1);
  const replayed = away.reset ? 'and the server cannot replay what was missed: read the records again' : `${away.missed} missed ${away.missed === 1 ? 'event was' : 'events were'} replayed`;
  away = null;
  state(`Listens. Away for ${seconds} s, ${replayed}.`, 'on');
}

function told(message, mine) {
  since = message.token ?? message.data?.token ?? since;
  if (message.type === 'ok' && message.id === 'sub') return state('Listens', 'on');
  if (message.type === 'pong') return away && caughtUp();
  if (message.type === 'error') {
    problem(message.data ? `${message.message} ${JSON.stringify(message.data)}` : message.message);
    if (message.id === 'sub') {
      socket = null;
      mine.close();
      state('Not connected', 'off');
    }
    return undefined;
  }
  if (!['event', 'reset', 'auth'].includes(message.type)) return undefined;
  const before = states.get(message.record?.id);
  if (message.record) states.set(message.record.id, message.record);
  const changed = before && message.record ? Object.keys(message.record).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(message.record[name])) : null;
  if (away && message.type === 'event') away.missed++;
  if (away && message.type === 'reset') away.reset = true;
  events.unshift({ at: new Date(), action: message.action ?? message.type, message, before, changed, missed: away !== null });
  events.length = Math.min(events.length, maxEvents);
  if (paused) waiting++;
  else show();
  return count();
}

const clock = (at) => at.toTimeString().slice(0, 8);
const title = (message) => message.record?.title ?? message.record?.name ?? message.record?.email ?? message.reason ?? '';

function show() {
  part('no-events').hidden = events.length > 0;
  part('events').replaceChildren(
    ...events.map((event, i) => {
      const line = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.event = i;
      const time = document.createElement('time');
      time.textContent = clock(event.at);
      const action = document.createElement('span');
      action.className = `badge ${looks[event.action] ?? ''}`.trim();
      action.textContent = event.action;
      const what = document.createElement('span');
      what.className = 'what';
      what.textContent = event.changed ? `${title(event.message)} · ${event.changed.join(', ') || 'nothing'} changed` : title(event.message);
      const id = document.createElement('span');
      id.className = 'small mono muted';
      id.textContent = event.message.record?.id ?? event.message.id ?? '';
      button.append(time, action, what, id);
      if (event.missed) {
        const late = document.createElement('span');
        late.className = 'badge badge-warn';
        late.textContent = 'missed';
        what.prepend(late, ' ');
      }
      line.append(button);
      return line;
    }),
  );
}

function count() {
  const words = events.length === 0 ? 'No events yet' : `${events.length === maxEvents ? 'the last ' : ''}${events.length} ${events.length === 1 ? 'event' : 'events'}`;
  part('live-count').textContent = waiting > 0 ? `${words}, ${waiting} since the pause` : words;
}

const short = (value) => (value === undefined ? 'nothing' : (JSON.stringify(value).length > 80 ? `${JSON.stringify(value).slice(0, 80)}…` : JSON.stringify(value)));

/** The changes since the last event of the record, a line for each field; '' without an earlier event. */
function changesOf({ before, changed, message }) {
  if (!changed) return '';
  if (changed.length === 0) return 'Nothing has changed since its last event.';
  return ['Changed since its last event:', ...changed.map((name) => `${name}: ${short(before[name])} → ${short(message.record[name])}`)].join('\n');
}

function detail(button) {
  for (const other of document.querySelectorAll('[data-event][aria-current]')) other.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  const event = events[Number(button.dataset.event)];
  part('live-detail').hidden = false;
  part('no-detail').hidden = true;
  part('detail-title').textContent = `${event.action}, ${clock(event.at)}`;
  part('detail-changed').textContent = changesOf(event);
  part('detail-json').textContent = JSON.stringify(event.message, null, 2);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  listen();
});
document.addEventListener('click', (event) => {
  const at = (name) => event.target.closest(`[data-${name}]`);
  if (at('disconnect')) stop();
  if (at('drop')) drop();
  if (at('resume')) connect();
  if (at('event')) detail(at('event'));
  if (at('pause')) {
    paused = !paused;
    at('pause').ariaPressed = String(paused);
    if (!paused) {
      waiting = 0;
      show();
      count();
    }
  }
  if (at('clear-events')) {
    events = [];
    waiting = 0;
    part('live-detail').hidden = true;
    part('no-detail').hidden = false;
    show();
    count();
  }
});

/** Has the filter complete the names of the chosen collection. */
function names() {
  form.querySelector('[data-editor]').dataset.names = `/_/c/${part('live-form').topic.value}/complete`;
}
form.topic.addEventListener('change', names);
if (form.topic.value) names();
addEventListener('pagehide', stop);
