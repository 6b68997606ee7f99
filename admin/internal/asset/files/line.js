// The connection to the server. While the server cannot be reached, a bar is shown, requests that
// write are held, and the page retries; then the held requests are sent. If another version of the
// server answers, the page is loaded anew; a page with input shows a bar with a button for that.
import { button, tag } from './element.js';
import { icon } from './icon.js';
import { leave } from './leave.js';
import { announce, say } from './toast.js';

const waits = [1, 2, 5, 10, 30]; // seconds between the tries
const longest = 10_000; // milliseconds that a try may take
const held = new Map(); // by form or button: the function that submits or presses it again
let bar = null;
let tryNow = null; // ends the present wait
let isOld = false; // another version of the server has started

const show = (banner) => document.querySelector('.body')?.insertBefore(banner, document.getElementById('main'));

function build(words) {
  const now = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return tag('div', { class: 'banner banner-danger banner-bar', role: 'alert' }, icon('error', 't-danger'),
    tag('span', { class: 'grow' }, `${words} What you see is from ${now}, and what you type stays here. Trying again …`),
    button('Try now', 'btn-s', () => tryNow?.()));
}

/** Shows the bar if the server does not answer. words is the reason. */
export async function checkLine(words) {
  if (!(await isThere())) lost(words);
  else if (await isNew()) renew();
}

/** Whether the form or button is held until the server answers. */
export const isHeld = (element) => held.has(element);

/** Shows the bar until the server answers. words is the reason. */
async function lost(words = 'The server cannot be reached.') {
  if (bar) return;
  bar = build(words);
  show(bar);
  for (let tries = 0; !(await isThere()); tries++) await pause(waits[Math.min(tries, waits.length - 1)]);
  bar.remove();
  bar = null;
  announce('The server answers again');
  if (await isNew()) renew();
  document.dispatchEvent(new CustomEvent('reached'));
  const sends = [...held].filter(([element]) => element.isConnected).map(([, send]) => send);
  held.clear();
  for (const send of sends) send();
}

const isThere = () => fetch('/api/health', { cache: 'no-store', signal: AbortSignal.timeout(longest) }).then((answer) => answer.status < 500, () => false);

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

/** Loads the page anew. If that would lose input, a bar has a button for it, and held requests are sent. */
async function renew() {
  if (isOld) return;
  isOld = true;
  if (held.size === 0 && !(await hasInput())) {
    location.reload();
    return;
  }
  show(tag('div', { class: 'banner banner-warn banner-bar', role: 'status' }, icon('warn'),
    tag('span', { class: 'grow' }, 'Another version of the server has started. What you have typed stays here until you load the page anew.'),
    button('Load the page anew', 'btn-s', () => leave(() => location.reload()))));
}

/** Whether a reload would lose something: an open dialog, unsaved changes of a form, or input outside of forms. */
async function hasInput() {
  const { unsavedForms } = await import('./form.js');
  const differs = (input) => (/checkbox|radio/.test(input.type) ? input.checked !== input.defaultChecked : input.value !== input.defaultValue);
  const outside = [...document.querySelectorAll('input, textarea')].filter((input) => !input.closest('form[data-form]'));
  return document.querySelector('dialog[open], .is-editing') !== null || unsavedForms().length > 0 || outside.some(differs);
}

document.addEventListener('htmx:sendError', ({ detail: { elt, requestConfig } }) => {
  lost();
  if (requestConfig.verb !== 'get' && elt.matches('form, button, body') && !requestConfig.path.endsWith('/_/session')) say('The request has got no answer. It may have been carried out or not: look before you send it again.', 'danger');
});
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
