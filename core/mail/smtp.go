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

// smtpServer is the SMTP server of the settings.
type smtpServer struct {
	settings.SMTP
	greeting string         // the name of this client for the server
	roots    *x509.CertPool // nil: the roots of the system
	reached  []string       // completed steps, for Error.Reached
}

// newServer returns the server of the settings.
func newServer(s *settings.Settings, roots *x509.CertPool) *smtpServer {
	return &smtpServer{SMTP: s.SMTP, greeting: greeting(s), roots: roots}
}

// greeting returns the name of this client for the server: the host of the application, else that
// of the sender, since servers refuse clients that call themselves "localhost".
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

// send delivers the message. Its error names the step that failed and has the steps before it.
func (s *smtpServer) send(ctx context.Context, m *Message, now time.Time) error {
	err := s.deliver(ctx, m, now)
	var failed *Error
	if errors.As(err, &failed) {
		failed.Reached = s.reached
	}
	return err
}

// reach adds a completed step.
func (s *smtpServer) reach(format string, args ...any) {
	s.reached = append(s.reached, fmt.Sprintf(format, args...))
}

// deliver sends the message. It does not set Error.Reached.
func (s *smtpServer) deliver(ctx context.Context, m *Message, now time.Time) error {
	body, err := m.encode(now)
	if err != nil {
		return &Error{Step: Content, Err: err}
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	// The connection ends with the context, even while a call waits. net/smtp takes no context; a
	// deadline in the past ends every read and write of the connection.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer conn.Close()
	err = s.converse(conn, m, body)
	var failed *Error
	// The error of the connection is "i/o timeout", because of our deadline.
	if errors.As(err, &failed) && ctx.Err() != nil {
		failed.Err, failed.Hint = errors.New("no answer in time"), s.hint(failed.Step, true)
	}
	return err
}

// dial connects to the server, with TLS if the settings demand TLS from the start.
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

// tlsError returns the failure of a handshake. An invalid certificate will not be valid in five
// minutes, but a lost connection may come back.
func (s *smtpServer) tlsError(err error) error {
	var plain tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	notTLS := errors.As(err, &plain)
	return &Error{Step: TLS, Err: err, Hint: s.hint(TLS, notTLS), retry: !notTLS && !errors.As(err, &certificate)}
}

// hint returns the likely cure if port and TLS do not fit together.
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
	// The connection is encrypted whenever the server offers it: without smtp.tls the server makes
	// that offer unencrypted.
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
		// One refused recipient stops the mail for all recipients: the mails of accounts have a
		// single recipient, and an error is better than a partial delivery.
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

// signIn sends user name and password to the server, never over an unencrypted connection to
// another machine.
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
		// net/smtp refuses to send a password over an unencrypted connection; a further attempt
		// would fail too.
		if failed.reply == 0 && !isNetwork(err) {
			failed.retry = false // refused by net/smtp
		}
		return failed
	}
	return nil
}

// loginAuth is the method LOGIN, which is not standardized but in use on many servers.
type loginAuth struct{ settings.SMTP }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	// The password would be sent unencrypted.
	if !server.TLS && !isLocalhost(server.Name) {
		return "", nil, errors.New("unencrypted connection")
	}
	return "LOGIN", nil, nil
}

// Next answers the two questions of the server. It answers no other question, so that a server that
// behaves differently learns no password.
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
