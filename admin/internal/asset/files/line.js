// The line to the server. While the server cannot be reached, a bar is shown, forms that write are
// held, and the page retries; then the held forms are sent. If another version of the server
// answers, the page is loaded anew, or says so if that would lose changes.
import { icon } from './icon.js';
import { leave } from './leave.js';
import { announce, say } from './toast.js';

const waits = [1, 2, 5, 10, 30]; // seconds between the tries
const held = new Map(); // by form or button: the function that submits or presses it again
let bar = null;
let tryNow = null; // ends the present wait

function build(words) {
  const made = document.createElement('div');
  made.className = 'banner banner-danger banner-bar';
  made.setAttribute('role', 'alert');
  const text = document.createElement('span');
  text.className = 'grow';
  const now = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  text.textContent = `${words} What you see is from ${now}, and what you type stays here. Trying again …`;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-s';
  button.textContent = 'Try now';
  button.addEventListener('click', () => tryNow?.());
  made.append(icon('error', 't-danger'), text, button);
  return made;
}

/** Shows the bar, unless the server answers: the words say what has happened. */
export async function checkLine(words) {
  if (!(await isThere())) lost(words);
}

/** Shows the bar, and retries until the server answers. */
async function lost(words = 'The server cannot be reached.') {
  if (bar) return;
  bar = build(words);
  document.querySelector('.body').insertBefore(bar, document.getElementById('main'));
  for (let tries = 0; !(await isThere()); tries++) await pause(waits[Math.min(tries, waits.length - 1)]);
  bar.remove();
  bar = null;
  announce('The server answers again');
  if (await isNew()) return renew();
  document.dispatchEvent(new CustomEvent('reached'));
  const sends = [...held].filter(([element]) => element.isConnected).map(([, send]) => send);
  held.clear();
  for (const send of sends) send();
}

const isThere = () => fetch('/api/health', { cache: 'no-store' }).then((answer) => answer.status < 500, () => false);

/** Resolves after a number of seconds, when the browser reports a network again, or at a press on the button. */
function pause(seconds) {
  return new Promise((done) => {
    tryNow = done;
    setTimeout(done, seconds * 1000);
    addEventListener('online', done, { once: true });
  });
}

/** Whether the server has other assets than this page, as another version has. */
async function isNew() {
  const page = await fetch('/_/sign-in', { cache: 'no-store' }).then((answer) => answer.text(), () => '');
  const assets = page.match(/assets\/[^/]+\//)?.[0];
  return Boolean(assets) && !import.meta.url.includes(assets);
}

/** Loads the page anew. */
function renew() {
  held.clear();
  leave(() => location.reload(), 'Another version of the server has started, and this page has to be loaded anew.');
}

document.addEventListener('htmx:sendError', () => lost());
addEventListener('offline', () => lost());

// The capture phase, before the listeners that ask questions about the request.
document.addEventListener('htmx:confirm', (event) => {
  const { elt, verb, triggeringEvent } = event.detail;
  if (!bar || verb === 'get' || !elt.matches('form, button')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  held.set(elt, () => (elt.matches('form') ? elt.requestSubmit(triggeringEvent?.submitter) : elt.click()));
  say('This is sent when the server answers');
}, true);
