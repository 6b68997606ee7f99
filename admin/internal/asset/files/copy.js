// Buttons that copy a text (data-copy), or the response of an address (data-copy-from).
import { say } from './toast.js';

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (!button) return;
  try {
    const text = button.dataset.copy ?? (await (await fetch(button.dataset.copyFrom)).text());
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser does not allow copying here.', 'danger');
  }
  button.closest('[popover]')?.hidePopover();
});
