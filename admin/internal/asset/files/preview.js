// The preview of a stored picture, video or sound (data-peek) in a dialog. The arrow keys and the
// arrow buttons show the other files of the record.
import { element } from './element.js';
import { icon } from './icon.js';

let dialog = null;
let list = []; // the data-peek buttons of the record
let at = 0; // index of the shown file in list

const button = (words, name, act) => {
  const made = element('button', icon(name));
  Object.assign(made, { type: 'button', className: 'btn btn-quiet btn-icon', ariaLabel: words, title: words });
  made.addEventListener('click', act);
  return made;
};

function build() {
  const title = element('h2');
  title.id = 'preview-title';
  const open = Object.assign(element('a', 'Open'), { className: 'btn btn-s', target: '_blank', rel: 'noopener' });
  const save = Object.assign(element('a', 'Download'), { className: 'btn btn-s' });
  const head = element('div', title, button('Previous file', 'left', () => step(-1)), button('Next file', 'right', () => step(1)), open, save, button('Close', 'x', () => dialog.close()));
  head.className = 'preview-head';
  dialog = element('dialog', head, Object.assign(element('div'), { className: 'preview-body' }));
  dialog.className = 'preview-file';
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !event.target.matches('video, audio')) step(by);
  });
  dialog.addEventListener('close', () => {
    dialog.querySelector('.preview-body').replaceChildren(); // stops a video or a sound
    list[at]?.focus();
  });
  document.body.append(dialog);
}

function step(by) {
  if (!list[at + by]) return;
  at += by;
  show();
}

function show() {
  const { peek, address, title } = list[at].dataset;
  const node = element(peek === 'image' ? 'img' : peek);
  node.src = address;
  if (peek === 'image') node.alt = title;
  else node.controls = true;
  dialog.querySelector('h2').textContent = title;
  dialog.querySelector('.preview-body').replaceChildren(node);
  const [previous, next] = dialog.querySelectorAll('button');
  previous.disabled = at === 0;
  next.disabled = at === list.length - 1;
  if (document.activeElement.disabled) dialog.querySelector('button:enabled').focus(); // arrow keys act only while the focus is in the dialog
  const [open, save] = dialog.querySelectorAll('a');
  open.href = save.href = address;
  save.download = title;
}

document.addEventListener('click', (event) => {
  const peek = event.target.closest('[data-peek]');
  if (!peek) return;
  list = [...(peek.closest('form, section') ?? document).querySelectorAll('[data-peek]')];
  at = list.indexOf(peek);
  if (!dialog) build();
  show();
  dialog.showModal();
});
