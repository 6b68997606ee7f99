// Counts down the time until the server accepts a refused request (data-wait, in seconds), and
// disables the button of the request meanwhile.
const second = 1000;
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** Calls each with the remaining seconds, at least once a second, and finally with 0. */
function count(seconds, each) {
  const end = Date.now() + seconds * second;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / second));
    if (left === 0) clearInterval(timer);
    each(left);
  };
  const timer = setInterval(tick, second / 2);
  tick();
}

/** Disables a button for some seconds, which its label counts down. */
function hold(button, seconds) {
  if (!button || button.querySelector('[data-held]')) return;
  const note = document.createElement('span');
  note.dataset.held = '';
  button.append(note);
  button.disabled = true;
  count(seconds, (left) => {
    note.textContent = ` · ${clock(left)}`;
    if (left > 0) return;
    note.remove();
    button.disabled = false;
  });
}

function begin(root) {
  for (const timer of root.querySelectorAll?.('[data-wait]') ?? []) {
    const seconds = Number(timer.dataset.wait);
    delete timer.dataset.wait;
    hold(timer.closest('main, dialog')?.querySelector('form [type=submit].btn-primary'), seconds);
    count(seconds, (left) => (timer.textContent = left > 0 ? `Try again in ${clock(left)}.` : 'Try again now.'));
  }
}
begin(document);
document.addEventListener('htmx:load', (event) => begin(event.target));

/** Disables the button of a request over a rate limit. */
document.addEventListener('htmx:afterRequest', ({ detail: { xhr, requestConfig } }) => {
  if (xhr?.status !== 429) return;
  const { elt, triggeringEvent } = requestConfig;
  if (elt === document.body || elt.closest('dialog')) return; // a request of a script has no button
  hold(elt.matches('button') ? elt : triggeringEvent?.submitter ?? elt.querySelector('[data-save]'), Number(xhr.getResponseHeader('Retry-After')) || 1);
});
