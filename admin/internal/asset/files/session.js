// The session, while a page is open: typing keeps it alive, and when it is over the sign-in
// lies over the page and what was asked for is asked again afterwards.
import { closeDialog } from './dialog.js';

const renewEvery = 5 * 60 * 1000;
const others = 'BroadcastChannel' in window ? new BroadcastChannel('loam') : null;
let renewed = Date.now();
let missed = null; // the request that had no session

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

document.addEventListener('signedin', (event) => {
  closeDialog();
  if (event.detail.account !== document.body.dataset.account) {
    location.reload(); // somebody else may have other things to do
    return;
  }
  const { elt, type } = missed ?? {};
  missed = null;
  if (elt?.isConnected) window.htmx.trigger(elt, type);
});

// A page of the sign-in, in another tab, tells that the session may be over (signedout.js).
others?.addEventListener('message', () => window.htmx?.ajax('POST', '/_/session', { target: 'body', swap: 'none' }));
