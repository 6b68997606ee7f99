// Package mail sends the mails of an app through the SMTP server of the settings, at once or in the
// background. Background mails are tried again after temporary failures.
//
// Render makes a mail from a template and the values of its placeholders. Links in mails begin
// with meta.appURL of the settings, never with a part of a request.
package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/mail"
	"time"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/internal/tally"
	"github.com/loambase/loam/internal/trace"
)

// Address is a name and an e-mail address.
type Address = mail.Address

// Config holds the dependencies and options of a Service. Settings is required.
type Config struct {
	Settings func() *settings.Settings
	Hooks    *Hooks           // default: none
	Log      *slog.Logger     // default: nothing is logged
	Now      func() time.Time // default time.Now

	// File is the path of the file that keeps the queued mails while the app is closed. Default:
	// queued mails are lost.
	File string

	// Print receives the text of the mails while SMTP is off. Default: mails are not sent then.
	// Print is for development: links and codes of mails are secrets.
	Print io.Writer
}

// Hooks run code of an embedding program when mails are sent.
type Hooks struct {
	// Send runs around each attempt to send a mail. Changes of the message apply to this attempt
	// only. After an error of a handler the mail is not tried again, unless the error is temporary:
	// see Temporary.
	Send hook.Hook[*Event]
}

// Event is a mail that is about to be sent.
type Event struct {
	hook.Event
	Message *Message // handlers may change the message

	// Transport sends the message instead of the SMTP server, if it is not nil.
	Transport func(ctx context.Context, m *Message) error
}

// Service sends mails. It is safe for concurrent use.
type Service struct {
	cfg   Config
	queue queue
	tries tally.Calls    // attempts to send
	roots *x509.CertPool // roots of the certificates of SMTP servers; nil: the roots of the system
}

// New returns a Service. Queued mails are sent while Run runs.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Hooks == nil {
		c.Hooks = &Hooks{}
	}
	return &Service{cfg: c, queue: queue{wake: make(chan struct{}, 1)}}
}

// Send sends the message at once, in one attempt that ends with ctx. The error is an *Error if
// sending had begun, and ErrOff if sending is off. Send does not change the message.
func (s *Service) Send(ctx context.Context, m *Message) error {
	err := s.attempt(ctx, m)
	if err != nil {
		s.logFailure(m, "mail failed", err)
	} else {
		s.cfg.Log.Info("mail sent", s.attributes(m, nil)...)
	}
	return err
}

// Queue sends the message in the background. After a temporary failure the message is tried again
// after 10 seconds, 1 minute and 5 minutes, but not after the message has expired. done, if not
// nil, is called once with the error of the last attempt, nil after success; done must be quick.
// Mails that wait when the app is closed are sent after the next start, without a call of done.
//
// Queue returns at once. The error is ErrFull if the queue is full, ErrOff if sending is off, or
// the error of an invalid message; done is not called after an error.
func (s *Service) Queue(m *Message, done func(error)) error {
	m = m.clone()
	err := s.prepare(m)
	if err == nil {
		err = s.queue.add(&entry{Message: m, Due: s.cfg.Now(), done: done})
	}
	if err != nil {
		s.logFailure(m, "mail not sent", err)
	}
	return err
}

// Figures are the metrics of a Service.
type Figures struct {
	Waiting, Sending int             // mails in the queue, and mails of the queue being sent
	Tries            tally.CallCount // attempts to send, including those of Send
}

// Figures returns the metrics at this moment.
func (s *Service) Figures() Figures {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return Figures{Waiting: len(s.queue.waiting), Sending: s.queue.sending, Tries: s.tries.Read()}
}

// Off reports whether no mail can be sent: SMTP is off, Config.Print is nil, and no handler of
// Hooks.Send is bound, which could set a Transport.
func (s *Service) Off() bool {
	return !s.cfg.Settings().SMTP.Enabled && s.cfg.Print == nil && s.cfg.Hooks.Send.Empty()
}

// Warn logs, if SMTP is off, whether mails are printed or not sent. A server calls Warn at its
// start.
func (s *Service) Warn() {
	switch {
	case s.cfg.Settings().SMTP.Enabled || !s.cfg.Hooks.Send.Empty():
	case s.cfg.Print != nil:
		s.cfg.Log.Warn("SMTP is off: mails are printed here, with the secrets that are in them")
	default:
		s.cfg.Log.Warn("SMTP is off: no mail is sent")
	}
}

// prepare fills in the missing headers of m, so that all attempts send the same message.
func (s *Service) prepare(m *Message) error {
	if s.Off() {
		return ErrOff
	}
	meta := s.cfg.Settings().Meta
	m.complete(Address{Name: meta.SenderName, Address: meta.SenderAddress})
	return m.validate()
}

// attempt tries to send the message once.
func (s *Service) attempt(ctx context.Context, m *Message) (err error) {
	began := time.Now()
	ctx, span := trace.Start(ctx, "mail", trace.Client, trace.Attr("loam.collection", m.Collection), trace.Attr("loam.template", string(m.Template)))
	defer func() {
		span.End(err)
		s.tries.Ended(began, err)
	}()
	m = m.clone()
	if err := s.prepare(m); err != nil {
		return err
	}
	// Handlers change the copy of this attempt; the next attempt begins with the queued message.
	e := &Event{Message: m}
	return s.cfg.Hooks.Send.Around(ctx, e, func() error { return s.transport(ctx, e) }, m.Collection)
}

// transport sends the message as the hooks have changed it.
func (s *Service) transport(ctx context.Context, e *Event) error {
	m, current := e.Message, s.cfg.Settings()
	// Validated again, since hooks may have changed addresses and headers.
	if err := m.validate(); err != nil {
		return err
	}
	switch {
	case e.Transport != nil:
		return e.Transport(ctx, m)
	case current.SMTP.Enabled:
		return newServer(current, s.roots).send(ctx, m, s.cfg.Now())
	case s.cfg.Print != nil:
		_, err := io.WriteString(s.cfg.Print, m.print())
		return err
	}
	return ErrOff
}

// logFailure logs the reason why a mail was not sent, without its secrets and its recipients.
func (s *Service) logFailure(m *Message, what string, err error, more ...any) {
	s.cfg.Log.Warn(what, append(s.attributes(m, err), more...)...)
}

// attributes returns the log attributes that identify the mail.
func (s *Service) attributes(m *Message, err error) []any {
	list := []any{"collection", m.Collection, "template", string(m.Template), "record", m.Record}
	var e *Error
	if errors.As(err, &e) {
		list = append(list, "step", string(e.Step))
	}
	if err != nil {
		list = append(list, "error", m.black(s.withoutPassword(err.Error())))
	}
	return list
}
