// The pages that mailed links open: to verify an address, to set a new password, to confirm a
// change of address; and the pages at the end of an OAuth2 sign-in. The token of a link stands
// behind its "#", so browsers send it to no server, and no log has it. A page sends nothing before
// its button is pressed, because programs that scan mails open links and run scripts.
import './reveal.js';
import { watch } from './strength.js';

const api = new URL('../api/', location.href); // wherever the server is mounted
const title = element('h1');
const text = element('p', { className: 'muted' });
const form = element('form', { className: 'stack', hidden: true });
text.setAttribute('role', 'status');

const password = { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password' };
const again = { name: 'passwordConfirm', label: 'Password, once more', type: 'password', autocomplete: 'new-password' };

/** The pages, by the prefix of the fragment. */
const pages = {
  '/auth/confirm-verification/': {
    title: 'Verify your e-mail address',
    text: 'Press the button to show that this address is yours.',
    button: 'Verify',
    path: 'confirm-verification',
    done: 'Your address is verified. You can close this page.',
    resend: 'request-verification',
  },
  '/auth/confirm-password-reset/': {
    title: 'Choose a new password',
    text: 'It signs you out everywhere.',
    fields: [{ ...password, label: 'New password' }, again],
    button: 'Set the password',
    path: 'confirm-password-reset',
    done: 'Your new password is set. You can close this page and sign in with it.',
    resend: 'request-password-reset',
  },
  '/auth/confirm-email-change/': {
    title: 'Confirm your new e-mail address',
    text: 'Type the password of your account. The change signs you out everywhere.',
    fields: [{ ...password, autocomplete: 'current-password' }],
    button: 'Confirm',
    path: 'confirm-email-change',
    done: 'Your address is changed. You can close this page and sign in with the new one.',
  },
};

const leastLength = 8; // the default of the collections; the server decides
const primary = 'btn btn-primary btn-block input-l';

/** The claims of a token, unverified; {} if it has none. */
function claims(token) {
  try {
    const part = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

/** Posts to the collection of the token. */
async function post(token, path, body) {
  const collection = encodeURIComponent(claims(token).collectionId ?? '-');
  const response = await fetch(new URL(`collections/${collection}/${path}`, api), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  return { ok: response.ok, status: response.status, ...answer };
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function show(heading, words) {
  title.textContent = heading;
  text.textContent = words;
}

/** Fills the form of a page: its inputs and one button. */
function fill(page, token) {
  form.replaceChildren();
  for (const field of page.fields ?? []) {
    const { label, ...rest } = field;
    const id = `link-${field.name}`;
    form.append(
      element('div', { className: 'field' },
        element('label', { className: 'label', htmlFor: id, textContent: label }),
        element('input', { ...rest, id, className: 'input input-l', required: true }),
        ...(field.type === 'password' ? [reveal(field.name)] : []),
        ...(field.label === 'New password' ? [element('div', { id: 'strength' })] : []),
        element('p', { className: 'err', id: `error-${field.name}`, hidden: true }),
      ),
    );
  }
  const strength = form.querySelector('#strength');
  if (strength) watch(form.elements.password, strength, leastLength);
  const button = element('button', { textContent: page.button, className: primary });
  form.append(button);
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    for (const error of form.querySelectorAll('.err')) error.hidden = true;
    const values = Object.fromEntries(new FormData(form));
    const answer = await post(token, page.path, { token, ...values }).catch(() => null);
    button.disabled = false;
    if (answer?.ok) {
      form.hidden = true;
      show('Done', page.done);
    } else {
      failed(page, token, answer);
    }
  };
}

/** A checkbox by which reveal.js shows the password in the input with the name. */
function reveal(name) {
  const label = element('label', { className: 'row small' }, element('input', { className: 'box', type: 'checkbox', autocomplete: 'off' }), 'Show what I type');
  label.dataset.reveal = name;
  return label;
}

/** Shows an error and a way to continue. */
function failed(page, token, answer) {
  if (!answer) {
    show(page.title, 'The server cannot be reached. Check your connection and try again.');
    return;
  }
  const problems = Object.entries(answer.data ?? {});
  for (const [name, problem] of problems) {
    const place = document.getElementById(`error-${name}`);
    if (!place) continue;
    place.textContent = problem.message ?? '';
    place.hidden = false;
  }
  if (!answer.data?.token) {
    show(page.title, problems.length > 0 ? 'Please look at what you have typed.' : `${answer.message ?? 'It failed.'} Try again later.`);
    return;
  }
  form.hidden = true;
  const address = claims(token).email;
  if (!page.resend || !address) {
    show('This link is not valid any more', 'It has expired, or was used. Ask for a new one where you asked for this one.');
    return;
  }
  show('This link is not valid any more', 'It has expired, or was used. You can have a new one.');
  form.replaceChildren(element('button', { textContent: 'Send a new link', className: primary }));
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    form.hidden = true;
    const sent = await post(token, page.resend, { email: address }).catch(() => null);
    show(
      sent?.ok ? 'Look into your mailbox' : 'No mail was sent',
      sent?.ok ? 'If the address has an account, a new link is on its way. It may take some minutes.' : 'Try again later.',
    );
  };
}

/** Replaces the content of the open page, but keeps its logo and picture. */
function takePlace() {
  const logo = document.querySelector('.gate-logo') ?? element('p', { className: 'gate-logo', textContent: document.title.split(' · ').at(-1) });
  const picture = document.querySelector('.gate-side') ?? element('aside', { className: 'gate-side' });
  const box = element('div', { className: 'gate-box' }, logo, element('div', { className: 'stack-s' }, title, text), form);
  const main = element('main', { className: 'gate-in' }, box);
  document.body.replaceChildren(element('div', { className: 'gate' }, main, picture));
}

/** Posts the token to the installer's page, which the server renders. */
function openInstaller(token) {
  const opener = element('form', { method: 'post', action: 'install', hidden: true }, element('input', { type: 'hidden', name: 'token', value: token }));
  document.body.append(opener);
  opener.submit();
}

function open() {
  const link = location.hash.slice(1);
  if (!link.startsWith('/')) return;
  history.replaceState(null, '', new URL('./', location.href)); // removes the token from the history
  if (link.startsWith('/pbinstall/')) {
    openInstaller(link.slice('/pbinstall/'.length));
    return;
  }
  form.hidden = true;
  takePlace();
  const [start, page] = Object.entries(pages).find(([prefix]) => link.startsWith(prefix)) ?? [];
  if (page) {
    show(page.title, page.text);
    fill(page, link.slice(start.length));
  } else if (link.startsWith('/auth/oauth2-redirect-success')) {
    show('Signed in', 'You can close this page and go back to the app.');
    if (window.opener) window.close(); // a script may close only a window that a script has opened
  } else if (link.startsWith('/auth/oauth2-redirect-failure')) {
    show(
      'The sign-in failed',
      'Close this page, go back to the app and try again, in the same browser and without leaving the app meanwhile. ' +
        'If it fails once more, switch off a VPN, private relay or proxy: this page and the app must reach the server by the same way. Else choose another way to sign in.',
    );
  } else {
    show('Nothing to do here', 'This address is no link of a mail from here.');
  }
}

addEventListener('hashchange', open);
open();
