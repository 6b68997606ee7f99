// The input of a one-time code (data-code has the number of digits): a pasted text fills the input
// with its digits, and a complete code is sent.
const inputs = 'input[data-code]'; // the samples of the reference have the attribute too

function begin(root) {
  for (const input of root.querySelectorAll?.(inputs) ?? []) {
    input.style.setProperty('--digits', input.dataset.code);
    input.classList.add('is-boxes');
  }
}
begin(document);
document.addEventListener('htmx:load', (event) => begin(event.target));

document.addEventListener('input', ({ target }) => {
  if (!target.matches(inputs)) return;
  const length = Number(target.dataset.code);
  const code = target.value.replace(/\D/g, '').slice(0, length);
  if (target.value !== code) target.value = code;
  if (code.length === length && target.dataset.sent !== code) target.form.requestSubmit();
});

/** Sends a code once: a second try of the same code could only fail. */
document.addEventListener('submit', (event) => {
  const input = event.target.querySelector(inputs);
  if (!input || event.submitter?.name) return;
  if (input.dataset.sent === input.value) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  input.dataset.sent = input.value;
}, true);

/** A code that did not reach the server is sent again (line.js). */
document.addEventListener('reached', () => {
  for (const input of document.querySelectorAll(inputs)) delete input.dataset.sent;
});
