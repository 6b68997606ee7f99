// The input of a one-time code (data-code has its number of digits): a pasted text fills it with its
// digits, and a complete code is sent.
const digits = (text) => text.replace(/\D/g, '');

function begin(root) {
  for (const input of root.querySelectorAll?.('[data-code]') ?? []) {
    input.style.setProperty('--digits', input.dataset.code);
    input.classList.add('is-boxes');
  }
}
begin(document);
document.addEventListener('htmx:load', (event) => begin(event.target));

document.addEventListener('input', ({ target }) => {
  if (!target.matches('[data-code]')) return;
  const length = Number(target.dataset.code);
  const code = digits(target.value).slice(0, length);
  if (target.value !== code) target.value = code;
  if (code.length === length && target.dataset.sent !== code) target.form.requestSubmit();
});
/** A code is sent once: the second try of the same code could only fail. */
document.addEventListener('submit', (event) => {
  const input = event.target.querySelector('[data-code]');
  if (!input || event.submitter?.name) return;
  if (input.dataset.sent === input.value) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  input.dataset.sent = input.value;
}, true);
