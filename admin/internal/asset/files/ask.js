// Requests of scripts by fetch. The page tells the user why a request has failed.
import { checkLine } from './line.js';
import { request } from './session.js';
import { say } from './toast.js';

/**
 * Requests a path of the console as request does (session.js) and returns the answer. If the request fails, returns
 * null and shows the reason, or the words if the reason is unknown.
 */
export async function ask(path, words, options) {
  const answer = await request(path, options).catch(() => null);
  if (answer?.ok) return answer;
  say((await reasonOf(answer)) || words, 'danger');
  return null;
}

/** The reason why a request has failed; "" if the answer has no reason. */
export async function reasonOf(answer) {
  if (!answer) {
    checkLine();
    return 'The server cannot be reached.';
  }
  if (answer.status === 401) return ''; // the user has closed the sign-in
  const notice = new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html').querySelector('[data-toast]');
  return notice?.textContent.replace(/\s+/g, ' ').trim() ?? '';
}
