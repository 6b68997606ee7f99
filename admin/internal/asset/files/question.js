// Questions of the console: before a request (hx-confirm) and before a switch changes (data-ask).
// data-answer is the label of the button that agrees.
import { button, tag } from './element.js';
import { icon } from './icon.js';

/**
 * Opens a modal question and returns its dialog. body are the nodes below the title. choices are the
 * buttons, as { label, look, act }: a press closes the question and calls act. The choice without
 * act only closes it, as Escape does, and has the focus.
 */
export function question(id, title, body, choices) {
  const buttons = choices.map(({ label, look, act }) => button(label, look, () => {
    dialog.close();
    act?.();
  }));
  const dialog = tag('dialog', { class: 'dialog', id, 'aria-labelledby': `${id}-title` },
    tag('div', { class: 'dialog-head' },
      tag('span', { class: 'i-round warn' }, icon('warn')),
      tag('div', { class: 'grow' }, tag('h2', { id: `${id}-title` }, title))),
    tag('div', { class: 'dialog-body' }, ...body),
    tag('div', { class: 'dialog-foot' }, ...buttons));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  buttons[choices.findIndex(({ act }) => !act)].focus();
  return dialog;
}

/** Asks the question of an element, and calls then if the user agrees. */
function ask(words, node, look, then) {
  const answer = node.closest('[data-answer]')?.dataset.answer ?? 'Continue';
  question('question', words, [], [{ label: 'Cancel', look: 'btn-quiet' }, { label: answer, look, act: then }]);
}

// The listener of the window: a script that handles the request itself has prevented it already.
addEventListener('htmx:confirm', (event) => {
  const { question: words, elt, issueRequest } = event.detail;
  if (!words || event.defaultPrevented) return;
  event.preventDefault();
  ask(words, elt, 'btn-danger', () => issueRequest(true));
});

let agreed = null; // the switch whose question was answered

document.addEventListener('click', (event) => {
  const box = event.target;
  if (!box.matches('input[data-ask]') || box === agreed) return;
  event.preventDefault();
  ask(box.dataset.ask, box, 'btn-primary', () => {
    agreed = box;
    box.click();
    agreed = null;
  });
});
