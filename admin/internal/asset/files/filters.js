// The recent filters of each collection, stored in this browser. The filter bar offers them as
// completions.
import { store, storedDocument } from './store.js';

const most = 20;
const shownWhileTyping = 5;
const keyOf = (editor) => `loam.filters.${editor.dataset.history}`;

const read = (editor) => storedDocument(keyOf(editor), []);

/** The recent filters that begin with the text, latest first, as completions of the whole text. */
export function past(editor, text) {
  if (!editor.dataset.history) return [];
  const begun = text.trim();
  const fitting = read(editor).filter((filter) => filter.startsWith(begun) && filter !== begun);
  return fitting.slice(0, begun === '' ? most : shownWhileTyping).map((filter) => ({ text: filter, icon: 'history', hint: 'used before', whole: true }));
}

/** Adds the filter of the page to the recent filters, unless it is wrong. */
export function remember(editor) {
  const input = editor.querySelector('input');
  const filter = input?.defaultValue.trim();
  if (!editor.dataset.history || !filter || input.ariaInvalid === 'true') return;
  const list = [filter, ...read(editor).filter((other) => other !== filter)].slice(0, most);
  store(keyOf(editor), JSON.stringify(list));
}
