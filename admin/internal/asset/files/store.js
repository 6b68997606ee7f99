// The storage of this browser. It may be full or blocked: then nothing is stored, and nothing fails.

/** The stored text; null if there is none. */
export function stored(key) {
  try {
    return localStorage.getItem(key);
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
export function store(key, text) {
  try {
    localStorage.setItem(key, text);
    return true;
  } catch {
    unstore(key); // an older text would be taken for this one
    return false;
  }
}

export function unstore(key) {
  try {
    localStorage.removeItem(key);
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
