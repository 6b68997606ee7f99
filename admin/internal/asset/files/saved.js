// An action after the save of a form, such as the opening of another page.
import { isHeld } from './line.js';

let after = null; // { form, go }: the form that is being saved, and the action

/**
 * Sends the form, and calls go once the answer of a successful save is shown. A sign-in or a question
 * in between changes nothing. If the save is refused or not sent, or if the user edits the form or
 * closes a question meanwhile, go is not called.
 */
export function saveThen(form, go) {
  after = { form, go };
  form.requestSubmit();
  if (!form.classList.contains('htmx-request') && !isHeld(form)) after = null; // a script has refused to send it
}

const forget = () => (after = null);

document.addEventListener('htmx:beforeOnLoad', (event) => {
  const { xhr, requestConfig } = event.detail;
  if (after?.form !== requestConfig.elt || xhr.getResponseHeader('HX-Retarget') === '#dialogs') return; // a dialog asks before the form is saved
  const { go } = after;
  forget();
  if (xhr.status >= 300) return; // the form shows the problems
  if (xhr.getResponseHeader('HX-Redirect')) event.preventDefault(); // go opens another page
  setTimeout(go); // the answer is shown first
});
document.addEventListener('htmx:sendError', (event) => after?.form === event.detail.elt && forget());
document.addEventListener('cancel', forget, true);
document.addEventListener('click', (event) => event.target.closest('[data-close]') && forget());
document.addEventListener('input', (event) => after?.form.contains(event.target) && forget());
