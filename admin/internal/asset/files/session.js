// The session of an open page. Typing renews the session. When the session has ended, a sign-in
// dialog opens above the page; before a dangerous action, a dialog asks for the password. After the
// sign-in or the password, the refused requests are sent again.
import { ajax } from './ajax.js';
const renewEvery = 5 * 60 * 1000;
const others = 'BroadcastChannel' in window ? new BroadcastChannel('loam') : null;
const questions = '#sign-in, #confirm'; // the dialogs for refused requests
let renewed = Date.now();
let refused = []; // functions that send the refused requests again
let signIns = 0; // the number of sign-ins above this page
let repeating = false; // a refused request is being sent again

/** Renews the session. If the session has ended, the sign-in dialog opens. */
export const checkSession = () => window.htmx && ajax('POST', '/_/session', { target: 'body', swap: 'none' });

/** Calls send after the sign-in or the password; never if the user closes the dialog. */
export const afterAnswer = (send) => refused.push(send);

document.addEventListener('input', () => {
  if (Date.now() - renewed < renewEvery) return;
  renewed = Date.now();
  checkSession();
});

document.addEventListener('htmx:beforeRequest', ({ detail }) => {
  detail.requestConfig.signIns = signIns;
});

document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  const { xhr, requestConfig } = detail;
  if (xhr.status !== 401 || requestConfig.elt.closest(questions)) return;
  const isLate = requestConfig.signIns !== signIns; // it was sent before the sign-in that has ended the dialog
  if (isLate || document.getElementById('sign-in')) detail.shouldSwap = false; // another dialog would remove what is typed in the open one
  if (requestConfig.path.endsWith('/_/session')) return;
  if (isLate) sendAgain(requestConfig);
  else refused.push(() => sendAgain(requestConfig));
});

/** Fills the sign-in dialog with the account of the page. */
document.addEventListener('htmx:load', (event) => {
  const { identity, password } = event.target.querySelector?.('#sign-in form')?.elements ?? event.target.closest?.('#sign-in')?.querySelector('form')?.elements ?? {};
  if (!identity || identity.type === 'hidden' || identity.value) return;
  identity.value = document.body.dataset.account;
  password.focus();
});

/** Sends a request of htmx again, by the same button or event. */
function sendAgain({ elt, triggeringEvent, verb, path, formData }) {
  if (elt === document.body) { // a request of a script
    ajax(verb, path, { values: formData, target: 'body', swap: 'none' });
    return;
  }
  if (!elt.isConnected) return;
  if (!triggeringEvent || (verb === 'get' && elt.matches('input'))) { // "load", "every", "focus once" and "input changed" do not trigger again
    ajax(verb, path, { source: elt });
    return;
  }
  const button = triggeringEvent?.submitter;
  repeating = true;
  if (button?.isConnected) button.click(); // the request has the value of the button
  else window.htmx.trigger(elt, triggeringEvent?.type ?? 'submit');
  repeating = false;
}

/** Skips the question before a request that is sent again, since the user has answered it. */
document.addEventListener('htmx:confirm', (event) => {
  if (!repeating || !event.detail.question) return;
  event.preventDefault();
  event.detail.issueRequest(true);
});

function answered() {
  const sends = refused;
  refused = [];
  for (const dialog of document.querySelectorAll(questions)) dialog.close();
  for (const send of sends) send();
}

document.addEventListener('confirmed', answered);
document.addEventListener('signedin', (event) => {
  signIns++;
  if (event.detail.account !== document.body.dataset.account) location.reload(); // the page belongs to another account
  else answered();
});

// The event close of a dialog does not bubble.
document.addEventListener('close', (event) => event.target.matches(questions) && (refused = []), true);

// The sign-in page in another tab reports that the session may have ended (signedout.js).
others?.addEventListener('message', checkSession);
