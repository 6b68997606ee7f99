// Answers for the panel. The answer to an older request never replaces that of a newer one, and no
// answer replaces values that were typed since its request.
import { ajax } from './ajax.js';
import { unsavedForms } from './form.js';
import { leave } from './leave.js';
import { say } from './toast.js';

let latest = null; // the last request for other content of the panel

/** Drops the answer to the request for other content of the panel, if it is still under way. */
export function stay() {
  latest = null;
}

document.addEventListener('htmx:beforeRequest', ({ detail: { elt, target, xhr, requestConfig } }) => {
  if (elt.matches('form.panel-form')) elt.addEventListener('htmx:beforeOnLoad', tellOfLeft);
  if (target.id === 'panel' && requestConfig.verb === 'get') latest = xhr;
});

/** Only tells the result of a save, if the user has left the form meanwhile. Events of a removed form do not reach the document. */
function tellOfLeft(event) {
  const { elt, xhr } = event.detail;
  if (elt.isConnected) return;
  event.preventDefault();
  if (xhr.status < 400) say('The record that you have left is saved');
  else say('The changes of the record that you have left were not saved. Open it again: it offers them as a draft.', 'danger');
}

document.addEventListener('htmx:beforeSwap', ({ target, detail }) => {
  const { verb, path } = detail.requestConfig;
  if (target.id !== 'panel' || verb !== 'get' || !detail.shouldSwap) return;
  if (detail.xhr !== latest) {
    detail.shouldSwap = false;
  } else if (unsavedForms().some((form) => target.contains(form))) {
    detail.shouldSwap = false;
    leave(() => ajax('GET', path, '#panel'));
  }
});
