// Dialogs that the server sends. They open on arrival, and return the focus when they are closed.
let before = null;

document.addEventListener('htmx:load', (event) => {
  const dialog = event.target.matches?.('dialog[data-dialog]') ? event.target : event.target.querySelector?.('dialog[data-dialog]');
  if (!dialog || dialog.open) return;
  before ??= document.activeElement;
  dialog.showModal();
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (document.querySelector('dialog[open]')) return;
    before?.focus?.();
    before = null;
  });
});

/** Closes the open dialog. */
export function closeDialog() {
  document.querySelector('dialog[data-dialog][open]')?.close();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-close]')) closeDialog();
});
document.addEventListener('closedialog', closeDialog); // an event of the server
