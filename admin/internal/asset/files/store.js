// The storage of this browser. It may be full or blocked: then nothing is stored, and nothing fails.
import { say } from './toast.js';

const largest = 1_000_000; // size limit of a typed text, in characters
const browser = 'localStorage';
/** The storage of this tab, in place of that of the browser. */
export const tab = 'sessionStorage';

/** The stored text; null if there is none. */
export function stored(key, area = browser) {
  try {
    return window[area].getItem(key);
  } catch {
    return null;
  }
}

/** The stored JSON document; `otherwise` if there is none, or if the text is no JSON. */
export function storedDocument(key, otherwise) {
  try {
    return JSON.parse(stored(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Stores a text. Returns false if the storage is full or blocked: then the key keeps its older text. */
export function store(key, text, area = browser) {
  try {
    window[area].setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

let isTold = false; // the user knows that the latest typed text is not stored

/** Stores a typed text, as store does, and tells the user if that fails. */
export function storeTyped(key, text, area) {
  const is = text.length <= largest && store(key, text, area);
  if (!is && !isTold) say('This browser has no room for a draft. What you have typed is only on this page until you save it.', 'danger');
  isTold = !is;
  return is;
}

export function unstore(key, area = browser) {
  try {
    window[area].removeItem(key);
  } catch {
    // The storage is blocked, so it has no texts.
  }
}

/** The keys of stored texts that begin with the prefix. */
export function storedKeys(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}
