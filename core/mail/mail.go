// Package mail sends the mails of an app: through the SMTP server of the settings, now
// or in the background, where what fails for the moment is tried again.
//
// A mail is made of a template and the values of its placeholders (Render). Links in
// mails come from meta.appURL of the settings and from nothing that a request says.
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

// Config is what a Service depends on. Settings is required.
type Config struct {
	Settings func() *settings.Settings
	Hooks    *Hooks           // default: none
	Log      *slog.Logger     // default: nothing is logged
	Now      func() time.Time // default time.Now

	// File keeps what waits from one run to the next; default: it is lost.
	File string

	// Print gets the mails while SMTP is off; default: they are not sent then. It is for
	// development: links and codes of mails are secrets.
	Print io.Writer
}

// Hooks are where code of an embedding program takes part in sending.
type Hooks struct {
	// Send runs around each attempt to send a mail. What handlers change of the message
	// holds for this attempt. An error ends it for good, but for one of Temporary.
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
	roots *x509.CertPool // of the servers' certificates; nil: those of the system
}

// New returns a Service. What is queued is sent while Run runs.
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

// Send sends the message now, in one attempt that ends with ctx. The error is an *Error
// if the mail was on its way; ErrOff if nothing sends mails. The message is not changed.
func (s *Service) Send(ctx context.Context, m *Message) error {
	err := s.attempt(ctx, m)
	if err != nil {
		s.logFailure(m, "mail failed", err)
	} else {
		s.cfg.Log.Info("mail sent", s.attributes(m, nil)...)
	}
	return err
}

// Queue sends the message in the background. If that fails for the moment, it is tried
// again after 10 seconds, 1 minute and 5 minutes, but not after it has expired. done, if
// it is not nil, is called once, with the error of the last attempt, nil after success;
// it must be quick. What waits when the app is closed is sent after the next start,
// without done.
//
// Queue returns at once; ErrFull if there are too many mails, ErrOff if nothing sends
// mails, and the error of a message that cannot be sent. done is not called then.
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

// Off reports whether no mail is sent. A handler of Hooks.Send may know a way.
func (s *Service) Off() bool {
	return !s.cfg.Settings().SMTP.Enabled && s.cfg.Print == nil && s.cfg.Hooks.Send.Empty()
}

// Warn logs that SMTP is off, and what becomes of mails then. It is called when a server
// starts.
func (s *Service) Warn() {
	switch {
	case s.cfg.Settings().SMTP.Enabled || !s.cfg.Hooks.Send.Empty():
	case s.cfg.Print != nil:
		s.cfg.Log.Warn("SMTP is off: mails are printed here, with the secrets that are in them")
	default:
		s.cfg.Log.Warn("SMTP is off: no mail is sent")
	}
}

// prepare makes m complete, so that all attempts send the same.
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
	// Handlers change this attempt's copy; the next attempt begins with what was queued.
	e := &Event{Message: m}
	return s.cfg.Hooks.Send.Around(ctx, e, func() error { return s.transport(ctx, e) }, m.Collection)
}

// transport sends what the hooks have made of the message.
func (s *Service) transport(ctx context.Context, e *Event) error {
	m, current := e.Message, s.cfg.Settings()
	// Judged again, as hooks may have changed addresses and headers since.
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

// logFailure logs why a mail was not sent. Neither its secrets nor its recipient are
// told.
func (s *Service) logFailure(m *Message, what string, err error, more ...any) {
	s.cfg.Log.Warn(what, append(s.attributes(m, err), more...)...)
}

// attributes say in the log which mail it was.
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
