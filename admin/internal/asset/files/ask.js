// Requests of scripts by fetch. The page tells the user why a request has failed.
import { checkLine } from './line.js';
import { checkSession } from './session.js';
import { say } from './toast.js';

/**
 * Requests a path of the console and returns the answer. If the request fails, returns null and shows
 * the reason, or the words if the reason is unknown. If the session has ended, opens the sign-in instead.
 */
export async function ask(path, words, options = {}) {
  const answer = await fetch(path, { ...options, headers: { 'HX-Request': 'true', ...options.headers } }).catch(() => null);
  if (answer?.ok) return answer;
  const reason = await reasonOf(answer);
  if (answer?.status !== 401) say(reason || words, 'danger');
  return null;
}

/** The reason why a request has failed; "" if the answer has no reason. Opens the sign-in if the session has ended. */
export async function reasonOf(answer) {
  if (!answer) {
    checkLine();
    return 'The server cannot be reached.';
  }
  if (answer.status === 401) {
    checkSession();
    return 'Your session has ended.';
  }
  const notice = new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html').querySelector('[data-toast]');
  return notice?.textContent.replace(/\s+/g, ' ').trim() ?? '';
}
