// Alignment, direction and colour of the selection. The browser's editing commands cannot set these
// formats alone, because the CSP of the page forbids style attributes in markup.
import { element } from './element.js';
import { around, blocksOf, charactersOf, copyOf, parts, remember, reselect, run, selectCharacters, sync } from './richarea.js';

/** Sets the alignment of the selected blocks, or removes it if all these blocks have it already. */
export function align(rich, value) {
  changeBlocks(rich, (block) => alignmentOf(block) === value, (block, had) => {
    block.removeAttribute('align');
    block.style.textAlign = had ? '' : value;
    if (block.getAttribute('style') === '') block.removeAttribute('style');
  });
}

/** Sets the direction of the selected blocks, or removes it if all these blocks have it already. */
export function turn(rich, value) {
  changeBlocks(rich, (block) => block.dir === value, (block, had) => (had ? block.removeAttribute('dir') : block.setAttribute('dir', value)));
}

function changeBlocks(rich, has, change) {
  reselect(rich);
  const { area } = parts(rich);
  const list = blocksOf(rich);
  const had = list.every(has);
  remember(area);
  for (const block of list) change(block, had);
  sync(rich);
}

const alignmentOf = (block) => block.style.textAlign || (block.getAttribute('align') ?? '');

/** The format around the selection: { alignment, direction, colour }, each "" for none. */
export function formatAround(rich) {
  const aligned = around(rich, '[style*=text-align], [align]');
  return { alignment: aligned ? alignmentOf(aligned) : '', direction: around(rich, '[dir]')?.dir ?? '', colour: colourAround(rich) };
}

const coloured = 'font[color], [style*=color]';

function colourAround(rich) {
  const found = around(rich, coloured);
  const value = found && (found.style.color || found.getAttribute('color'));
  return value ? hex(value) : '';
}

/** A colour as #rrggbb. */
function hex(colour) {
  const pen = document.createElement('canvas').getContext('2d');
  pen.fillStyle = colour;
  return pen.fillStyle;
}

/**
 * Replaces the colours in style attributes by font elements. The browser's editing command would
 * change the style attributes, and the CSP of the page forbids such a change.
 */
function asFonts(area) {
  const at = charactersOf(area);
  for (const node of area.querySelectorAll('[style*=color]')) {
    if (!node.style.color) continue;
    const font = element('font', ...node.childNodes);
    font.setAttribute('color', hex(node.style.color));
    node.style.color = '';
    if (node.localName === 'span' && node.style.length === 0) node.replaceWith(font);
    else node.append(font);
  }
  selectCharacters(area, at);
}

const none = '#010203'; // a colour that marks the text from which the colour is removed

/**
 * Sets the colour of the selected text; "" removes the colour. A caret in coloured text selects
 * that text first.
 */
export function colour(rich, value) {
  reselect(rich);
  const { area } = parts(rich);
  asFonts(area);
  const text = around(rich, coloured);
  if (getSelection().isCollapsed && text) getSelection().selectAllChildren(text);
  if (value !== '') {
    run(rich, 'foreColor', value);
    return;
  }
  if (getSelection().isCollapsed) return;
  const before = copyOf(area);
  document.execCommand('foreColor', false, none);
  const at = charactersOf(area);
  for (const font of area.querySelectorAll(`font[color="${none}"]`)) font.replaceWith(...font.childNodes);
  area.normalize();
  selectCharacters(area, at);
  remember(area, before);
  sync(rich);
}
