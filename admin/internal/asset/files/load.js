// The bar below the top of the page while requests of the page run, from 200 ms on (console.css),
// a notice about a request that takes long, and a notice about an answer that the console has not made.
import { say } from './toast.js';

const long = 10_000; // milliseconds
const bar = document.querySelector('.loadbar');
const running = new Map(); // by request: the timer of its notice

document.addEventListener('htmx:beforeSend', ({ detail: { xhr } }) => {
  running.set(xhr, setTimeout(say, long, 'Still working …'));
  bar?.classList.add('is-on');
});

/** Ignores an answer that the console has not made, such as the 502 of a proxy, and says its status. */
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  const { xhr } = detail;
  if (xhr.status < 400 || /HX-Target/.test(xhr.getResponseHeader('Vary'))) return; // every answer of the console has this header
  detail.shouldSwap = false;
  say(`The request failed with the status ${xhr.status}. What you have typed stays here.`, 'danger');
});

document.addEventListener('htmx:afterRequest', ({ detail: { xhr } }) => {
  clearTimeout(running.get(xhr));
  running.delete(xhr);
  if (running.size === 0) bar?.classList.remove('is-on');
});
