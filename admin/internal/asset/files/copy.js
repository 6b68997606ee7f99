// Buttons that copy a text (data-copy), or the response of an address (data-copy-from).
import { ask } from './ask.js';
import { say } from './toast.js';

/** Copies a text. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser does not allow copying here.', 'danger');
  }
}

/** Copies the response of an address; words are the notice if it cannot be had. */
export async function copyFrom(path, words) {
  const answer = await ask(path, words);
  if (answer) await copy(await answer.text().catch(() => ''));
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (!button) return;
  if (button.dataset.copy !== undefined) await copy(button.dataset.copy);
  else await copyFrom(button.dataset.copyFrom, 'The text could not be read.');
  button.closest('[popover]')?.hidePopover();
});
