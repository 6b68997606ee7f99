// Drafts: unsaved values of a form stay in this browser for a week, and the form offers them when it
// is opened again. drafts.js (records) and pagedrafts.js (settings and collections) say which values
// a draft has, and how it is filled in.
import { copyText } from './copy.js';
import { button, tag } from './element.js';
import { edited, first, unequal, values } from './form.js';
import { icon } from './icon.js';
import { store, stored, storedDocument, storedKeys, storeTyped, tab, unstore } from './store.js';
import { local } from './time.js';
import { say } from './toast.js';

const prefix = 'loam.draft.';
const keptFor = 7 * 24 * 60 * 60 * 1000;
const wait = 300; // milliseconds after the last key
const page = crypto.getRandomValues(new Uint32Array(2)).join('-'); // differs between the tabs of the browser

const drafts = new Map(); // by form

/** The draft with the key; null if there is none, or if it is too old. */
function read(key) {
  const draft = storedDocument(key, null);
  return draft && Date.now() - draft.at < keptFor ? draft : null;
}

for (const key of storedKeys(prefix)) if (!read(key)) unstore(key);

class Draft {
  banner = null; // the offer of the stored draft, until it is restored or discarded
  offered = ''; // the key of the offered draft
  isStored = false; // this form, not the same form in another tab, has stored or restored the draft
  ended = false; // the form was saved, or its changes were discarded
  sent = null; // the values of the form when its last request was sent
  timer;

  constructor(form, kind) {
    const shared = `${prefix}${document.body.dataset.account}/${kind.key}`;
    Object.assign(this, { form, kind, shared, key: kind.isNew ? `${shared}/${page}` : shared });
  }

  /**
   * The keys of the drafts that may be offered. The forms of new documents in several tabs have a draft each: that of
   * this tab is the first, then the latest.
   */
  candidates() {
    if (!this.kind.isNew) return [this.key];
    const mine = [this.key, stored(this.shared, tab)];
    const rank = (key) => (mine.includes(key) ? Infinity : read(key)?.at ?? 0);
    return storedKeys(`${this.shared}/`).filter((key) => key !== this.key || !this.isStored).sort((a, b) => rank(b) - rank(a) || 0);
  }

  /** Whether the offered draft is the one that this form stores. */
  get isOwn() {
    return this.offered === this.key;
  }

  /** Stores the values that differ from the values with which the form was opened. Returns false if they could not be stored. */
  keep() {
    clearTimeout(this.timer);
    if (this.ended || !this.form.isConnected) return true;
    const names = edited(this.form).filter((name) => this.kind.keeps(name));
    if (names.length > 0) return this.write(names, this.unanswered());
    if (this.isStored && !this.unanswered()) this.remove();
    return true;
  }

  /** The stored draft of this form, if the user has neither restored nor discarded it; else null. */
  unanswered() {
    return this.banner && this.isOwn ? this.read() : null;
  }

  /** The offered draft, with the names that its fields have now; null for none. */
  read() {
    const draft = read(this.offered);
    return draft && (this.kind.follow?.(draft) ?? draft);
  }

  /**
   * Stores the values with the names, and those of an old draft. saved are the names in a save of the form. Returns
   * false if the values could not be stored.
   */
  write(names, old, saved = []) {
    const now = values(this.form);
    const text = JSON.stringify({
      at: Date.now(),
      values: { ...old?.values, ...Object.fromEntries(names.map((name) => [name, now.get(name) ?? []])) },
      ...this.kind.more(names, old, saved),
    });
    const is = storeTyped(this.key, text);
    this.isStored ||= is;
    if (this.kind.isNew) store(this.shared, this.key, tab);
    return is;
  }

  later() {
    this.ended = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), wait);
  }

  /**
   * Offers the stored draft, unless all its values equal the stored ones of the form. A value whose input is not
   * there any more can be copied.
   */
  offer() {
    this.offered = this.candidates()[0] ?? this.key;
    const draft = this.read();
    const start = first(this.form);
    const names = Object.keys(draft?.values ?? {}).filter((name) => this.kind.keeps(name) && JSON.stringify(start.get(name) ?? []) !== JSON.stringify(draft.values[name]));
    const lost = this.lost(draft);
    if (names.length + lost.length === 0) return unstore(this.offered);
    this.banner = tag('div', { class: 'banner draft', role: 'status' }, icon('history'),
      tag('span', { class: 'grow' }, `Typed and not saved: ${[...this.kind.titles(names), ...lost.map(([name]) => `${name}, which was removed meanwhile`)].join(', ')}`),
      ...lost.map(([name, list]) => button(`Copy ${name}`, 'btn-s', () => copyText(list.join('\n')))),
      ...(names.length > 0 ? [this.restorer(draft)] : []),
      button('Discard draft', 'btn-s btn-quiet', () => this.discard()));
    this.kind.place(this.banner);
  }

  /** The button that restores the draft. */
  restorer(draft) {
    const made = button(`Restore draft (${local(new Date(draft.at).toISOString())})`, 'btn-s', () => this.restore());
    made.dataset.restore = '';
    return made;
  }

  /** The names and values of a draft whose inputs are not there any more. */
  lost(draft) {
    return Object.entries(draft?.values ?? {}).filter(([name, list]) => !this.form.querySelector(`[name="${CSS.escape(name)}"]`) && list.join('') !== '');
  }

  restore() {
    this.keep(); // values typed since the draft was offered are the latest
    const draft = this.read();
    const typed = this.isOwn ? [] : edited(this.form);
    const lost = this.lost(draft);
    if (lost.length === 0) this.hide();
    else this.banner.querySelector('[data-restore]').remove(); // the other buttons copy the lost values
    if (!draft) return say('The draft is not there any more', 'danger');
    for (const [name, list] of Object.entries(draft.values)) if (this.kind.keeps(name) && !typed.includes(name)) this.kind.fill(name, list, draft);
    this.kind.filled?.(draft);
    if (this.isOwn) this.isStored = true;
    else if (this.keep() && lost.length === 0) unstore(this.offered); // its values are in the draft of this form
    this.form.dispatchEvent(new Event('change', { bubbles: true }));
    say('The draft is restored');
    this.form.querySelector('[data-save]')?.focus();
  }

  discard() {
    this.hide();
    unstore(this.offered);
    this.keep(); // values typed since the draft was offered
    if (this.kind.isNew) this.offer(); // the draft of another form
  }

  hide() {
    this.banner?.remove();
    this.banner = null;
  }

  remove() {
    this.isStored = false;
    if (stored(this.key) !== null) unstore(this.key);
  }

  /** Deletes the draft of the saved or discarded changes. The other values of an open offer stay stored, and are offered again. */
  end() {
    this.ended = true;
    clearTimeout(this.timer);
    const draft = this.unanswered();
    const rest = Object.entries(draft?.values ?? {}).filter(([name]) => !edited(this.form).includes(name));
    this.remove();
    if (rest.length > 0) store(this.key, JSON.stringify({ ...draft, values: Object.fromEntries(rest) }));
  }

  /** Ends the draft, but keeps the values that were typed after the form was sent. The page that opens after the save offers them. */
  endButLate() {
    const late = unequal(this.sent, values(this.form)).filter((name) => this.kind.keeps(name));
    this.end();
    if (late.length > 0) this.write(late, this.unanswered(), unequal(first(this.form), this.sent));
  }
}

/**
 * Keeps drafts of the form, and offers the stored draft. kind has the name of the form (key), tells
 * whether a draft has the values of a name (keeps), and has the marks and further properties of the draft (more);
 * it titles the values (titles), shows the offer (place), and fills in a draft (fill for each name,
 * then filled). Each form of a new document (isNew) has a draft of its own. If fields can be renamed,
 * follow gives a draft the present names of its fields.
 */
export function begin(form, kind) {
  if (drafts.has(form)) return;
  for (const other of drafts.keys()) if (!other.isConnected) drafts.delete(other);
  drafts.set(form, new Draft(form, kind));
  drafts.get(form).offer();
}

const of = (node) => drafts.get(node.closest?.('form'));
const keepAll = () => drafts.forEach((draft) => draft.keep());

for (const kind of ['input', 'change']) document.addEventListener(kind, (event) => of(event.target)?.later());
document.addEventListener('leave', keepAll, true); // the form may be replaced at once
addEventListener('pagehide', keepAll);
document.addEventListener('click', (event) => event.target.closest('[data-discard]') && of(event.target)?.end(), true);
document.addEventListener('htmx:beforeRequest', ({ detail: { elt } }) => {
  if (drafts.has(elt)) drafts.get(elt).sent = values(elt);
});
document.addEventListener('htmx:beforeOnLoad', ({ detail: { xhr, requestConfig } }) => {
  const draft = drafts.get(requestConfig.elt);
  if (!draft || xhr.status >= 300 || xhr.getResponseHeader('HX-Retarget') === '#dialogs') return;
  if (xhr.getResponseHeader('HX-Redirect')) draft.endButLate();
  else draft.end(); // carry.js gives the next form what was typed late
});
