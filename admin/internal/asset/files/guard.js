// Asks a question before unsaved changes are lost, when a link, a form or a script of the console
// opens another page or replaces a form. When the tab is closed, the browser asks; see form.js.
import { tag } from './element.js';
import { letGo, titles, unsavedForms } from './form.js';
import { leave } from './leave.js';
import { question } from './question.js';
import { saveThen } from './saved.js';

const most = 5; // maximum number of labels in the question
let dialog = null;
let goes = []; // the actions that wait for the answer, latest first
let reasons = [];

/** The labels of the edited inputs, as a list in words. */
function list(form) {
  const all = titles(form);
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}

/**
 * Asks whether to save the forms, and calls then unless the user stays. why is a sentence before the
 * question. If a question is open already, its answer decides about this action too.
 */
function ask(forms, then, why = '') {
  if (!dialog?.open) [goes, reasons] = [[], []];
  goes.unshift(then); // what the user has asked for comes last, so that it decides which page opens
  if (why) reasons.push(why);
  dialog?.close();
  const leaveAll = () => goes.forEach((go) => go());
  const isDrafted = forms.every((form) => form.matches('.panel-form, [data-form="change"]'));
  const drafts = tag('p', { class: 'small muted' }, 'A draft stays in this browser for seven days, without passwords, files and added rows.');
  const lost = forms.map((form) => tag('p', {}, `Not saved: ${list(form)}.`));
  const save = forms.length === 1 && forms[0].querySelector('[data-save]:not(:disabled)');
  const mine = question('leave', 'Leave without saving?', [...reasons.map((reason) => tag('p', {}, reason)), ...lost, ...(isDrafted ? [drafts] : [])], [
    { label: 'Leave', look: 'btn-quiet', act: () => (letGo(forms), leaveAll()) },
    { label: 'Stay', look: '' },
    ...(save ? [{ label: 'Save and leave', look: 'btn-primary', act: () => saveFirst(forms[0], leaveAll) }] : []),
  ]);
  dialog = mine;
  mine.addEventListener('close', () => dialog === mine && (dialog = null));
}

/** Saves the form, and calls go after the save. */
function saveFirst(form, go) {
  if (!form.isConnected) return go(); // a save has replaced it while the question was open
  saveThen(form, () => {
    letGo([form]);
    leave(go); // asks about the form that has replaced it, which may have values typed during the save
  });
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
