package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/smtp"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/smtptest"
	"github.com/loambase/loam/core/settings"
)

const token = "header.claims.signature"

// syncBuffer is a log for concurrent writers.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newService returns a service that sends to the server, with its settings and its log.
func newService(server *smtptest.Server) (*Service, *settings.Settings, *syncBuffer) {
	current := settings.Defaults()
	current.Meta.AppURL, current.Meta.SenderAddress = "https://app.example.com/", "support@example.com"
	log := &syncBuffer{}
	s := New(Config{Settings: func() *settings.Settings { return current }, Log: slog.New(slog.NewTextHandler(log, nil))})
	if server != nil {
		current.SMTP = settings.SMTP{
			Enabled: true, Host: server.Host(), Port: server.Port(), TLS: server.TLS, Username: server.User, Password: server.Password,
		}
		s.roots = server.Roots
	}
	return s, current, log
}

func message() *Message {
	return &Message{
		To: []Address{{Name: "Ann Smith", Address: "ann@example.org"}}, Subject: "Grüße\r\nBcc: eve@example.com",
		HTML:       "<style>p{}</style><p>Hello &amp; welcome</p>\n.\n<p><a href=\"https://app.example.com/_/#/x/" + token + "\">Verify</a></p>",
		Collection: "members1", Template: Verification, Record: "ann", Secrets: []string{token},
	}
}

// A mail arrives unchanged by every way of connecting and signing in.
func TestSend(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server smtptest.Server
		change func(*settings.Settings)
	}{
		"plain":                 {},
		"STARTTLS":              {server: smtptest.Server{STARTTLS: true}},
		"TLS":                   {server: smtptest.Server{TLS: true}},
		"PLAIN over TLS":        {server: smtptest.Server{TLS: true, User: "me", Password: "sesame open"}},
		"PLAIN over STARTTLS":   {server: smtptest.Server{STARTTLS: true, User: "me", Password: "sesame open", Methods: "PLAIN"}},
		"PLAIN on this machine": {server: smtptest.Server{User: "me", Password: "sesame open"}},
		"LOGIN": {server: smtptest.Server{STARTTLS: true, User: "me", Password: "sesame open", Methods: "LOGIN"},
			change: func(s *settings.Settings) { s.SMTP.AuthMethod = "LOGIN" }},
		"LOGIN on this machine": {server: smtptest.Server{User: "me", Password: "sesame open", Methods: "LOGIN"},
			change: func(s *settings.Settings) { s.SMTP.AuthMethod = "LOGIN" }},
	} {
		server := tt.server.Start(t)
		s, current, _ := newService(server)
		if tt.change != nil {
			tt.change(current)
		}
		m := message()
		m.Bcc = []Address{{Address: "hidden@example.org"}}
		m.Headers = map[string]string{"X-Kind": "test"}
		if err := s.Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := server.Next(t)
		if got.From != "support@example.com" || strings.Join(got.To, " ") != "ann@example.org hidden@example.org" || got.Hello != "app.example.com" {
			t.Errorf("%s: from %s to %s, greeted by %s", name, got.From, got.To, got.Hello)
		}
		if got.Secure != (server.TLS || server.STARTTLS) || got.User != server.User {
			t.Errorf("%s: secure %v, user %q", name, got.Secure, got.User)
		}
		if strings.ReplaceAll(got.HTML, "\r\n", "\n") != m.HTML || got.Subject != m.Subject {
			t.Errorf("%s: arrived as %q, %q", name, got.Subject, got.HTML)
		}
		if want := "Hello & welcome\n\n.\n\nVerify: https://app.example.com/_/#/x/" + token; strings.ReplaceAll(got.Text, "\r\n", "\n") != want {
			t.Errorf("%s: the text is %q, want %q", name, got.Text, want)
		}
		for header, want := range map[string]string{
			"From": `"Support" <support@example.com>`, "To": `"Ann Smith" <ann@example.org>`, "X-Kind": "test", "Bcc": "", "Auto-Submitted": "auto-generated",
		} {
			if have := got.Header.Get(header); have != want {
				t.Errorf("%s: %s: %q, want %q", name, header, have, want)
			}
		}
		if id := got.Header.Get("Message-Id"); !strings.HasSuffix(id, "@example.com>") {
			t.Errorf("%s: Message-ID %q", name, id)
		}
	}
}

// The error of a mail names the step, tells whether another attempt may succeed, and gives advice.
// The log has it without the token.
func TestSendFails(t *testing.T) {
	t.Parallel()
	at := func(verb, reply string) func(string) string {
		return func(v string) string {
			if v == verb {
				return reply
			}
			return ""
		}
	}
	reached := map[string]string{
		"nobody listens":           `^$`,
		"busy":                     `^connected to 127\.0\.0\.1:\d+$`,
		"wrong password":           `^connected to 127\.0\.0\.1:\d+; greeted as \S+$`,
		"wrong password, STARTTLS": `; greeted as \S+; STARTTLS, TLS 1\.3$`,
		"recipient":                `; sender \S+ accepted$`,
		"spam":                     `; signed in as me; sender \S+ accepted; recipients accepted$`,
	}
	for name, tt := range map[string]struct {
		server smtptest.Server
		change func(*settings.Settings)
		step   Step
		retry  bool
		hint   string
	}{
		"no such host":   {change: func(s *settings.Settings) { s.SMTP.Host = "mail.invalid" }, step: LookUp, retry: true},
		"nobody listens": {change: func(s *settings.Settings) { s.SMTP.Port = 1 }, step: Connect, retry: true},
		"no TLS there":   {change: func(s *settings.Settings) { s.SMTP.TLS = true }, step: TLS, hint: "switch smtp.tls off"},
		"not known":      {server: smtptest.Server{TLS: true}, step: TLS},
		"busy":           {server: smtptest.Server{Reply: at("CONNECT", "421 busy")}, step: Greeting, retry: true},
		"not served": {server: smtptest.Server{Reply: func(v string) string {
			if v == "EHLO" || v == "HELO" {
				return "550 who?"
			}
			return ""
		}}, step: Greeting},
		"wrong password":           {server: smtptest.Server{User: "me", Password: "right"}, change: func(s *settings.Settings) { s.SMTP.Password = "sesame open" }, step: SignIn},
		"wrong password, STARTTLS": {server: smtptest.Server{STARTTLS: true, User: "me", Password: "right"}, change: func(s *settings.Settings) { s.SMTP.Password = "sesame open" }, step: SignIn},
		"no sign-in":               {change: func(s *settings.Settings) { s.SMTP.Username = "me" }, step: SignIn},
		"LOGIN not there":          {server: smtptest.Server{User: "me", Password: "right", Reply: at("AUTH", "504 no")}, step: SignIn},
		"sender":                   {server: smtptest.Server{Reply: at("MAIL", "553 not you")}, step: Sender},
		"recipient":                {server: smtptest.Server{Reply: at("RCPT", "450 mailbox busy")}, step: Recipient, retry: true},
		"no recipient":             {server: smtptest.Server{Reply: at("RCPT", "550 no such user")}, step: Recipient},
		"no data":                  {server: smtptest.Server{Reply: at("DATA", "452 full")}, step: Content, retry: true},
		"spam":                     {server: smtptest.Server{User: "me", Password: "sesame open", Reply: at("CONTENT", "554 spam: https://x/"+token+" c2VzYW1lIG9wZW4= !")}, step: Content},
		"lost":                     {server: smtptest.Server{Reply: at("CONTENT", "drop")}, step: Content, retry: true},
		"hangs up":                 {server: smtptest.Server{Reply: at("CONNECT", "drop")}, step: Greeting, retry: true},
	} {
		s, current, log := newService(tt.server.Start(t))
		if tt.change != nil {
			tt.change(current)
		}
		if name == "not known" {
			s.roots = x509.NewCertPool()
		}
		err := s.Send(t.Context(), message())
		var failed *Error
		if !errors.As(err, &failed) || failed.Step != tt.step || retryable(err) != tt.retry || !strings.Contains(failed.Hint, tt.hint) {
			t.Errorf("%s: Send = %v, retry %v, want step %s, retry %v", name, err, retryable(err), tt.step, tt.retry)
		}
		if want, ok := reached[name]; ok && !regexp.MustCompile(want).MatchString(strings.Join(failed.Reached, "; ")) {
			t.Errorf("%s: reached %q, want %s", name, failed.Reached, want)
		}
		line := log.String()
		for _, want := range []string{`msg="mail failed"`, "collection=members1", "template=verification", "step=" + string(tt.step), "error="} {
			if !strings.Contains(line, want) {
				t.Errorf("%s: the log lacks %s: %s", name, want, line)
			}
		}
		for _, secret := range []string{token, "sesame", "c2VzYW1l", "ann@example.org"} {
			if strings.Contains(line, secret) {
				t.Errorf("%s: the log tells %s: %s", name, secret, line)
			}
		}
	}
}

// Sending ends with the context if the server never answers.
func TestSendInTime(t *testing.T) {
	t.Parallel()
	for verb, step := range map[string]Step{"CONNECT": Greeting, "EHLO": Greeting, "RCPT": Recipient, "CONTENT": Content} {
		server := (&smtptest.Server{Reply: func(v string) string {
			if v == verb {
				return "hang"
			}
			return ""
		}}).Start(t)
		s, _, _ := newService(server)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := s.Send(ctx, message())
		cancel()
		var failed *Error
		if !errors.As(err, &failed) || failed.Step != step || !failed.retry || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%s hangs: Send = %v, want it to end at %s", verb, err, step)
		}
		if step == Greeting && !strings.Contains(failed.Hint, "smtp.tls") {
			t.Errorf("%s hangs: the hint is %q", verb, failed.Hint)
		}
	}
}

// Passwords are not sent unencrypted to another machine.
func TestSignInNeedsTLS(t *testing.T) {
	t.Parallel()
	server := &smtpServer{SMTP: settings.SMTP{Host: "mail.example.com", Username: "me", Password: "sesame open", AuthMethod: "LOGIN"}}
	if _, _, err := (&loginAuth{server.SMTP}).Start(&smtp.ServerInfo{Name: "mail.example.com"}); err == nil {
		t.Error("LOGIN gives the password away")
	}
}

func TestInvalidMessages(t *testing.T) {
	t.Parallel()
	server := (&smtptest.Server{}).Start(t)
	s, _, _ := newService(server)
	for name, change := range map[string]func(*Message){
		"no recipient":      func(m *Message) { m.To = nil },
		"two lines":         func(m *Message) { m.To[0].Address = "a@example.com>\r\nDATA" },
		"no address":        func(m *Message) { m.Cc = []Address{{Address: "example.com"}} },
		"sender":            func(m *Message) { m.From.Address = "nobody" },
		"no text":           func(m *Message) { m.HTML = "" },
		"header with lines": func(m *Message) { m.Headers = map[string]string{"X-A": "b\r\nBcc: c@example.com"} },
		"header's name":     func(m *Message) { m.Headers = map[string]string{"X A": "b"} },
		"too long":          func(m *Message) { m.HTML = strings.Repeat("x", maxMessage) },
	} {
		m := message()
		change(m)
		if err := s.Send(t.Context(), m); err == nil || retryable(err) {
			t.Errorf("%s: Send = %v", name, err)
		}
		if err := s.Queue(m, func(error) { t.Errorf("%s: done is called", name) }); err == nil {
			t.Errorf("%s: it is queued", name)
		}
	}
	if n := server.Waiting(); n != 0 {
		t.Errorf("%d mails have arrived", n)
	}
}

// Lines that begin with a dot, very long lines and all bytes arrive unchanged.
func TestContentIsTransparent(t *testing.T) {
	t.Parallel()
	server := (&smtptest.Server{}).Start(t)
	s, _, _ := newService(server)
	m := message()
	m.HTML = "<p>.\n..\n. " + strings.Repeat("x", 3000) + "\x00\x01=20 é 漢 \n.\n</p>"
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(server.Next(t).HTML, "\r\n", "\n"); got != m.HTML {
		t.Errorf("arrived as %q", got)
	}
}

// While SMTP is off, mails are printed if the settings say so, else dropped with one warning.
func TestOff(t *testing.T) {
	t.Parallel()
	s, _, log := newService(nil)
	s.Warn()
	if err := s.Send(t.Context(), message()); !errors.Is(err, ErrOff) {
		t.Errorf("Send = %v", err)
	}
	if err := s.Queue(message(), nil); !errors.Is(err, ErrOff) || !s.Off() {
		t.Errorf("Queue = %v", err)
	}
	if strings.Count(log.String(), "no mail is sent") != 1 || strings.Contains(log.String(), token) {
		t.Errorf("the log is %s", log)
	}
	var printed bytes.Buffer
	s.cfg.Print = &printed
	s.Warn()
	m := message()
	m.HTML += "\x1b[31mred\u009b"
	if err := s.Send(t.Context(), m); err != nil {
		t.Errorf("Send = %v", err)
	}
	for _, want := range []string{"To: \"Ann Smith\" <ann@example.org>", "Verify: https://app.example.com/_/#/x/" + token} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("printed %s, want %s", &printed, want)
		}
	}
	if strings.ContainsAny(printed.String(), "\x1b\u009b") || strings.Contains(log.String(), token) {
		t.Errorf("printed %q; log %s", printed.String(), log)
	}
	if strings.Count(log.String(), "mails are printed here") != 1 {
		t.Errorf("the log is %s", log)
	}
}

// Hooks change a message, refuse it, or send it in another way.
func TestHooks(t *testing.T) {
	t.Parallel()
	server := (&smtptest.Server{}).Start(t)
	s, current, _ := newService(server)
	refused := errors.New("not today")
	remove := s.cfg.Hooks.Send.BindFunc(func(e *Event) error {
		if e.Message.Template == OTP {
			return refused
		}
		e.Message.Subject += " (test)"
		return e.Next()
	}, "members1")
	m := message()
	if err := s.Send(t.Context(), m); err != nil || server.Next(t).Subject != m.Subject+" (test)" {
		t.Errorf("Send = %v, or with the wrong subject", err)
	}
	m.Template = OTP
	if err := s.Send(t.Context(), m); !errors.Is(err, refused) || retryable(err) {
		t.Errorf("Send = %v", err)
	}
	m.Collection = "others"
	if err := s.Send(t.Context(), m); err != nil || server.Next(t).Subject != m.Subject {
		t.Errorf("Send = %v, or a handler of another collection has run", err)
	}
	remove()

	current.SMTP.Enabled = false
	var sent *Message
	s.cfg.Hooks.Send.BindFunc(func(e *Event) error {
		e.Transport = func(_ context.Context, m *Message) error { sent = m; return Temporary(errors.New("busy")) }
		return nil
	})
	if err := s.Send(t.Context(), message()); sent == nil || !retryable(err) {
		t.Errorf("Send = %v, by the transport %v", err, sent)
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ local, url, want string }{
		{"me.example.net", "https://app.example.com", "me.example.net"},
		{"", "https://app.example.com:8443/sub/", "app.example.com"},
		{"", "http://localhost:8090", "example.com"},
		{"", "http://app.localhost", "example.com"},
		{"", "http://127.0.0.1:8090", "example.com"},
		{"", "http://[::1]", "example.com"},
		{"", "http://intranet/", "example.com"},
		{"", "%", "example.com"},
	} {
		s := settings.Defaults()
		s.SMTP.LocalName, s.Meta.AppURL = tt.local, tt.url
		if got := greeting(s); got != tt.want {
			t.Errorf("greeting(%q, %q) = %q, want %q", tt.local, tt.url, got, tt.want)
		}
	}
}
