// The SQL console: runs the selected text or the whole script, shows rows, and can be stopped.
import { copyText } from './copy.js';
import { closeDialog } from './dialog.js';
import { tag } from './element.js';
import { isAllowed, signIns } from './session.js';
import { store, stored, storedDocument, storeTyped, tab } from './store.js';
import { announce, say } from './toast.js';

const place = document.querySelector('[data-sql]');
const part = (name) => place.querySelector(`[data-${name}]`);
const input = place.querySelector('textarea');
const name = document.getElementById('query-name');
const recentKey = 'loam_sql';
const draftKey = 'loam_sql_draft';
const maxShown = 300; // maximum number of characters shown in a cell
const numeric = /^(int|real|num|dec|float|double|bigint|smallint)/i;

let running = null; // the AbortController of the running script
let last = null; // the shown result with its query; null for a result without columns
let asked = null; // the script that waits for a confirmation
let isWarned = false; // the warning about the account of the database has been shown

/** The selected text, "" for none. Without a selection the whole script is run. */
const selected = () => input.value.slice(input.selectionStart, input.selectionEnd).trim();
const script = () => selected() || input.value;

const recent = () => storedDocument(recentKey, []);

function showRecent() {
  const group = document.querySelector('[data-recent]');
  const list = recent();
  group.hidden = list.length === 0;
  group.querySelector('[data-recent-list]').replaceChildren(
    ...list.map((text) => tag('button', { type: 'button', class: 'nav-item', 'data-query': text, title: text },
      tag('span', { class: 'clip mono small' }, text.replace(/\s+/g, ' ').slice(0, 80)))),
  );
}

function remember(text) {
  store(recentKey, JSON.stringify([text, ...recent().filter((other) => other !== text)].slice(0, 12)));
  showRecent();
}

const count = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
const time = (ms) => (ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function problem(words) {
  part('problem-place').hidden = !words;
  part('problem-words').textContent = words;
}

function show(result, query, dry) {
  last = result.columns.length > 0 ? { ...result, query } : null;
  part('have-rows').hidden = !last;
  part('nothing').hidden = true;
  const rows = part('rows-place');
  const said = [time(result.execTime)];
  if (last) said.unshift(shown());
  if (result.affectedRows > 0 || !last) said.unshift(`${count(result.affectedRows, 'row')} ${dry ? 'would change' : 'changed'}`);
  if (dry) said.push('dry run, nothing was stored');
  if (result.warning && !isWarned) say(result.warning, 'danger');
  isWarned ||= Boolean(result.warning);
  part('said').textContent = said.join(' · ');
  if (last) rows.replaceChildren(table(result));
  rows.scrollTop = 0;
  offerMore();
  showAs();
}

/** Whether the result has two columns, and numbers in the second. */
function hasChart({ columns, rows }) {
  const numbers = columns.length === 2 ? rows.map((row) => row[1]).filter((value) => value !== null) : [];
  return numbers.length > 0 && numbers.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
}

/** Shows the last result as rows or, if the user has chosen so and it has numbers, as a chart. */
async function showAs() {
  const result = last;
  const offers = result !== null && hasChart(result);
  part('as').hidden = !offers;
  const isChart = offers && part('as').querySelector('[value=chart]').checked;
  part('rows-place').hidden = !result || isChart;
  part('chart-place').hidden = !isChart;
  if (!isChart) return;
  const { show } = await import('./sqlchart.js');
  if (last === result) show(result);
}
part('as').addEventListener('change', showAs);

/** The words for the number of shown rows, which tell if more rows exist. */
const shown = () => (last.truncated ? `the first ${count(last.rows.length, 'row')} of more` : count(last.rows.length, 'row'));

function offerMore() {
  part('more-place').hidden = !last?.truncated;
  if (last) part('more-words').textContent = `${count(last.rows.length, 'row')} of more. CSV has all.`;
}

/** Appends the next rows of the shown query. */
async function more() {
  const { query, rows } = last;
  const result = await request('/_/sql/more', { query, skip: rows.length }, (answer) => answer.json());
  if (!result) return;
  last.truncated = result.truncated;
  fillRows(part('rows-place').querySelector('tbody'), result, rows.length);
  rows.push(...result.rows);
  part('said').textContent = shown();
  offerMore();
  showAs();
}

/** Saves all rows as a CSV file. The server makes the file if more rows exist than are shown. */
async function exportRows() {
  if (!last.truncated) {
    save('rows.csv', new Blob([`${lines(quoted, ',').join('\r\n')}\r\n`], { type: 'text/csv' }));
    return;
  }
  const file = await request('/_/sql/csv', { query: last.query }, (answer) => answer.blob());
  if (!file) return;
  save('rows.csv', file);
  part('said').textContent = shown();
}

function table({ columns, rows }) {
  const look = looks(columns);
  const node = document.createElement('table');
  node.className = 'table';
  const head = node.createTHead().insertRow();
  for (const [i, name] of ['#', ...columns.map((column) => column.name)].entries()) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.className = i === 0 ? 'num' : look[i - 1];
    cell.textContent = name;
    head.append(cell);
  }
  fillRows(node.createTBody(), { columns, rows }, 0);
  return node;
}

/** The CSS classes of the cells, by column. */
const looks = (columns) => columns.map((column) => (numeric.test(column.type) ? 'num' : ''));

/** Appends rows to the body of a table that already has `before` rows. */
function fillRows(body, { columns, rows }, before) {
  const look = looks(columns);
  rows.forEach((row, i) => {
    const line = body.insertRow();
    const number = line.insertCell();
    number.className = 'num faint';
    number.textContent = before + i + 1;
    row.forEach((value, at) => {
      const cell = line.insertCell();
      cell.className = look[at];
      if (value === null) {
        const none = document.createElement('span');
        none.className = 'null';
        none.textContent = 'NULL';
        cell.append(none);
      } else if (value.length > maxShown) {
        cell.textContent = `${value.slice(0, maxShown)}…`;
        cell.title = `${value.length} characters; copy and CSV have them all`;
      } else cell.textContent = value;
    });
  });
}

/** Runs a script and shows its result. */
async function send(path, query, confirmed) {
  if (!query.trim()) return input.focus();
  const result = await request(path, { query, ...(confirmed && { confirmed: '1' }) }, (answer) => answer.json());
  if (!result) return;
  remember(query);
  show(result, query, path === '/_/sql/try');
}

/**
 * Sends a form, and returns the result of read for the response. After an error it shows the reason,
 * or a dialog that asks for confirmation, and returns undefined. If a dialog asks for the password or
 * a sign-in, the form is sent again afterwards. While another form is being sent, nothing is sent and
 * the result is undefined.
 */
async function request(path, form, read) {
  if (running) return undefined;
  const then = signIns;
  let allowed = null; // the promise of the answer to a dialog that asks for the password or a sign-in
  let isConfirm = false;
  running = new AbortController();
  busy(true);
  problem('');
  try {
    const answer = await fetch(path, { method: 'POST', headers: { 'HX-Request': 'true' }, signal: running.signal, body: new URLSearchParams(form) });
    if (answer.ok) return await read(answer);
    const text = await answer.text();
    const target = answer.headers.get('HX-Retarget');
    if (answer.status === 401 && target) {
      allowed = isAllowed(text, target, then);
      isConfirm = document.getElementById('confirm') !== null; // the dialog shows the effects of the script
    } else if (answer.status === 422) problem(inEditor(text, form.query));
    else if (target) ask(text, answer.status === 409 ? { path, query: form.query } : null, target);
    else problem(`The request failed with the status ${answer.status}. It may have been carried out or not.`); // a proxy has answered
  } catch (error) {
    problem(error.name === 'AbortError' ? 'Stopped. Its changes were undone.' : 'The server cannot be reached, or its answer broke off.');
  } finally {
    running = null;
    busy(false);
  }
  part('said').textContent = '';
  if (!(await allowed)) return undefined;
  return request(path, { ...form, ...(isConfirm && { confirmed: '1' }) }, read);
}

/** Replaces the line and column of an error in a selection that was run by those in the whole script. */
function inEditor(text, query) {
  const before = selected() === query ? input.value.slice(0, input.value.indexOf(query, input.selectionStart)).split('\n') : [''];
  return text.replace(/\(line (\d+), column (\d+)\)/, (_, line, column) => `(line ${Number(line) + before.length - 1}, column ${Number(column) + (line === '1' ? [...before.at(-1)].length : 0)})`);
}

function busy(is) {
  part('stop').hidden = !is;
  for (const name of ['run', 'dry', 'plan', 'more', 'csv']) part(name).disabled = is;
  if (is) part('said').textContent = 'Runs …';
}

function ask(html, waiting, target) {
  asked = waiting;
  window.htmx.swap(target, html, { swapStyle: target === '#toasts' ? 'beforeend' : 'innerHTML' });
}

function save(name, file) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const lines = (one, between) => [last.columns.map((column) => column.name), ...last.rows].map((row) => row.map(one).join(between));
const quoted = (value) => (value === null ? '' : /[",\r\n]|^$|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

document.addEventListener('click', async (event) => {
  const at = (name) => event.target.closest(`[data-${name}]`);
  if (at('run')) send('/_/sql/run', script());
  else if (at('dry')) send('/_/sql/try', script());
  else if (at('format')) format();
  else if (at('plan')) send('/_/sql/plan', script());
  else if (at('more')) more();
  else if (at('stop')) running?.abort();
  else if (at('run-anyway') && asked) {
    const { path, query } = asked;
    closeDialog();
    send(path, query, true);
  } else if (at('csv')) exportRows();
  else if (at('copy-rows')) {
    await copyText(lines((value) => (value ?? 'NULL').replace(/[\t\n]/g, ' '), '\t').join('\n'));
  } else if (at('query')) {
    fill(at('query').dataset.query);
    name.value = at('query').dataset.name ?? '';
    offerToForget();
    document.querySelector('.app.drawer-open [data-drawer]')?.click();
  }
  else if (at('insert')) {
    input.focus();
    insert(at('insert').dataset.insert);
  }
});

/** Shows the delete button if a stored query has the name in the input. The problem of an earlier name is removed. */
function offerToForget() {
  document.querySelector('#save-query [data-kept-problem]').replaceChildren();
  document.querySelector('[data-forget]').hidden = !document.querySelector(`#saved-queries [data-name="${CSS.escape(name.value)}"]`);
}
name.addEventListener('input', offerToForget);
document.addEventListener('htmx:afterSwap', (event) => {
  if (event.detail.target?.id !== 'saved-queries') return;
  document.getElementById('save-query').hidePopover();
  offerToForget();
});

function fill(text) {
  input.focus();
  input.select();
  insert(text);
}

/** Replaces the selected text, so that the browser can undo it. */
function insert(text) {
  if (document.execCommand('insertText', false, text)) return;
  input.setRangeText(text);
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

const lettersIn = (text) => text.replace(/\s/g, '').length;

/** The index before the last n characters of the text, white space not counted. */
function beforeLast(n, text) {
  let at = text.length;
  for (; n > 0; at--) if (/\S/.test(text[at - 1])) n--;
  return at;
}

/** Lays out the selected text, or the whole script, in place. The caret stays at its token. */
async function format() {
  const { layout } = await import('./sqlformat.js');
  const { selectionStart: start, selectionEnd: end, value } = input;
  const isSelection = selected() !== '';
  const [from, to] = isSelection ? [start, end - value.slice(start, end).match(/\s*$/)[0].length] : [0, value.length];
  problem('');
  let text;
  try {
    text = layout(value.slice(from, to), place.dataset.engine);
  } catch (error) {
    return problem(error.message);
  }
  input.focus();
  if (text === value.slice(from, to)) return announce('Is formatted already');
  input.setSelectionRange(from, to);
  insert(text);
  if (isSelection) input.setSelectionRange(from, from + text.length);
  else {
    const caret = beforeLast(lettersIn(value.slice(start)), text);
    input.setSelectionRange(caret, caret);
  }
  announce('Formatted');
}

input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send('/_/sql/run', script());
  } else if (event.code === 'KeyF' && event.altKey && event.shiftKey) {
    event.preventDefault();
    format();
  }
});
input.addEventListener('input', () => storeTyped(draftKey, input.value, tab));
document.addEventListener('selectionchange', () => (part('run-words').textContent = selected() ? 'Run selection' : 'Run'));

showRecent();
if (stored(draftKey, tab) && input.value === input.defaultValue) fill(stored(draftKey, tab)); // else something is typed already
