/**
 * Calls go, which opens another page or replaces a form. If unsaved changes would be lost, guard.js
 * asks first, and calls go unless the user stays. why is a sentence before the question.
 */
export function leave(go, why = '') {
  if (document.dispatchEvent(new CustomEvent('leave', { cancelable: true, detail: { go, why } }))) go();
}
