// A mailbox for a test file: an SMTP server from npm, and the mails that it has received.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { SMTPServer } from 'smtp-server';

/** Starts a mail server, makes the app use it, and returns the mailbox. */
export async function mailbox(app, options = {}) {
  const box = new Mailbox();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (auth, session, done) => done(null, { user: auth.username }),
    onData(stream, session, done) {
      let source = '';
      stream.setEncoding('latin1').on('data', (chunk) => (source += chunk));
      stream.on('end', () => {
        box.add(session, source);
        done();
      });
    },
    ...options,
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => new Promise((resolve) => server.close(resolve)));
  box.settings = { enabled: true, host: '127.0.0.1', port: server.server.address().port };
  await app.root.settings.update({ smtp: box.settings, meta: { appURL: app.url, appName: 'Story & Co' } });
  return box;
}

class Mailbox {
  mails = [];
  #waiting = [];

  add(session, source) {
    const mail = read(source);
    mail.to = session.envelope.rcptTo.map((to) => to.address);
    mail.from = session.envelope.mailFrom.address;
    mail.hello = session.hostNameAppearsAs;
    const next = this.#waiting.shift();
    if (next) next(mail);
    else this.mails.push(mail);
  }

  /** The next mail. It must arrive within a minute. */
  async next() {
    if (this.mails.length > 0) return this.mails.shift();
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('no mail has come')), 60_000)));
    const mail = await Promise.race([new Promise((resolve) => this.#waiting.push(resolve)), late]);
    clearTimeout(timer);
    return mail;
  }

  /** The next mail, which must be to the address, and the token in its link to the page. */
  async link(to, page) {
    const mail = await this.next();
    assert.deepEqual(mail.to, [to]);
    const url = mail.html.match(/href="([^"]+)"/)[1];
    const [start, token] = url.split(`/_/#/auth/${page}/`);
    assert.ok(token, url);
    return { mail, url, start, token };
  }
}

/** The head and the HTML of a mail that Loam sends. */
function read(source) {
  const [head, ...rest] = source.split('\r\n\r\n');
  const boundary = head.match(/boundary=(\S+)/)[1];
  const html = rest.join('\r\n\r\n').split(`--${boundary}`).find((part) => part.includes('text/html'));
  const body = html.slice(html.indexOf('\r\n\r\n') + 4);
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return { head, subject: head.match(/^Subject: (.*)$/m)[1], html: Buffer.from(bytes, 'latin1').toString('utf8') };
}
