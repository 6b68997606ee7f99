// The sign-in options of a collection: providers, the client secret of Apple, placeholders of mails,
// and previews of mails.
import { ajax } from './ajax.js';
import { closeDialog } from './dialog.js';
import { say } from './toast.js';

let last = null; // the last focused input, which gets the placeholders

document.addEventListener('focusin', (event) => {
  if (event.target.closest('[data-mail]') && event.target.matches('input, textarea')) last = event.target;
});

document.addEventListener('click', async (event) => {
  const removed = event.target.closest('[data-remove-provider]')?.dataset.removeProvider;
  const provider = removed && document.querySelector(`[data-provider][data-field="${CSS.escape(`providers.${removed}`)}"]`);
  if (provider) {
    const list = provider.parentElement;
    provider.remove();
    list.dispatchEvent(new Event('change', { bubbles: true }));
  }
  const word = event.target.closest('[data-word]');
  if (word) {
    const mail = word.closest('[data-mail]');
    const input = mail.contains(last) ? last : mail.querySelector('textarea');
    input.focus();
    if (!document.execCommand('insertText', false, word.textContent)) input.setRangeText(word.textContent, input.selectionStart, input.selectionEnd, 'end');
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  const preview = event.target.closest('[data-mail-preview]');
  if (preview) {
    const values = {};
    for (const input of preview.closest('[data-mail]').querySelectorAll('[name]')) values[input.name] = input.value;
    ajax('POST', preview.dataset.mailPreview, { target: '#dialogs', values });
  }
});

document.addEventListener('htmx:load', (event) => {
  event.target.querySelector?.('[data-send-at-once]')?.submit();
  if (event.target.matches?.('[data-provider].is-new')) {
    event.target.querySelector('input:not([type=hidden])').focus();
    event.target.dispatchEvent(new Event('change', { bubbles: true }));
  }
});

const units = [['day', 86_400], ['hour', 3600], ['minute', 60]];

/** Shows each duration in the largest unit that fits: "s = 5 days". */
function showDurations() {
  for (const input of document.querySelectorAll('[data-seconds]')) {
    const seconds = Number(input.value);
    const [unit, length] = units.find(([, length]) => seconds >= length) ?? [];
    const amount = unit && Math.round((seconds / length) * 10) / 10;
    const sign = seconds === amount * length ? '=' : '≈';
    input.nextElementSibling.textContent = unit ? `s ${sign} ${amount} ${unit}${amount === 1 ? '' : 's'}` : 's';
  }
}
for (const event of ['input', 'change', 'htmx:load']) document.addEventListener(event, showDurations);
showDurations();

/** Handles the server event clientsecret: fills in the new client secret of a provider. */
document.addEventListener('clientsecret', ({ detail }) => {
  const input = (name) => document.querySelector(`[name="${CSS.escape(`providers.${detail.key}.${name}`)}"]`);
  closeDialog();
  if (!input('clientSecret')) return;
  input('clientId').value = detail.clientId;
  input('clientSecret').value = detail.secret;
  input('clientSecret').dispatchEvent(new Event('input', { bubbles: true }));
  say(detail.words);
});
