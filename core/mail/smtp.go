package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/settings"
)

// smtpServer is the mail server of the settings.
type smtpServer struct {
	settings.SMTP
	greeting string         // the name of this server in HELO
	roots    *x509.CertPool // nil for the certificates of the system
	reached  []string       // the completed steps, for Error.Reached
}

// newServer returns the server of the settings.
func newServer(s *settings.Settings, roots *x509.CertPool) *smtpServer {
	return &smtpServer{SMTP: s.SMTP, greeting: greeting(s), roots: roots}
}

// greeting returns the name of this server in HELO: the host of the application, else the domain of
// the sender. Mail servers refuse "localhost".
func greeting(s *settings.Settings) string {
	if s.SMTP.LocalName != "" {
		return s.SMTP.LocalName
	}
	if u, err := url.Parse(s.Meta.AppURL); err == nil {
		host := u.Hostname()
		_, notIP := netip.ParseAddr(host)
		if notIP != nil && strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") {
			return host
		}
	}
	return s.Meta.SenderAddress[strings.LastIndexByte(s.Meta.SenderAddress, '@')+1:]
}

// send delivers the message. Its error names the failed step and the steps before it.
func (s *smtpServer) send(ctx context.Context, m *Message, now time.Time) error {
	err := s.deliver(ctx, m, now)
	var failed *Error
	if errors.As(err, &failed) {
		failed.Reached = s.reached
	}
	return err
}

// reach records a completed step.
func (s *smtpServer) reach(format string, args ...any) {
	s.reached = append(s.reached, fmt.Sprintf(format, args...))
}

// deliver is send without Error.Reached.
func (s *smtpServer) deliver(ctx context.Context, m *Message, now time.Time) error {
	body, err := m.encode(now)
	if err != nil {
		return &Error{Step: Content, Err: err}
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	// net/smtp takes no context. A deadline in the past ends the running read or write of the
	// connection.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer conn.Close()
	err = s.converse(conn, m, body)
	var failed *Error
	// The deadline in the past makes the error "i/o timeout".
	if errors.As(err, &failed) && ctx.Err() != nil {
		failed.Err, failed.Hint = errors.New("no answer in time"), s.hint(failed.Step, true)
	}
	return err
}

// dial connects to the server, and begins TLS if smtp.tls is on.
func (s *smtpServer) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		step := Connect
		if unknown := (*net.DNSError)(nil); errors.As(err, &unknown) {
			step = LookUp
		}
		return nil, &Error{Step: step, Err: err, retry: true}
	}
	s.reach("connected to %s", conn.RemoteAddr())
	if !s.TLS {
		return conn, nil
	}
	secure := tls.Client(conn, s.tlsConfig())
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, s.tlsError(err)
	}
	s.reach("%s", tls.VersionName(secure.ConnectionState().Version))
	return secure, nil
}

func (s *smtpServer) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// tlsError returns the error of a handshake. An invalid certificate is final; a lost connection is
// not.
func (s *smtpServer) tlsError(err error) error {
	var plain tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	notTLS := errors.As(err, &plain)
	return &Error{Step: TLS, Err: err, Hint: s.hint(TLS, notTLS), retry: !notTLS && !errors.As(err, &certificate)}
}

// hint returns advice if the port does not fit smtp.tls, else "".
func (s *smtpServer) hint(step Step, suspicious bool) string {
	switch {
	case s.TLS && step == TLS && (suspicious || s.Port == 587 || s.Port == 25):
		return fmt.Sprintf("the server at port %d does not begin with TLS: switch smtp.tls off (STARTTLS is used where it is offered), or use port 465", s.Port)
	case !s.TLS && step == Greeting && (suspicious || s.Port == 465):
		return fmt.Sprintf("the server at port %d may wait for TLS: switch smtp.tls on, or use port 587", s.Port)
	}
	return ""
}

// converse speaks SMTP over the connection.
func (s *smtpServer) converse(conn net.Conn, m *Message, body []byte) error {
	c, err := smtp.NewClient(conn, s.Host)
	if err != nil {
		return s.failure(Greeting, err)
	}
	defer c.Close()
	if err := c.Hello(s.greeting); err != nil {
		return s.failure(Greeting, err)
	}
	s.reach("greeted as %s", s.greeting)
	// STARTTLS is used if the server offers it. Without smtp.tls an attacker could remove the
	// offer.
	if offered, _ := c.Extension("STARTTLS"); offered && !s.TLS {
		if err := c.StartTLS(s.tlsConfig()); err != nil {
			return s.tlsError(err)
		}
		state, _ := c.TLSConnectionState()
		s.reach("STARTTLS, %s", tls.VersionName(state.Version))
	}
	if s.Username != "" || s.Password != "" {
		if err := s.signIn(c); err != nil {
			return err
		}
		s.reach("signed in as %s", s.Username)
	}
	if err := c.Mail(m.From.Address); err != nil {
		return s.failure(Sender, err)
	}
	s.reach("sender %s accepted", m.From.Address)
	for _, to := range m.recipients() {
		// A refused recipient stops the mail for all recipients: mails of accounts have one
		// recipient, and an error is better than half a delivery.
		if err := c.Rcpt(to); err != nil {
			return s.failure(Recipient, err)
		}
	}
	s.reach("recipients accepted")
	w, err := c.Data()
	if err != nil {
		return s.failure(Content, err)
	}
	if _, err := w.Write(body); err != nil {
		return s.failure(Content, err)
	}
	if err := w.Close(); err != nil {
		return s.failure(Content, err)
	}
	c.Quit() //nolint:errcheck // the mail is delivered
	return nil
}

// signIn sends the user name and the password, if the connection is encrypted or local.
func (s *smtpServer) signIn(c *smtp.Client) error {
	if offered, _ := c.Extension("AUTH"); !offered {
		return &Error{Step: SignIn, Err: errors.New("the server does not let anybody sign in"), Hint: s.hint(SignIn, false)}
	}
	method := smtp.PlainAuth("", s.Username, s.Password, s.Host)
	if s.AuthMethod == "LOGIN" {
		method = &loginAuth{s.SMTP}
	}
	if err := c.Auth(method); err != nil {
		failed := s.failure(SignIn, err)
		// net/smtp refuses to send a password over an unencrypted connection. Another attempt would
		// fail too.
		if failed.reply == 0 && !isNetwork(err) {
			failed.retry = false // the refusal of net/smtp
		}
		return failed
	}
	return nil
}

// loginAuth is the method LOGIN, which has no standard but is common.
type loginAuth struct{ settings.SMTP }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	// The password would be sent unencrypted.
	if !server.TLS && !isLocalhost(server.Name) {
		return "", nil, errors.New("unencrypted connection")
	}
	return "LOGIN", nil, nil
}

// Next answers the questions for the user name and the password, and refuses any other, so that
// only a server that asks for the password gets it.
func (a *loginAuth) Next(asked []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch strings.ToLower(strings.TrimRight(string(asked), ": \x00")) {
	case "username", "user name":
		return []byte(a.Username), nil
	case "password":
		return []byte(a.Password), nil
	}
	return nil, errors.New("the server asks for something else than a user name and a password: " + strconv.Quote(string(asked)))
}

func isLocalhost(name string) bool {
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}
