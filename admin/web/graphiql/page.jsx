// GraphiQL as it stands on the page /_/graphiql of the console: it asks the API as who is chosen
// there, by tokens that live for a few minutes.
import { GraphiQL } from 'graphiql';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
// graphiql/style.css is these, the styles of the editor once more, and fonts.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';

const worker = { json: 'json.worker.js', graphql: 'graphql.worker.js' };
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(worker[label] ?? 'editor.worker.js', import.meta.url)),
};

const url = new URL('../api/graphql', location.href).href;
const welcome = `# What there is stands in the book on the left. Ctrl+Space completes, Ctrl+Enter runs.
# Subscriptions run until they are stopped.

{
  __typename
}
`;

/** Who asks: asks the console for tokens, which it renews in time. */
class Identity {
  constructor(as) {
    this.as = as; // "" for a guest, "superuser", or a collection and an id
    this.socket = createClient({
      url: url.replace(/^http/, 'ws'),
      connectionParams: async () => ({ authorization: await this.token() }),
      shouldRetry: () => true,
    });
  }

  /** Runs an operation: the results of a subscription, or a promise of the only one. */
  fetcher = (operation) => (isSubscription(operation) ? this.socket.iterate(operation) : this.fetch(operation));

  async token() {
    if (this.as === '') return '';
    if (!this.known || Date.now() > this.until) {
      const answer = await post('token', { as: this.as });
      if (!answer.ok) throw new Error(answer.status === 401 ? 'Your session is over: sign in and run this again.' : 'The console gives no token.');
      const { token, seconds } = await answer.json();
      [this.known, this.until] = [token, Date.now() + (seconds * 1000) / 2];
    }
    return this.known;
  }

  async fetch(operation) {
    const token = await this.token();
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: token }) };
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(operation) })).json();
  }
}

/** Whether it is told of several results. What cannot be read is for the server to refuse. */
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false;
  }
}

/** Asks the console by request of its script session.js, which this bundle cannot import. */
function post(what, fields) {
  const detail = { path: `graphiql/${what}`, options: { method: 'POST', body: new URLSearchParams(fields) } };
  document.dispatchEvent(new CustomEvent('request', { detail }));
  return detail.answer;
}

const group = document.querySelector('[data-graphiql-as]');
const account = document.querySelector('[data-graphiql-account]');

/** Calls fn with who is chosen, whenever that is somebody else. */
function onChoice(fn) {
  const press = (button) => {
    for (const other of group.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
  };
  const click = (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    press(button);
    account.hidden = button.value !== 'account';
    if (account.hidden) fn(button.value);
    else account.querySelector('input').focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    const problem = account.querySelector('[role=alert]');
    problem.textContent = '';
    const answer = await post('account', new FormData(account));
    if (!answer.ok) problem.textContent = answer.status === 404 ? 'There is no such account.' : 'The account was not found.';
    else fn((await answer.json()).as);
  };
  group.addEventListener('click', click);
  account.addEventListener('submit', submit);
  return () => {
    group.removeEventListener('click', click);
    account.removeEventListener('submit', submit);
  };
}

/** The theme of the console, as its switch leaves it. */
function useTheme() {
  const now = () => document.documentElement.dataset.theme ?? 'system';
  const [theme, change] = useState(now);
  useEffect(() => {
    const observer = new MutationObserver(() => change(now()));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

function Page() {
  const [identity, become] = useState(() => new Identity('superuser'));
  useEffect(() => onChoice((as) => become(new Identity(as))), []);
  useEffect(() => () => void identity.socket.dispose(), [identity]);
  return (
    <GraphiQL key={identity.as} fetcher={identity.fetcher} defaultQuery={welcome} isHeadersEditorEnabled={false}
      forcedTheme={useTheme()} showPersistHeadersSettings={false}>
      <GraphiQL.Logo><span /></GraphiQL.Logo>
    </GraphiQL>
  );
}

createRoot(document.querySelector('[data-graphiql]')).render(<Page />);
