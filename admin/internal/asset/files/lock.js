// The lock of records, which the setting meta.hideControls switches on: requests that write records
// are blocked until Unlock is pressed on the page.
import { say } from './toast.js';

const writes = /^\/_\/c\/[^/]+\/(new|r\/|bulk\/|import)/;
const locked = () => document.body.hasAttribute('data-locked');

function unlock() {
  document.body.removeAttribute('data-locked');
  for (const button of document.querySelectorAll('[data-unlock]')) button.remove();
  say('Unlocked on this page');
}

document.addEventListener('htmx:confirm', (event) => {
  if (!locked() || event.detail.verb?.toLowerCase() !== 'post' || !writes.test(event.detail.path)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say('Records are locked', 'danger', { label: 'Unlock', act: unlock });
}, true);

document.addEventListener('click', (event) => event.target.closest('[data-unlock]') && unlock());
