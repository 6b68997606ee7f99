// The list of keyboard shortcuts ("?"), the shortcuts that open other pages, and the switch that
// disables single-letter shortcuts.
import { tag } from './element.js';
import { leave } from './leave.js';
import { toggleSide } from './side.js';
import { store, stored } from './store.js';

export const apple = /Mac|iP(hone|ad)/.test(navigator.platform);
const offKey = 'loam_letters_off';
const off = () => stored(offKey) === '1';

/** The addresses of pages by the key after G. */
const places = { d: '/_/data', l: '/_/logs', m: '/_/metrics', s: '/_/sql', r: '/_/realtime', b: '/_/backups', ',': '/_/settings/application' };

/** All shortcuts as [alternative keys, description]; "Mod" is Ctrl or ⌘. */
export const groups = {
  'On every page': [
    [['Mod K'], 'search or jump'],
    [['/'], 'to the search or the filter of the page'],
    [['G D'], 'the collection that was open last'],
    [['G L'], 'the logs'],
    [['G M'], 'the metrics'],
    [['G S'], 'SQL'],
    [['G R'], 'realtime'],
    [['G B'], 'the backups'],
    [['G ,'], 'the settings'],
    [['N'], 'a new record, or a new collection where no records are'],
    [['['], 'hide or show the side bar'],
    [['F6', 'Shift F6'], 'the next and the previous region of the page'],
    [['Mod S'], 'save the form'],
    [['Esc'], 'close the menu, the dialog or the panel'],
    [['?'], 'this list'],
  ],
  'In the table of records': [
    [['↑', '↓', '←', '→'], 'go from cell to cell'],
    [['Home', 'End'], 'the first and the last cell of the row'],
    [['Mod Home', 'Mod End'], 'the first and the last row'],
    [['Page Up', 'Page Down'], 'a page up and down'],
    [['Enter'], 'edit the value; on the first column, open the record'],
    [['F2'], 'edit the value, in the first column too'],
    [['O', 'Shift O'], 'open the record beside the table, as a page'],
    [['S'], 'sort by the column'],
    [['F', 'Shift F'], 'filter by the value of the cell; exclude the value'],
    [['Space'], 'select the row'],
    [['Shift Space'], 'select the rows from the one that was selected last to this one'],
    [['Shift ↑', 'Shift ↓'], 'select the row and the one above or below; back: deselect it'],
    [['Mod A'], 'select all rows of the page'],
    [['Delete', 'Backspace'], 'delete the selected records'],
    [['Mod C'], 'copy the text of the cell'],
    [['Mod Shift C'], 'copy the record as JSON'],
    [['Alt ←', 'Alt →'], 'at the edge of a column head: its width'],
  ],
  'While a value is edited in its cell': [
    [['Enter'], 'save, and go down'],
    [['Tab', 'Shift Tab'], 'save, and go right or left'],
    [['Esc'], 'discard the change'],
  ],
  'Beside the table': [
    [['J', 'K'], 'the next and the previous record'],
    [['>', '<'], 'the same'],
    [['Alt J', 'Alt K'], 'the same, while you type in an input'],
    [['Mod Enter'], 'save the record, and open the form of a new one'],
  ],
  'At the edge of the side bar': [
    [['←', '→'], 'make it narrower, wider'],
    [['Home', 'End'], 'the least and the greatest width'],
    [['Enter'], 'the usual width'],
  ],
  'In the preview of a file': [
    [['←', '→'], 'the previous and the next file'],
  ],
  'In lists and forms': [
    [['Alt ↑', 'Alt ↓'], 'move a file, a related record, a chosen option or a field, at its handle'],
    [['Delete', 'Backspace'], 'on a field or index of a collection: delete it, or put it back'],
    [['↑', '↓'], 'mark a found record or page'],
    [['Page Up', 'Page Down'], 'in the search over all pages: eight entries up and down'],
    [['Enter'], 'take the marked entry'],
    [['Mod Enter'], 'in the search over all pages: open the entry in a new tab'],
    [['Esc'], 'close the list'],
  ],
  'In editors of rules, filters and SQL': [
    [['Ctrl Space'], 'the list of completions'],
    [['↑', '↓'], 'mark a completion'],
    [['Tab', 'Enter'], 'take the marked completion'],
    [['Esc'], 'close the list'],
    [['Mod Enter'], 'run the SQL, send the trial of the API'],
    [['Alt Shift F'], 'format the SQL'],
  ],
  'In inputs of a record': [
    [['Alt Shift F'], 'format the JSON'],
    [['←', '→', 'Home', 'End'], 'in the toolbar of rich text: from tool to tool'],
    [['Mod Z'], 'in rich text: undo'],
    [['Esc'], 'in rich text: close the inputs of a link, picture or table'],
    [['Enter'], 'in rich text: insert the link, picture or table'],
  ],
  'In the calendar': [
    [['↑', '↓', '←', '→'], 'a week or a day earlier or later'],
    [['Home', 'End'], 'the first and the last day of the week'],
    [['Page Up', 'Page Down'], 'a month earlier and later'],
    [['Shift Page Up', 'Shift Page Down'], 'a year earlier and later'],
  ],
  'On the map of a point': [
    [['↑', '↓', '←', '→'], 'move the point'],
    [['Shift ↑', 'Shift ↓', 'Shift ←', 'Shift →'], 'move the point by a small step'],
    [['+', '=', '-'], 'zoom in, zoom in, zoom out'],
  ],
  'On a chart of the metrics': [
    [['+', '-', '0'], 'zoom in, zoom out, show the whole period'],
    [['←', '→'], 'an earlier and a later time'],
  ],
  'On the chart of a result of SQL': [
    [['←', '→', 'Home', 'End'], 'the value before, the next, the first and the last value'],
  ],
  'On the chart of the logs': [
    [['←', '→', 'Home', 'End'], 'an earlier, a later, the first and the last bar'],
    [['Shift ←', 'Shift →', 'Shift Home', 'Shift End'], 'select bars'],
    [['Enter'], 'show the entries of the selected bars'],
    [['Esc'], 'select nothing'],
  ],
  'In the logs': [
    [['J', 'K'], 'the next and the previous entry'],
    [['L'], 'follow: new entries appear above'],
  ],
  'On the tabs of code': [
    [['←', '→'], 'the code in another language'],
  ],
  'In the diagram': [
    [['↑', '↓', '←', '→'], 'from box to box; outside of a box, move the picture'],
    [['Enter'], 'open the collection; in the search, go to the found box'],
    [['Alt ↑', 'Alt ↓', 'Alt ←', 'Alt →'], 'move the box'],
    [['+', '-', '0'], 'zoom in, zoom out, show all'],
  ],
};

/** The elements that show a key combination. */
export const caps = (keys) => [tag('span', { class: 'keys-one' }, ...keys.replace('Page ', 'Page\u00a0').split(' ').map((key) => tag('kbd', { class: 'kbd' }, key === 'Mod' ? (apple ? '⌘' : 'Ctrl') : key)))];

let dialog = null;

function build() {
  const letters = tag('input', { type: 'checkbox' });
  letters.checked = !off();
  letters.addEventListener('change', () => store(offKey, letters.checked ? '0' : '1'));
  const close = tag('button', { type: 'button', class: 'btn btn-quiet', autofocus: '' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  dialog = tag('dialog', { class: 'keys', 'aria-labelledby': 'keys-title' },
    tag('div', { class: 'dialog-head' }, tag('div', { class: 'grow' }, tag('h2', { id: 'keys-title' }, 'Keys'))),
    tag('div', { class: 'keys-list', tabindex: '0', role: 'region', 'aria-label': 'All keys' },
      ...Object.entries(groups).map(([title, list]) => tag('section', {}, tag('h3', {}, title),
        tag('dl', {}, ...list.map(([keys, does]) => tag('div', { 'data-keys': keys.join(', ') },
          tag('dt', {}, ...keys.flatMap((one, i) => [...(i > 0 ? [' '] : []), ...caps(one)])),
          tag('dd', {}, does))))))),
    tag('div', { class: 'dialog-foot' },
      tag('label', { class: 'switch grow' }, letters, tag('span', {}, 'Single letters and signs act outside of inputs')), close));
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
}

function show() {
  if (document.querySelector('dialog[open]')) return;
  if (!dialog) build();
  dialog.showModal();
}

/** Whether the key of an event is typed into an input. */
export const typing = (event) => event.target.closest?.('input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]');
const inWidget = (event) => event.target.closest?.('[role=grid], [role=menu], svg');

let waits = 0; // the time until which a second key may follow G

// In the capture phase, so that a disabled letter reaches no other script.
addEventListener('keydown', (event) => {
  if (event.key.trim().length !== 1 || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
  if (off() && event.key !== '?' && !inWidget(event)) {
    event.stopImmediatePropagation();
    return;
  }
  const place = event.timeStamp < waits && places[event.key.toLowerCase()];
  waits = event.key.toLowerCase() === 'g' ? event.timeStamp + 1500 : 0;
  if (place) {
    event.preventDefault();
    event.stopImmediatePropagation(); // the second key may be a shortcut of the page too
    if (!document.querySelector('dialog[open]')) leave(() => location.assign(place));
  } else if (event.key === '?') {
    event.preventDefault();
    show();
  }
}, true);

/** Opens the form of a new record, or of a new collection on a page without records. */
const make = () => (document.querySelector('.head [data-new]') ?? document.querySelector('.side a[href="/_/new-collection"]'))?.click();

const regions = ['.rail', '.side', '.top', '#main', '#panel .panel'];

/** Focuses the first element of the next region, or of the previous region if by is -1. */
function region(by) {
  const all = regions.map((name) => document.querySelector(name)).filter((found) => found?.checkVisibility());
  const now = all.findLastIndex((found) => found.contains(document.activeElement));
  const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length];
  const first = next.id === 'main' ? next : [...next.querySelectorAll('a[href], button, input:not([type=hidden]), [tabindex="0"]')].find((found) => found.checkVisibility() && !found.disabled);
  (first ?? next).focus();
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.key === 'F6') {
    event.preventDefault();
    region(event.shiftKey ? -1 : 1);
  } else if (typing(event)) return;
  else if (event.key === 'n') {
    event.preventDefault();
    make();
  } else if (event.key === '[') toggleSide();
});
addEventListener('click', (event) => {
  if (!event.target.closest('[data-keys-sheet]')) return;
  event.target.closest('[popover]')?.hidePopover();
  show();
});
