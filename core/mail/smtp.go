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

// smtpServer is the server that the settings name.
type smtpServer struct {
	settings.SMTP
	greeting string         // what it is told who we are
	roots    *x509.CertPool // nil: those of the system
	reached  []string       // completed steps, for Error.Reached
}

// newServer returns the server of the settings.
func newServer(s *settings.Settings, roots *x509.CertPool) *smtpServer {
	return &smtpServer{SMTP: s.SMTP, greeting: greeting(s), roots: roots}
}

// greeting is the name by which we introduce ourselves: the host of the application,
// else that of the sender, for servers refuse who calls itself "localhost".
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
	// The connection ends with the context, whatever it waits for.
	// net/smtp knows no context; a deadline in the past ends every read and write of the
	// connection.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer conn.Close()
	err = s.converse(conn, m, body)
	var failed *Error
	// The error of the connection says "i/o timeout", which is our own doing.
	if errors.As(err, &failed) && ctx.Err() != nil {
		failed.Err, failed.Hint = errors.New("no answer in time"), s.hint(failed.Step, true)
	}
	return err
}

// dial connects to the server, with TLS if that is to come first.
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

// tlsError is the failure of a handshake. A certificate that is not valid does not
// become so in five minutes; a connection that was lost may come back.
func (s *smtpServer) tlsError(err error) error {
	var plain tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	notTLS := errors.As(err, &plain)
	return &Error{Step: TLS, Err: err, Hint: s.hint(TLS, notTLS), retry: !notTLS && !errors.As(err, &certificate)}
}

// hint is what to try where port and TLS do not go together.
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
	// Encrypted wherever the server offers it: without smtp.tls it is offered in the open, by
	// the server alone.
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
		// One recipient that is refused stops the mail for all: the mails of accounts have a
		// single one, and an error is better than half a delivery.
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

// signIn tells the server user name and password, which go over no line in the open.
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
		// net/smtp refuses to send a password over a line that is not encrypted; to try again
		// would change nothing.
		if failed.reply == 0 && !isNetwork(err) {
			failed.retry = false // our own refusal
		}
		return failed
	}
	return nil
}

// loginAuth is the method LOGIN, which is in no standard and in many servers.
type loginAuth struct{ settings.SMTP }

func (a *loginAuth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	// The password would go over the line in the open.
	if !server.TLS && !isLocalhost(server.Name) {
		return "", nil, errors.New("unencrypted connection")
	}
	return "LOGIN", nil, nil
}

// Next answers the two questions of the server. It answers nothing else, so that a server of
// another mind learns no password.
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
