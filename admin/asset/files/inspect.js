// The realtime inspector: one socket that listens as somebody, and what it was told.
const maxEvents = 1000;
const part = (name) => document.querySelector(`[data-${name}]`);
const form = part('live-form');
let socket = null;
let events = []; // newest first
let waiting = 0; // that came during a pause
let paused = false;
const states = new Map(); // by id: the record as it was told last

const looks = { create: 'badge-ok', enter: 'badge-ok', delete: 'badge-danger', leave: 'badge-danger', reset: 'badge-warn', auth: 'badge-warn' };

function problem(words) {
  part('live-problem').textContent = words;
  part('live-problem').hidden = !words;
}

function state(words, connected) {
  part('live-state').textContent = words;
  part('connect').hidden = connected;
  part('disconnect').hidden = !connected;
}

/** The token of who was chosen, null for a guest. */
async function token() {
  const answer = await fetch('/_/realtime/token', { method: 'POST', headers: { 'HX-Request': 'true' }, body: new URLSearchParams(new FormData(form)) });
  if (answer.ok) return (await answer.json()).token;
  const text = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('p')?.textContent;
  throw new Error(text ?? 'The server does not give a token.');
}

async function listen() {
  stop();
  problem('');
  const data = new FormData(form);
  state('Connects …', true);
  try {
    const as = await token();
    const mine = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/api/realtime/ws`, 'loam.v1');
    socket = mine;
    const send = (message) => mine.send(JSON.stringify(message));
    mine.onopen = () => {
      if (as) send({ id: 'auth', type: 'auth', token: as });
      send({ id: 'sub', type: 'subscribe', topic: `${data.get('topic')}/${data.get('id').trim() || '*'}`, ...(data.get('filter').trim() && { filter: data.get('filter') }) });
    };
    mine.onmessage = ({ data: text }) => mine === socket && told(JSON.parse(text), mine);
    mine.onclose = () => mine === socket && state('Not connected', false);
    mine.onerror = () => problem('The connection failed.');
  } catch (error) {
    state('Not connected', false);
    problem(error.message);
  }
}

function stop() {
  const old = socket;
  socket = null;
  old?.close();
  state('Not connected', false);
}

function told(message, mine) {
  if (message.type === 'ok' && message.id === 'sub') return state('Listens', true);
  if (message.type === 'error') {
    problem(message.data ? `${message.message} ${JSON.stringify(message.data)}` : message.message);
    if (message.id === 'sub') {
      socket = null;
      mine.close();
      state('Not connected', false);
    }
    return undefined;
  }
  if (!['event', 'reset', 'auth'].includes(message.type)) return undefined;
  const before = states.get(message.record?.id);
  if (message.record) states.set(message.record.id, message.record);
  const changed = before && message.record ? Object.keys(message.record).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(message.record[name])) : null;
  events.unshift({ at: new Date(), action: message.action ?? message.type, message, changed });
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
      line.append(button);
      return line;
    }),
  );
}

function count() {
  const words = events.length === 0 ? 'No events yet' : `${events.length === maxEvents ? 'the last ' : ''}${events.length} ${events.length === 1 ? 'event' : 'events'}`;
  part('live-count').textContent = waiting > 0 ? `${words}, ${waiting} since the pause` : words;
}

function detail(button) {
  for (const other of document.querySelectorAll('[data-event][aria-current]')) other.removeAttribute('aria-current');
  button.setAttribute('aria-current', 'true');
  const event = events[Number(button.dataset.event)];
  part('live-detail').hidden = false;
  part('detail-title').textContent = `${event.action}, ${clock(event.at)}`;
  part('detail-changed').textContent = event.changed ? `Changed since it was told last: ${event.changed.join(', ') || 'nothing'}` : '';
  part('detail-json').textContent = JSON.stringify(event.message, null, 2);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  listen();
});
document.addEventListener('click', (event) => {
  const at = (name) => event.target.closest(`[data-${name}]`);
  if (at('disconnect')) stop();
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
    show();
    count();
  }
});

/** The names that a filter completes are those of the chosen collection. */
function names() {
  form.querySelector('[data-editor]').dataset.names = `/_/c/${part('live-form').topic.value}/complete`;
}
form.topic.addEventListener('change', names);
if (form.topic.value) names();
addEventListener('pagehide', stop);
