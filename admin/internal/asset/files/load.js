// The bar below the top of the page while requests of the page run, from 200 ms on (console.css),
// and a notice about a request that takes long.
import { say } from './toast.js';

const long = 10_000; // milliseconds
const bar = document.querySelector('.loadbar');
const running = new Map(); // by request: the timer of its notice

document.addEventListener('htmx:beforeSend', ({ detail: { xhr } }) => {
  running.set(xhr, setTimeout(say, long, 'Still working …'));
  bar?.classList.add('is-on');
});
document.addEventListener('htmx:afterRequest', ({ detail: { xhr } }) => {
  clearTimeout(running.get(xhr));
  running.delete(xhr);
  if (running.size === 0) bar?.classList.remove('is-on');
});
