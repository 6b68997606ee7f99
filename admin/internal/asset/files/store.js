// The storage of this browser (localStorage), or of this tab (sessionStorage). If the storage is full or
// blocked, nothing is stored, and nothing fails.

/** The stored text; null if there is none. */
export function stored(key, kind = 'localStorage') {
  try {
    return window[kind].getItem(key);
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
export function store(key, text, kind = 'localStorage') {
  try {
    window[kind].setItem(key, text);
    return true;
  } catch {
    unstore(key, kind); // an older text would be taken for this one
    return false;
  }
}

export function unstore(key, kind = 'localStorage') {
  try {
    window[kind].removeItem(key);
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
