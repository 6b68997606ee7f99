// The pages that mailed links open. Nothing is sent before the person presses the button.
'use strict';

const api = new URL('../api/', location.href); // wherever the server is mounted
const title = document.getElementById('title');
const text = document.getElementById('text');
const form = document.getElementById('form');

const email = { name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username' };
const password = { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password' };
const again = { name: 'passwordConfirm', label: 'Password, once more', type: 'password', autocomplete: 'new-password' };

/** What each page is, by the beginning of what follows "#". */
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
  '/pbinstall/': {
    title: 'Create the first superuser',
    text: 'A superuser may do everything: define collections, change settings, read and write every record.',
    fields: [email, password, again],
    button: 'Create',
    install: true,
    done: 'The superuser is created. You can sign in with it.',
  },
};

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
async function post(token, path, body, headers = {}) {
  const collection = encodeURIComponent(claims(token).collectionId ?? '-');
  const response = await fetch(new URL(`collections/${collection}/${path}`, api), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
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

/** The form of a page, with one button. */
function fill(page, token) {
  form.replaceChildren();
  for (const field of page.fields ?? []) {
    const { label, ...rest } = field;
    form.append(element('label', {}, label, element('input', { ...rest, required: true }), element('span', { className: 'error', id: `error-${field.name}` })));
  }
  const button = element('button', { textContent: page.button });
  form.append(button);
  form.hidden = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    for (const error of form.querySelectorAll('.error')) error.textContent = '';
    const values = Object.fromEntries(new FormData(form));
    const answer = await (page.install
      ? post(token, 'records', values, { Authorization: token })
      : post(token, page.path, { token, ...values })
    ).catch(() => null);
    button.disabled = false;
    if (answer?.ok) {
      form.hidden = true;
      show('Done', page.done);
    } else {
      failed(page, token, answer);
    }
  };
}

/** Says what went wrong and what to try. */
function failed(page, token, answer) {
  if (!answer) {
    show(page.title, 'The server cannot be reached. Check your connection and try again.');
    return;
  }
  const problems = Object.entries(answer.data ?? {});
  for (const [name, problem] of problems) {
    const place = document.getElementById(`error-${name}`);
    if (place) place.textContent = problem.message ?? '';
  }
  const expired = answer.data?.token || (page.install && [401, 403].includes(answer.status));
  if (!expired) {
    show(page.title, problems.length > 0 ? 'Please look at what you have typed.' : `${answer.message ?? 'It failed.'} Try again later.`);
    return;
  }
  form.hidden = true;
  if (page.install) {
    show('This link is not valid any more', 'Start the server again for a new one, or run "loam superuser upsert EMAIL" on its machine.');
    return;
  }
  const address = claims(token).email;
  if (!page.resend || !address) {
    show('This link is not valid any more', 'It has expired, or was used. Ask for a new one where you asked for this one.');
    return;
  }
  show('This link is not valid any more', 'It has expired, or was used. You can have a new one.');
  form.replaceChildren(element('button', { textContent: 'Send a new link' }));
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

function open() {
  const link = location.hash.slice(1);
  history.replaceState(null, '', location.pathname); // the token stays in no history
  const [start, page] = Object.entries(pages).find(([prefix]) => link.startsWith(prefix)) ?? [];
  if (page) {
    show(page.title, page.text);
    fill(page, link.slice(start.length));
  } else if (link.startsWith('/auth/oauth2-redirect-success')) {
    show('Signed in', 'You can close this page and go back to the app.');
  } else if (link.startsWith('/auth/oauth2-redirect-failure')) {
    show(
      'The sign-in failed',
      'Close this page, go back to the app and try again, in the same browser and without leaving the app meanwhile. ' +
        'If it fails once more, switch off a VPN, private relay or proxy: this page and the app must reach the server by the same way. Else choose another way to sign in.',
    );
  } else {
    show('Nothing to do here', 'This address is for links of mails. This version has no console; its API is below /api/.');
  }
}

addEventListener('hashchange', () => location.hash && open());
open();
