// A bar that is shown while the server cannot be reached. The inputs keep their values, and the
// page retries until the server answers.
import { icon } from './icon.js';
import { announce } from './toast.js';

const waits = [1, 2, 5, 10, 30]; // seconds between the tries
let bar = null;

/** Shows the bar, and retries until the server answers. */
export async function lost() {
  if (bar) return;
  bar = document.createElement('div');
  bar.className = 'banner banner-danger banner-bar';
  bar.setAttribute('role', 'alert');
  const words = document.createElement('span');
  words.className = 'grow';
  words.textContent = 'The server cannot be reached. What you have typed stays here. Trying again …';
  bar.append(icon('error', 't-danger'), words);
  document.querySelector('.body').insertBefore(bar, document.getElementById('main'));
  for (let tries = 0; !(await isThere()); tries++) await pause(waits[Math.min(tries, waits.length - 1)]);
  bar.remove();
  bar = null;
  announce('The server answers again');
  document.dispatchEvent(new CustomEvent('reached'));
}

const isThere = () => fetch('/api/health', { cache: 'no-store' }).then((answer) => answer.status < 500, () => false);

/** Resolves after a number of seconds, or when the browser reports a network again. */
function pause(seconds) {
  return new Promise((done) => {
    setTimeout(done, seconds * 1000);
    addEventListener('online', done, { once: true });
  });
}
