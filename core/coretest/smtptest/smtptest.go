// Package smtptest is a small SMTP server for tests: it stores the mails that arrive, and fails at
// configured steps.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is a mail that has arrived.
type Mail struct {
	Hello    string // the name of the client in EHLO
	User     string // the user who has signed in, "" for none
	Secure   bool   // over TLS
	From     string
	To       []string
	Subject  string
	Header   mail.Header
	HTML     string
	Text     string
	received string
}

// Server is a running server. Its fields may be set until Start.
type Server struct {
	TLS      bool                     // from the first byte
	STARTTLS bool                     // offered
	User     string                   // the user who must sign in; "" lets everybody send
	Password string                   //
	Methods  string                   // of signing in; default "PLAIN LOGIN"
	Reply    func(verb string) string // the reply instead, as "421 busy"; "drop" and "hang" do that

	Addr  string         // host:port, once the server runs
	Roots *x509.CertPool // contains its certificate

	listener net.Listener
	config   *tls.Config
	arrived  chan Mail
	ended    chan struct{}
	mu       *sync.Mutex // guards open
	open     map[net.Conn]bool
}

// Start runs the server until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.certify(t)
	s.listener, s.Addr = listener, listener.Addr().String()
	s.arrived, s.ended, s.open = make(chan Mail, 100), make(chan struct{}), map[net.Conn]bool{}
	s.mu = &sync.Mutex{}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[conn] = true
			s.mu.Unlock()
			running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		close(s.ended)
		listener.Close()
		s.mu.Lock()
		for conn := range s.open {
			conn.Close()
		}
		s.mu.Unlock()
		running.Wait()
	})
	return s
}

// Host returns the host of Addr.
func (s *Server) Host() string { return "127.0.0.1" }

// Port returns the port of Addr.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Next waits for the next mail.
func (s *Server) Next(t testing.TB) Mail {
	t.Helper()
	select {
	case m := <-s.arrived:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no mail has arrived")
	}
	return Mail{}
}

// Waiting returns the number of mails that have arrived and that Next has not returned.
func (s *Server) Waiting() int { return len(s.arrived) }

// certify makes a certificate for 127.0.0.1 and localhost.
func (s *Server) certify(t testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(certificate)
	s.config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// session is one connection.
type session struct {
	*Server
	conn net.Conn
	in   *bufio.Reader
	mail Mail
	user string

	taken bool // the last reply was positive
}

// serve talks to one client until the client quits, or Reply cuts the connection.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	}()
	c := &session{Server: s, conn: conn}
	c.in = bufio.NewReader(c.conn)
	if s.TLS {
		c.secure()
	}
	if !c.answer("CONNECT", "220 smtptest ready") {
		return
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil || !c.command(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

func (c *session) secure() {
	c.conn = tls.Server(c.conn, c.config)
	c.in, c.mail.Secure = bufio.NewReader(c.conn), true
}

// answer sends the reply to a command, or that of Reply. It returns false if the connection must be
// closed.
func (c *session) answer(verb, reply string) bool {
	if c.Reply != nil {
		if other := c.Reply(verb); other != "" {
			reply = other
		}
	}
	switch reply {
	case "hang":
		<-c.ended
		return false
	case "drop":
		return false
	}
	c.taken = reply[0] == '2'
	_, err := io.WriteString(c.conn, reply+"\r\n")
	return err == nil && reply[:3] != "221" && reply[:3] != "421"
}

// command answers one line and reports whether the conversation continues.
func (c *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch verb {
	case "EHLO", "HELO":
		c.mail.Hello = rest
		lines := "250-smtptest\r\n"
		if c.STARTTLS && !c.mail.Secure {
			lines += "250-STARTTLS\r\n"
		}
		if c.User != "" {
			methods := c.Methods
			if methods == "" {
				methods = "PLAIN LOGIN"
			}
			lines += "250-AUTH " + methods + "\r\n"
		}
		return c.answer(verb, lines+"250 8BITMIME")
	case "STARTTLS":
		if !c.answer(verb, "220 go ahead") {
			return false
		}
		c.secure()
		return true
	case "AUTH":
		return c.signIn(rest)
	case "MAIL":
		if c.User != "" && c.user == "" {
			return c.answer(verb, "530 sign in first")
		}
		c.mail.From, c.mail.To = between(rest), nil
		return c.answer(verb, "250 ok")
	case "RCPT":
		c.mail.To = append(c.mail.To, between(rest))
		return c.answer(verb, "250 ok")
	case "DATA":
		return c.answer(verb, "354 go ahead") && c.data()
	case "QUIT":
		return c.answer(verb, "221 bye")
	}
	return c.answer(verb, "502 what?")
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// signIn answers AUTH PLAIN and AUTH LOGIN.
func (c *session) signIn(rest string) bool {
	method, first, _ := strings.Cut(rest, " ")
	var user, password string
	ask := func(question string) string {
		io.WriteString(c.conn, "334 "+base64.StdEncoding.EncodeToString([]byte(question))+"\r\n")
		line, _ := c.in.ReadString('\n')
		text, _ := base64.StdEncoding.DecodeString(strings.TrimRight(line, "\r\n"))
		return string(text)
	}
	switch method {
	case "PLAIN":
		text, _ := base64.StdEncoding.DecodeString(first)
		if parts := strings.Split(string(text), "\x00"); len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "LOGIN":
		user, password = ask("Username:"), ask("Password:")
	}
	if user != c.User || password != c.Password {
		return c.answer("AUTH", "535 wrong user or password")
	}
	c.user = user
	return c.answer("AUTH", "235 welcome")
}

// data reads a message and stores it.
func (c *session) data() bool {
	text, err := io.ReadAll(textproto.NewReader(c.in).DotReader())
	if err != nil {
		return false
	}
	c.mail.received = string(text)
	taken := c.answer("CONTENT", "250 taken")
	if taken && c.taken {
		c.mail.User = c.user
		c.arrived <- c.mail.parsed()
	}
	return taken
}

// parsed returns the mail with its parts read.
func (m Mail) parsed() Mail {
	message, err := mail.ReadMessage(strings.NewReader(m.received))
	if err != nil {
		return m
	}
	m.Header = message.Header
	m.Subject, _ = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	kind, params, _ := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") {
		return m
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for {
		part, err := parts.NextPart() // decodes quoted-printable
		if err != nil {
			return m
		}
		text, _ := io.ReadAll(part)
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind == "text/html" {
			m.HTML = string(text)
		} else {
			m.Text = string(text)
		}
	}
}

// Settings returns the change of settings that makes an app use the server.
func (s *Server) Settings() string {
	return `{"smtp":{"enabled":true,"host":"127.0.0.1","port":` + strconv.Itoa(s.Port()) + `,"tls":` + strconv.FormatBool(s.TLS) +
		`,"username":` + strconv.Quote(s.User) + `,"password":` + strconv.Quote(s.Password) + `}}`
}
