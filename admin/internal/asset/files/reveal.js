// Shows a password while the checkbox below its input is checked. Without scripts the checkbox is
// hidden.
function offer(root) {
  for (const box of root.querySelectorAll('[data-reveal]')) box.hidden = false;
}

document.addEventListener('change', (event) => {
  const box = event.target.closest('[data-reveal]');
  if (box) box.closest('form').elements[box.dataset.reveal].type = event.target.checked ? 'text' : 'password';
});

document.addEventListener('htmx:load', (event) => offer(event.target));
offer(document);
