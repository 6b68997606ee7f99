// Ranges of checkboxes in lists (data-range). With Shift, a click or the space bar sets all
// checkboxes between the changed checkbox and the checkbox that was changed before. A range has one
// name.
let last = null; // the checkbox that was changed last
let shift = false;

document.addEventListener('click', (event) => (shift = event.shiftKey), true);

// In the capture phase, so that other listeners see the whole range.
document.addEventListener('change', (event) => {
  const list = event.target.type === 'checkbox' && event.target.closest('[data-range]');
  if (!list) return;
  const boxes = [...list.querySelectorAll('input[type=checkbox]')].filter((box) => box.name === event.target.name);
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (shift && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
  last = event.target;
}, true);

/**
 * Marks the rows of the checked boxes as selected, and shows in the checkbox head whether all or
 * some boxes are checked. Returns the checked boxes.
 */
export function markRows(boxes, head) {
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest('tr').toggleAttribute('aria-selected', false);
  for (const box of chosen) box.closest('tr').setAttribute('aria-selected', 'true');
  head.checked = chosen.length > 0 && chosen.length === boxes.length;
  head.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  return chosen;
}
