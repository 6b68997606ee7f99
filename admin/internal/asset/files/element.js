// Functions that create elements and fragments.

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

/** An element with attributes. */
export function tag(name, attributes, ...children) {
  const made = element(name, ...children);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
