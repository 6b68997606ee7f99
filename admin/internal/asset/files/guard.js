// Asks a question before unsaved changes are lost, when a link, a form or a script of the console
// opens another page or replaces a form. When the tab is closed, the browser asks; see form.js.
import { button, tag } from './element.js';
import { icon } from './icon.js';
import { letGo, titles, unsavedForms } from './form.js';

const most = 5; // maximum number of labels in the question
let dialog = null;
let afterSave = null; // { form, go }: the form that is saved before go is called

/** The labels of the edited inputs, as a list in words. */
function list(form) {
  const all = titles(form);
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}

/** Asks whether to save the forms. Calls then unless the user stays. why is a sentence before the question. */
function ask(forms, then, why = '') {
  if (dialog) return;
  const go = () => {
    letGo(forms);
    then();
  };
  const before = document.activeElement;
  const choice = (label, look, act) => button(label, look, () => {
    dialog.close();
    act();
  });
  const lost = forms.map((form) => tag('p', {}, `Not saved: ${list(form)}.`));
  const isDrafted = forms.every((form) => form.matches('.panel-form, [data-form="change"]'));
  const drafts = tag('p', { class: 'small muted' }, 'A draft stays in this browser for seven days, without passwords, files and added rows.');
  const stay = choice('Stay', '', () => before?.focus?.());
  const save = forms.length === 1 && forms[0].querySelector('[data-save]:not(:disabled)');
  dialog = tag('dialog', { class: 'dialog', id: 'leave', 'aria-labelledby': 'leave-title' },
    tag('div', { class: 'dialog-head' },
      tag('span', { class: 'i-round warn' }, icon('warn')),
      tag('div', { class: 'grow' }, tag('h2', { id: 'leave-title' }, 'Leave without saving?'))),
    tag('div', { class: 'dialog-body' }, ...(why ? [tag('p', {}, why)] : []), ...lost, ...(isDrafted ? [drafts] : [])),
    tag('div', { class: 'dialog-foot' },
      choice('Leave', 'btn-quiet', go),
      stay,
      ...(save ? [choice('Save and leave', 'btn-primary', () => saveFirst(forms[0], then))] : [])));
  dialog.addEventListener('close', () => {
    dialog.remove();
    dialog = null;
  });
  document.body.append(dialog);
  dialog.showModal();
  stay.focus();
}

/** Saves the form, and calls go after the save. */
function saveFirst(form, go) {
  if (!form.isConnected) return go(); // the form was saved and replaced while the question was open
  afterSave = { form, go };
  form.requestSubmit();
}

/** Asks before a response that opens another page, such as after a choice of columns, closes a changed panel. */
document.addEventListener('htmx:beforeOnLoad', (event) => {
  const { xhr, requestConfig: { elt } } = event.detail;
  const address = xhr.getResponseHeader('HX-Redirect');
  const forms = unsavedForms();
  if (!address || elt.closest('dialog, #panel') || !forms.some((form) => form.closest('#panel'))) return;
  event.preventDefault();
  ask(forms, () => location.assign(address));
}, true);

document.addEventListener('leave', (event) => {
  const forms = unsavedForms();
  if (forms.length === 0) return;
  event.preventDefault();
  ask(forms, event.detail.go, event.detail.why);
});

document.addEventListener('htmx:beforeOnLoad', (event) => {
  const { xhr, requestConfig } = event.detail;
  if (afterSave?.form !== requestConfig.elt || xhr.getResponseHeader('HX-Retarget') === '#dialogs') return; // the form is not saved yet: a dialog asks first
  const { go } = afterSave;
  afterSave = null;
  if (xhr.status >= 300) return; // the form shows the problems
  if (xhr.getResponseHeader('HX-Redirect')) event.preventDefault(); // go opens another page
  setTimeout(go); // after the response is shown
});

// The page stays open if the user closes a dialog about the save, or edits the form before its end.
document.addEventListener('cancel', () => (afterSave = null), true);
document.addEventListener('click', (event) => event.target.closest('[data-close]') && (afterSave = null));
document.addEventListener('input', (event) => afterSave?.form.contains(event.target) && (afterSave = null));

// The listeners below are on the window, so that a script which handles an event has prevented its
// default action before.
const opensHere = (link) => link && link.origin === location.origin && (!link.target || link.target === '_self') && !link.hasAttribute('download') &&
  link.href.split('#')[0] !== location.href.split('#')[0];

addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !opensHere(link)) return;
  const forms = unsavedForms();
  if (forms.length === 0) return;
  event.preventDefault();
  ask(forms, () => location.assign(link.href));
});
addEventListener('submit', (event) => {
  if (event.defaultPrevented || event.target.method === 'dialog') return;
  const forms = unsavedForms().filter((form) => form !== event.target);
  if (forms.length === 0) return;
  event.preventDefault();
  const { submitter } = event;
  ask(forms, () => event.target.requestSubmit(submitter));
});
