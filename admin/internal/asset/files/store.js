// The storage of this browser. It may be full or blocked: then nothing is stored, and nothing fails.
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

/** Stores a text. Returns false if the storage is full or blocked: then the key has no text. */
export function store(key, text, area = browser) {
  try {
    window[area].setItem(key, text);
    return true;
  } catch {
    unstore(key, area); // an older text would be taken for this one
    return false;
  }
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
