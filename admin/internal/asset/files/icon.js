// Icons of the sprite, for scripts.
const sprite = new URL('icons.svg', import.meta.url).pathname;
const drawing = 'http://www.w3.org/2000/svg';

/** An icon of the sprite, hidden from screen readers. */
export function icon(name, look = '') {
  const svg = document.createElementNS(drawing, 'svg');
  svg.setAttribute('class', `i ${look}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(drawing, 'use');
  use.setAttribute('href', `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
}
