// Completion in the filter of a table: fields, related records, values of a select field,
// signs, macros. Tab or Enter takes what is marked; without a mark, Enter filters.
const most = 9;
const signs = ['=', '!=', '~', '!~', '>', '>=', '<', '<='];
const known = new Map(); // words by address
let input = null;

const list = () => document.getElementById('filter-words');
const options = () => [...list().children];
const marked = () => options().find((option) => option.ariaSelected === 'true');

function close() {
  if (!list()) return;
  list().hidden = true;
  list().replaceChildren();
  input?.setAttribute('aria-expanded', 'false');
  input?.removeAttribute('aria-activedescendant');
}

/** What may come at the place of the caret: texts, what they are, and what they replace. */
function propose(words, text) {
  const before = text.match(/([\w.@]+(?::\w+)?)\s*(\?)?(!=|!~|>=|<=|=|~|>|<)\s*(?:'([^']*)|(\w*))$/);
  const field = before && words.find((word) => word.text === before[1].replace(/:\w+$/, ''));
  if (field?.values) {
    const typed = (before[4] ?? before[5]).toLowerCase();
    const values = field.values.filter((value) => value.toLowerCase().startsWith(typed));
    return { from: typed.length + (before[4] === undefined ? 0 : 1), items: values.map((value) => [`'${value.replaceAll("'", "\\'")}' `, 'value', value]) };
  }
  if ((text.match(/(?<!\\)'/g) ?? []).length % 2 === 1) return { from: 0, items: [] }; // inside of a text
  const name = text.match(/([\w.@]+)\s+$/)?.[1];
  if (name && words.some((word) => word.text === name)) {
    const joined = /(=|~|>|<)\s*[\w.@]+\s+$/.test(text);
    return { from: 0, items: (joined ? ['&&', '||'] : signs).map((sign) => [`${sign} `, 'sign', sign]) };
  }
  if (/(?:'|\d|true|false)\s+$/.test(text)) return { from: 0, items: ['&&', '||'].map((sign) => [`${sign} `, 'sign', sign]) };
  const typed = text.match(/[\w.@]+$/)?.[0] ?? '';
  const deep = typed.split('.').length;
  const fits = (word) => word.text.split('.').length <= deep;
  const starts = words.filter((word) => fits(word) && word.text.toLowerCase().startsWith(typed.toLowerCase()) && word.text !== typed);
  const inside = words.filter((word) => fits(word) && typed && !starts.includes(word) && word.text.toLowerCase().includes(typed.toLowerCase()) && word.text !== typed);
  return { from: typed.length, items: [...starts, ...inside].map((word) => [word.kind === 'relation' ? word.text : `${word.text} `, word.kind, word.text]) };
}

async function show() {
  const box = input;
  const address = box.dataset.words;
  if (!known.has(address)) known.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));
  const words = await known.get(address);
  if (box !== document.activeElement || !box.isConnected) return;
  const { from, items } = propose(words, box.value.slice(0, box.selectionStart));
  list().replaceChildren(
    ...items.slice(0, most).map(([text, kind, label], i) => {
      const option = document.createElement('div');
      option.className = 'item';
      option.role = 'option';
      option.id = `filter-word-${i}`;
      option.ariaSelected = 'false';
      option.dataset.text = text;
      option.dataset.from = from;
      const name = document.createElement('span');
      name.className = 'grow mono';
      name.textContent = label;
      const what = document.createElement('span');
      what.className = 'end';
      what.textContent = kind;
      option.append(name, what);
      return option;
    }),
  );
  list().hidden = items.length === 0;
  box.setAttribute('aria-expanded', String(items.length > 0));
  box.removeAttribute('aria-activedescendant');
}

function take(option) {
  const at = input.selectionStart;
  input.setRangeText(option.dataset.text, at - Number(option.dataset.from), at, 'end');
  show();
}

function mark(step) {
  const all = options();
  const at = all.indexOf(marked());
  for (const option of all) option.ariaSelected = 'false';
  const next = all[at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length];
  next.ariaSelected = 'true';
  input.setAttribute('aria-activedescendant', next.id);
}

document.addEventListener('input', (event) => {
  if (!event.target.matches('[data-words]')) return;
  input = event.target;
  show();
});

document.addEventListener('keydown', (event) => {
  if (event.target !== input || list()?.hidden !== false) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    mark(step);
  } else if ((event.key === 'Enter' || event.key === 'Tab') && marked()) {
    event.preventDefault();
    take(marked());
  } else if (event.key === 'Escape') {
    event.stopPropagation();
    close();
  }
});

document.addEventListener('pointerdown', (event) => {
  const option = event.target.closest('#filter-words .item');
  if (!option) return;
  event.preventDefault(); // the focus stays in the filter
  take(option);
});

document.addEventListener('focusout', (event) => event.target === input && close());
