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
