// The session while a page is open: typing renews it. When it has ended, a sign-in dialog opens
// over the page, and the refused request is repeated after the sign-in.
import { closeDialog } from './dialog.js';

const renewEvery = 5 * 60 * 1000;
const others = 'BroadcastChannel' in window ? new BroadcastChannel('loam') : null;
let renewed = Date.now();
let missed = null; // the request that was refused for lack of a session

document.addEventListener('input', () => {
  if (Date.now() - renewed < renewEvery) return;
  renewed = Date.now();
  window.htmx?.ajax('POST', '/_/session', { target: 'body', swap: 'none' });
});

document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr.status !== 401 || requestConfig.elt.closest('dialog')) return;
  const { elt, triggeringEvent } = requestConfig;
  missed = elt === document.body ? null : { elt, type: triggeringEvent?.type ?? 'submit' };
});

/** The sign-in over a page asks for the account of the page first. */
document.addEventListener('htmx:load', (event) => {
  const { identity, password } = event.target.querySelector?.('#sign-in form')?.elements ?? event.target.closest?.('#sign-in')?.querySelector('form')?.elements ?? {};
  if (!identity || identity.type === 'hidden' || identity.value) return;
  identity.value = document.body.dataset.account;
  password.focus();
});

document.addEventListener('signedin', (event) => {
  closeDialog();
  if (event.detail.account !== document.body.dataset.account) {
    location.reload(); // the page belongs to another account
    return;
  }
  const { elt, type } = missed ?? {};
  missed = null;
  if (elt?.isConnected) window.htmx.trigger(elt, type);
});

// The sign-in page in another tab reports that the session may have ended (signedout.js).
others?.addEventListener('message', () => window.htmx?.ajax('POST', '/_/session', { target: 'body', swap: 'none' }));
