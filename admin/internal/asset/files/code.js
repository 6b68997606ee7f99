// Inputs of one-time codes (data-code has the number of digits). Other characters than digits are
// removed, and a complete code is sent.
const inputs = 'input[data-code]'; // samples in the reference have data-code too

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

/** Sends each code only once, since a second attempt with the same code fails. */
document.addEventListener('submit', (event) => {
  const input = event.target.querySelector(inputs);
  if (!input || event.submitter?.name) return;
  if (input.dataset.sent === input.value) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  input.dataset.sent = input.value;
}, true);

/** Allows a code to be sent again after the server could not be reached (line.js). */
document.addEventListener('reached', () => {
  for (const input of document.querySelectorAll(inputs)) delete input.dataset.sent;
});
