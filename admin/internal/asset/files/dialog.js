// Dialogs that the server sends. A new dialog opens above the open dialogs, or replaces the dialog
// with the same id. A closed dialog returns the focus.
let before = null;

document.addEventListener('htmx:load', (event) => {
  const dialog = event.target.matches?.('dialog[data-dialog]') ? event.target : event.target.querySelector?.('dialog[data-dialog]');
  if (!dialog || dialog.open) return;
  for (const other of document.querySelectorAll(`dialog#${CSS.escape(dialog.id)}`)) if (other !== dialog) other.remove();
  before ??= document.activeElement;
  dialog.showModal();
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (document.querySelector('dialog[open]')) return;
    before?.focus?.();
    before = null;
  });
});

/** Closes the topmost dialog. */
export function closeDialog() {
  [...document.querySelectorAll('dialog[data-dialog][open]')].at(-1)?.close();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-close]')) closeDialog();
});
document.addEventListener('closedialog', closeDialog); // an event of the server
