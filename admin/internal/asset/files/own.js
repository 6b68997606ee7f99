// Custom elements of the embedding program in place of inputs (data-element). The usual input is
// hidden, and still has the value of the form.

/** Adds the custom element of a field as soon as a script of the program has defined it. */
export function begin(usual) {
  const name = usual.dataset.element;
  if (customElements.get(name)) replace(usual);
  else customElements.whenDefined(name).then(() => replace(usual));
}

function replace(usual) {
  const { element: name } = usual.dataset;
  if (usual.hidden || !usual.isConnected) return;
  const made = document.createElement(name);
  if (!(made instanceof customElements.get(name))) return; // the constructor has failed
  const field = usual.closest('[data-field]');
  const label = field.querySelector('.label');
  made.input = usual.querySelector(`[name="${CSS.escape(field.dataset.field)}"]`);
  made.dataset.ownInput = '';
  made.role ??= 'group';
  label.id ||= `${made.input.id || field.dataset.field}-l`;
  made.setAttribute('aria-labelledby', label.id);
  label.addEventListener('click', () => made.focus());
  const isFocused = usual.contains(document.activeElement);
  usual.before(made);
  usual.hidden = true;
  if (isFocused) made.focus({ preventScroll: true });
}
