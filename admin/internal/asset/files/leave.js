/**
 * Calls go, which opens another page or replaces a form. If unsaved changes would be lost, guard.js
 * asks first, with the sentence why, and calls go only if the user does not stay.
 */
export function leave(go, why = '') {
  if (document.dispatchEvent(new CustomEvent('leave', { cancelable: true, detail: { go, why } }))) go();
}
