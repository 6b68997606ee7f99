/**
 * Calls go, which opens another page or replaces a form. If changes would be lost, guard.js asks
 * first, and does not call go if the user stays. why is a sentence before the question.
 */
export function leave(go, why = '') {
  if (document.dispatchEvent(new CustomEvent('leave', { cancelable: true, detail: { go, why } }))) go();
}
