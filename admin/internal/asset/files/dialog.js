// Dialogs that the server sends. They open when they arrive and give the focus back.
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

/** Closes the dialog that is open. */
export function closeDialog() {
  document.querySelector('dialog[data-dialog][open]')?.close();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-close]')) closeDialog();
});
document.addEventListener('closedialog', closeDialog); // asked for by the server
