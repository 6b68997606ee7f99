// Functions that create elements and fragments, or tell other scripts about new and changed elements.

export function fragmentOf(...nodes) {
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes);
  return fragment;
}

export function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** Makes an element with attributes. */
export function tag(name, attributes, ...children) {
  const made = element(name, ...children);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Makes a button that calls act. look has its classes other than "btn". */
export function button(label, look, act) {
  const made = tag('button', { type: 'button', class: `btn ${look}` }, label);
  made.addEventListener('click', act);
  return made;
}

/** Dispatches the event change, as the browser does after an input by the user. */
export const touched = (node) => node.dispatchEvent(new Event('change', { bubbles: true }));

/** Prepares an element that a script has inserted, as htmx prepares an element of a response. */
export function prepare(node) {
  window.htmx.process(node);
  node.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true, detail: { elt: node } }));
}
