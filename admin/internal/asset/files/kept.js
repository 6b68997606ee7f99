// Stores drafts in this browser for a week.
export const prefix = 'loam.draft.';
const keptFor = 7 * 24 * 60 * 60 * 1000;
const largest = 1_000_000; // the maximum length of a draft, in characters

/** The draft with the key; null if there is none or it has expired. */
export function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Date.now() - draft.at < keptFor ? draft : null;
  } catch {
    return null;
  }
}

/** Stores a draft, an object with its time `at`. Drafts that are too large are not stored. */
export function write(key, draft) {
  const text = JSON.stringify(draft);
  try {
    if (text.length <= largest) localStorage.setItem(key, text);
  } catch {
    localStorage.removeItem(key); // the storage of the browser is full
  }
}

for (const key of Object.keys(localStorage)) if (key.startsWith(prefix) && !read(key)) localStorage.removeItem(key);
