// Runs before the first paint. On a slow line the other scripts arrive later than the forms and buttons
// of the page.

// The width of the side bar is set, or the bar is hidden, so that the page does not jump.
try {
  const width = Number(localStorage.getItem('loam.side'));
  if (width > 0) document.documentElement.style.setProperty('--side', `${width}px`);
  if (localStorage.getItem('loam.side.hidden')) document.documentElement.setAttribute('data-no-side', '');
} catch {
  // The storage of the browser is blocked.
}

{
  // A form that is sent, a button that is pressed, Ctrl+S and Ctrl+K wait for the other scripts. Without scripts
  // the browser would put the values of the form into the address, or do nothing.
  const early = new Map(); // by form or button, or for the last key: the function that repeats what the user did

  const hold = (event, key, repeat) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    early.set(key, repeat);
  };

  const arrived = new AbortController();
  const first = { capture: true, signal: arrived.signal };
  addEventListener('submit', (event) => {
    const { target: form, submitter } = event;
    if (form.hasAttribute('hx-post') || !form.hasAttribute('action')) hold(event, form, () => form.requestSubmit(submitter));
  }, first);
  addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button && !button.popoverTargetElement && (!button.form || button.type === 'button')) hold(event, button, () => button.click());
  }, first);
  addEventListener('keydown', (event) => {
    if (!['s', 'k'].includes(event.key) || !(event.ctrlKey || event.metaKey)) return;
    hold(event, 'key', () => document.activeElement.dispatchEvent(new KeyboardEvent(event.type, event)));
  }, first);

  // The events of inputs are dispatched again. The script of file inputs reads them when it begins.
  const changed = { input: new Set(), change: new Set() };
  for (const [type, inputs] of Object.entries(changed)) addEventListener(type, ({ target }) => target.type === 'file' || inputs.add(target), first);

  // The first htmx:load comes when all scripts of the page listen. Their listeners run before the timeout.
  addEventListener('htmx:load', () => setTimeout(() => {
    arrived.abort();
    for (const [type, inputs] of Object.entries(changed)) for (const input of inputs) input.dispatchEvent(new Event(type, { bubbles: true }));
    for (const repeat of early.values()) repeat();
  }), { once: true });
}
