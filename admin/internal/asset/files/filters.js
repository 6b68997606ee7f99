// The filters that were used last, kept in this browser for each collection. They are completions
// of the filter bar.
const most = 20;
const shownWhileTyping = 5;
const keyOf = (editor) => `loam.filters.${editor.dataset.history}`;

function read(editor) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(editor))) ?? [];
  } catch {
    return [];
  }
}

/** The used filters that begin with the text, the latest first, as completions of the whole text. */
export function past(editor, text) {
  if (!editor.dataset.history) return [];
  const begun = text.trim();
  const fitting = read(editor).filter((filter) => filter.startsWith(begun) && filter !== begun);
  return fitting.slice(0, begun === '' ? most : shownWhileTyping).map((filter) => ({ text: filter, icon: 'history', hint: 'used before', whole: true }));
}

/** Adds the filter that the page was opened with, unless it is wrong. */
export function remember(editor) {
  const input = editor.querySelector('input');
  const filter = input?.defaultValue.trim();
  if (!editor.dataset.history || !filter || input.ariaInvalid === 'true') return;
  const list = [filter, ...read(editor).filter((other) => other !== filter)].slice(0, most);
  try {
    localStorage.setItem(keyOf(editor), JSON.stringify(list));
  } catch {
    // The browser has no more room: the history is a convenience.
  }
}
