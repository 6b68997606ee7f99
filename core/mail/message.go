package mail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/address"
)

// Message is a mail to send. To and one of HTML and Text are required.
type Message struct {
	From    mail.Address      // default: meta.senderName and meta.senderAddress of the settings
	To      []mail.Address    //
	Cc      []mail.Address    //
	Bcc     []mail.Address    // receive the mail, but are not in its headers
	Subject string            //
	HTML    string            //
	Text    string            // default: made from HTML
	Headers map[string]string // additional headers; default of Message-ID: a new one

	// The account and the template of the mail, for hooks and the log; empty for mails of programs.
	Collection string // the id of the auth collection
	Template   Template
	Record     string // the id of the record

	// Expires is the time after which the mail is not tried again. The zero time means that the
	// mail never expires.
	Expires time.Time

	// Secrets are the parts of the mail that no log may contain, such as tokens and codes. They
	// are blacked out in the replies of SMTP servers.
	Secrets []string
}

// Template names one of the mails of the account flows, as the wire does.
type Template string

// The templates (docs/wire/auth-realtime-system.md §5.3 and §6.2).
const (
	Verification  Template = "verification"
	PasswordReset Template = "password-reset"
	EmailChange   Template = "email-change"
	OTP           Template = "otp"
	LoginAlert    Template = "login-alert"

	EmailChanged    Template = "email-changed"    // to the earlier address of the account
	PasswordChanged Template = "password-changed" // to the account
)

// maxMessage is the maximum length of the text of a mail in bytes.
const maxMessage = 1 << 20

// clone returns a copy that shares no addresses and headers with m, so that hooks may change them.
func (m *Message) clone() *Message {
	c := *m
	c.To, c.Cc, c.Bcc = slices.Clone(m.To), slices.Clone(m.Cc), slices.Clone(m.Bcc)
	c.Headers = map[string]string{}
	for name, value := range m.Headers {
		c.Headers[name] = value
	}
	return &c
}

// size returns the approximate size of the message in memory, in bytes.
func (m *Message) size() int {
	n := len(m.Subject) + len(m.HTML) + len(m.Text)
	for name, value := range m.Headers {
		n += len(name) + len(value)
	}
	return n + 100*(len(m.To)+len(m.Cc)+len(m.Bcc)) + 500
}

// recipients returns the bare addresses of everybody who gets the mail.
func (m *Message) recipients() (list []string) {
	for _, some := range [][]mail.Address{m.To, m.Cc, m.Bcc} {
		for _, a := range some {
			list = append(list, a.Address)
		}
	}
	return list
}

// validate returns the error of a message that cannot be sent by any server.
func (m *Message) validate() error {
	for _, a := range append([]string{m.From.Address}, m.recipients()...) {
		if !address.IsEmail(a) {
			return fmt.Errorf("%q is no e-mail address", a)
		}
	}
	switch {
	case len(m.recipients()) == 0:
		return errors.New("the mail has no recipient")
	case m.HTML == "" && m.Text == "":
		return errors.New("the mail has no text")
	case m.size() > maxMessage:
		return fmt.Errorf("the mail has more than %d bytes", maxMessage)
	}
	for name, value := range m.Headers {
		// A line break in a header would begin another header: values may come from records.
		if !isHeaderName(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("the header %q cannot be sent", name)
		}
	}
	return nil
}

func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' })
}

// encode returns the message in the form of RFC 5322: HTML with a plain text for programs that do
// not show HTML.
func (m *Message) encode(now time.Time) ([]byte, error) {
	var out bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	head("From", m.From.String())
	head("To", addressList(m.To))
	if len(m.Cc) > 0 {
		head("Cc", addressList(m.Cc))
	}
	head("Subject", mime.QEncoding.Encode("utf-8", m.Subject))
	head("Date", now.UTC().Format(time.RFC1123Z))
	for name, value := range m.Headers {
		head(textproto.CanonicalMIMEHeaderKey(name), mime.QEncoding.Encode("utf-8", value))
	}
	head("MIME-Version", "1.0")
	text := m.Text
	if text == "" {
		text = plainText(m.HTML)
	}
	if m.HTML == "" {
		return m.encodePart(&out, "text/plain", text)
	}
	parts := multipart.NewWriter(&out)
	head("Content-Type", "multipart/alternative; boundary="+parts.Boundary())
	out.WriteString("\r\n")
	for _, part := range []struct{ kind, text string }{{"text/plain", text}, {"text/html", m.HTML}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := q.Write([]byte(part.text)); err != nil {
			return nil, err
		}
		if err := q.Close(); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// encodePart completes a message that has one part.
func (m *Message) encodePart(out *bytes.Buffer, kind, text string) ([]byte, error) {
	fmt.Fprintf(out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", kind)
	q := quotedprintable.NewWriter(out)
	if _, err := q.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := q.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func addressList(list []mail.Address) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

// complete sets the missing sender and headers.
func (m *Message) complete(sender mail.Address) {
	if m.From.Address == "" {
		m.From = sender
	}
	for _, name := range []string{"Message-ID", "Auto-Submitted"} {
		for own := range m.Headers {
			if strings.EqualFold(own, name) {
				name = ""
			}
		}
		switch name {
		case "Message-ID":
			_, domain, _ := strings.Cut(m.From.Address, "@")
			m.Headers[name] = "<" + schema.RandomString(15, schema.AlphabetID) + "@" + domain + ">"
		case "Auto-Submitted":
			m.Headers[name] = "auto-generated" // so that no automatic reply answers
		}
	}
}

// black returns a text in which the secrets of the message are blacked out, cut to a length that a
// log can hold.
func (m *Message) black(text string) string {
	for _, secret := range m.Secrets {
		if secret != "" {
			// Servers repeat parts of a mail in their replies if they find the mail suspicious.
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	const limit = 500
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

// print returns the message as a text for a terminal.
func (m *Message) print() string {
	text := m.Text
	if text == "" {
		text = plainText(m.HTML)
	}
	rule := strings.Repeat("-", 72)
	return fmt.Sprintf("%s\nTo: %s\nSubject: %s\n\n%s\n%s\n", rule, addressList(m.To), visible(m.Subject), visible(text), rule)
}

// visible replaces characters that control a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return '\uFFFD'
	}, s)
}
