// Lists of checkboxes (data-range): with Shift, a click or the space bar sets all checkboxes
// between the pressed checkbox and the checkbox that was changed before.
let last = null; // the checkbox that was changed last
let shift = false;

document.addEventListener('click', (event) => (shift = event.shiftKey), true);

// In the capture phase, so that other listeners see the whole range.
document.addEventListener('change', (event) => {
  const list = event.target.type === 'checkbox' && event.target.closest('[data-range]');
  if (!list) return;
  const boxes = [...list.querySelectorAll('input[type=checkbox]')];
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (shift && from >= 0) for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
  last = event.target;
}, true);
