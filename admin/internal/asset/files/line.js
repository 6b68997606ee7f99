// Handles the loss of the connection to the server. A bar is shown, writing requests are held, and
// the page retries until the server answers; then the held requests are sent. If a new version of
// the server answers, the page is reloaded instead.
import { button, tag } from './element.js';
import { icon } from './icon.js';
import { leave } from './leave.js';
import { announce, say } from './toast.js';

const waits = [1, 2, 5, 10, 30]; // seconds between the tries
const held = new Map(); // by form or button: the function that sends its request
let bar = null;
let tryNow = null; // ends the current pause

function build(words) {
  const now = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return tag('div', { class: 'banner banner-danger banner-bar', role: 'alert' }, icon('error', 't-danger'),
    tag('span', { class: 'grow' }, `${words} What you see is from ${now}, and what you type stays here. Trying again …`),
    button('Try now', 'btn-s', () => tryNow?.()));
}

/** Shows the bar if the server does not answer. words is the reason. */
export async function checkLine(words) {
  if (!(await isThere())) lost(words);
}

/** Shows the bar until the server answers. words is the reason. */
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

/** Resolves after the seconds, when the browser is online again, or when the button is pressed. */
function pause(seconds) {
  return new Promise((done) => {
    tryNow = done;
    setTimeout(done, seconds * 1000);
    addEventListener('online', done, { once: true });
  });
}

/** Whether the server has another version of the assets than this page. */
async function isNew() {
  const page = await fetch('/_/sign-in', { cache: 'no-store' }).then((answer) => answer.text(), () => '');
  const assets = page.match(/assets\/[^/]+\//)?.[0];
  return Boolean(assets) && !import.meta.url.includes(assets);
}

/** Reloads the page; guard.js asks first if changes would be lost. */
function renew() {
  held.clear();
  leave(() => location.reload(), 'Another version of the server has started, and this page has to be loaded anew.');
}

document.addEventListener('htmx:sendError', () => lost());
addEventListener('offline', () => lost());

// In the capture phase, since other listeners ask questions about the request.
document.addEventListener('htmx:confirm', (event) => {
  const { elt, verb, triggeringEvent } = event.detail;
  if (!bar || verb === 'get' || !elt.matches('form, button')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  held.set(elt, () => (elt.matches('form') ? elt.requestSubmit(triggeringEvent?.submitter) : elt.click()));
  say('This is sent when the server answers');
}, true);
