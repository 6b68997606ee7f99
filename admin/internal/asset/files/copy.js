// Buttons that copy a text (data-copy), or the response of an address (data-copy-from).
import { ask } from './ask.js';
import { say } from './toast.js';

/** Copies a text, and shows whether the browser allows it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser does not allow copying here.', 'danger');
  }
}

/** Copies the response of an address. */
export async function copyFrom(path) {
  const words = 'The value could not be read.';
  const answer = await ask(path, words);
  const text = await answer?.text().catch(() => say(words, 'danger'));
  if (text !== undefined) await copyText(text);
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from]');
  if (!button) return;
  const { copy, copyFrom: path } = button.dataset;
  await (copy === undefined ? copyFrom(path) : copyText(copy));
  button.closest('[popover]')?.hidePopover();
});
