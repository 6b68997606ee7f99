// Shows a bar below the top of the page during requests of more than 200 ms (console.css), a notice
// about a request that takes long, and a notice about a response of a proxy.
import { say } from './toast.js';

const long = 10_000; // milliseconds
const bar = document.querySelector('.loadbar');
const running = new Map(); // by request: the timer of the notice

document.addEventListener('htmx:beforeSend', ({ detail: { xhr } }) => {
  running.set(xhr, setTimeout(say, long, 'Still working …'));
  bar?.classList.add('is-on');
  // htmx dispatches no event on the document if the dialog of the pressed button is closed by then.
  xhr.addEventListener('loadend', () => end(xhr));
});

function end(xhr) {
  clearTimeout(running.get(xhr));
  running.delete(xhr);
  if (running.size === 0) bar?.classList.remove('is-on');
}

/** Whether the console, and not a proxy, has sent the response. */
export const isOfConsole = (xhr) => /HX-Target/.test(xhr.getResponseHeader('Vary')); // all responses of the console have this header

/** Shows the status of an error that a proxy has sent, such as 502, and not its page. */
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  const { xhr } = detail;
  if (xhr.status < 400 || isOfConsole(xhr)) return;
  detail.shouldSwap = false;
  say(`The request failed with the status ${xhr.status}. What you have typed stays here.`, 'danger');
});
