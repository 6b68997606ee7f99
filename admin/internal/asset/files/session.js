// The session of an open page. Typing renews the session. When the session has ended, a sign-in
// dialog opens above the page; before a dangerous action, a dialog asks for the password. After the
// sign-in or the password, the refused requests are sent again, those of htmx and of fetch. If the
// user closes the dialog, actions are given up. Requests by which the page follows the server do not
// open the dialog again, and are sent after the next sign-in.
import { ajax } from './ajax.js';
const renewEvery = 5 * 60 * 1000;
const others = 'BroadcastChannel' in window ? new BroadcastChannel('loam') : null;
const questions = '#sign-in, #confirm'; // the dialogs for refused requests
let renewed = Date.now();
let refused = []; // refused requests: { again, giveUp, isBackground, elt }; again sends the request, giveUp is called when the user closes the dialog
export let signIns = 0; // the number of sign-ins above this page
let isClosed = false; // the user has closed the sign-in, and the session has not been valid since
let repeating = false; // a refused request is being sent again

/** Renews the session. If the session has ended, the sign-in dialog opens. */
export const checkSession = () => window.htmx && ajax('POST', '/_/session', { target: 'body', swap: 'none' });

/**
 * Fetches a path of the console. If the session has ended, or if the password is asked for, sends the request again
 * after the answer of the user; returns the refusal (401) if the user closes the dialog. Rejects as fetch does. A
 * background request (isBackground) opens no sign-in that the user has closed: it waits for the next sign-in.
 */
export async function request(path, { isBackground = false, ...options } = {}) {
  const then = signIns;
  const answer = await fetch(path, { ...options, headers: { 'HX-Request': 'true', ...options.headers } });
  if (answer.status !== 401) return answer;
  const isAgain = await isAllowed(await answer.clone().text(), answer.headers.get('HX-Retarget'), then, isBackground);
  return isAgain ? request(path, { isBackground, ...options }) : answer;
}

// A script that cannot import request sends the event request.
document.addEventListener('request', ({ detail }) => (detail.answer = request(detail.path, detail.options)));

/**
 * Opens the dialog of a refusal (401) in the target. Resolves to true after the sign-in or the password, to false if
 * the user closes the dialog. then is the number of sign-ins at the time of the request.
 */
export async function isAllowed(dialog, target, then, isBackground = false) {
  if (!target) return false; // the answer of a proxy
  if (then !== signIns) return true;
  const isAnswered = new Promise((done) => refused.push({ isBackground, again: () => done(true), giveUp: () => done(false) }));
  if (opens(isBackground)) window.htmx.swap(target, dialog, { swapStyle: 'beforeend' });
  return isAnswered;
}

/** Whether a refusal opens its dialog. A second dialog would replace an open sign-in and the password typed in it. */
const opens = (isBackground) => !document.getElementById('sign-in') && !(isBackground && isClosed);

/** Whether a request updates the page without the user, such as a poll. Requests of forms, links, buttons and scripts are actions. */
const follows = ({ elt }) => !elt.matches('form, a, button, body');

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
  if (xhr.status !== 401 || !xhr.getResponseHeader('HX-Retarget') || requestConfig.elt.closest(questions)) return;
  const isLate = requestConfig.signIns !== signIns; // it was sent before the sign-in that has ended the dialog
  const isBackground = follows(requestConfig);
  if (isLate || !opens(isBackground)) detail.shouldSwap = false;
  if (requestConfig.path.endsWith('/_/session')) return;
  if (isLate) return sendAgain(requestConfig);
  const { elt } = requestConfig;
  if (isBackground) refused = refused.filter((other) => other.elt !== elt); // a poll is sent once
  refused.push({ elt, isBackground, again: () => sendAgain(requestConfig), giveUp() {} });
});

/** Fills the sign-in dialog with the account of the page. */
document.addEventListener('htmx:load', (event) => {
  const { identity, password } = event.target.querySelector?.('#sign-in form')?.elements ?? event.target.closest?.('#sign-in')?.querySelector('form')?.elements ?? {};
  if (!identity || identity.type === 'hidden' || identity.value) return;
  identity.value = document.body.dataset.account;
  identity.autofocus = false;
  password.autofocus = true; // the dialog may open later
  password.focus();
});

/** Sends a request of htmx again, by the same button or event. */
function sendAgain(sent) {
  const { elt, triggeringEvent, verb, path, formData } = sent;
  if (elt === document.body) { // a request of a script
    ajax(verb, path, { values: formData, target: 'body', swap: 'none' });
    return;
  }
  if (!elt.isConnected) return;
  if (!triggeringEvent || follows(sent)) { // "load", "every", "toggle once" and "input changed" do not trigger again
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

function signedIn() {
  signIns++;
  answered();
}

function answered() {
  const requests = refused;
  refused = [];
  isClosed = false;
  for (const dialog of document.querySelectorAll(questions)) dialog.close('answered');
  for (const { again } of requests) again();
}

/** Gives up the actions that wait for the answer to a dialog, after the user has closed it. */
function closed(dialog) {
  isClosed ||= dialog.id === 'sign-in';
  const actions = refused.filter((other) => !other.isBackground);
  refused = refused.filter((other) => other.isBackground);
  for (const { giveUp } of actions) giveUp();
}

document.addEventListener('confirmed', answered);
document.addEventListener('signedin', ({ detail: { account } }) => {
  others?.postMessage({ account });
  if (account !== document.body.dataset.account) location.reload(); // the page belongs to another account
  else signedIn();
});

// The event close of a dialog does not bubble.
document.addEventListener('close', ({ target }) => target.matches(questions) && target.returnValue !== 'answered' && closed(target), true);

// Another tab has a page of the account, or its sign-in page reports that the session may have ended (signedout.js).
others?.addEventListener('message', ({ data: { account } }) => {
  if (account === undefined) checkSession();
  else if (account === document.body.dataset.account && (isClosed || document.getElementById('sign-in'))) signedIn();
});
others?.postMessage({ account: document.body.dataset.account });
