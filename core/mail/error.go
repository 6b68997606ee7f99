package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// Step is a step of sending a mail.
type Step string

// The steps in their order.
const (
	LookUp    Step = "look-up"   // the address of the server is looked up
	Connect   Step = "connect"   //
	TLS       Step = "TLS"       // the handshake, at once or by STARTTLS
	Greeting  Step = "greeting"  //
	SignIn    Step = "sign-in"   //
	Sender    Step = "sender"    // the server is told the sender
	Recipient Step = "recipient" // the server is told the recipients
	Content   Step = "content"   // the text is sent
	Transport Step = "transport" // a hook sends the mail in its own way
)

// Error is the error of a mail that could not be sent.
type Error struct {
	Step Step
	Hint string // advice for the operator, or ""
	Err  error

	// Reached lists the completed steps, with the address of the server, the version of TLS and the
	// user name, but without secrets. Error does not include it.
	Reached []string

	reply int  // the code of the server's reply; 0 if there is none
	retry bool // the same mail may be accepted later
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Step, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// The errors of mails that were not sent to a server.
var (
	ErrOff  = errors.New("SMTP is off in the settings")
	ErrFull = errors.New("too many mails are waiting")
	ErrLate = errors.New("the mail has expired")
)

// failure returns the error of a step: a reply of the server, or a lost connection. A reply of 500
// and above is final.
func (s *smtpServer) failure(step Step, err error) *Error {
	e := &Error{Step: step, Err: err, Hint: s.hint(step, false), retry: true}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.reply, e.retry = reply.Code, reply.Code < 500
		// A reply may have several lines, but is logged in one.
		e.Err = fmt.Errorf("%d %s", reply.Code, strings.Join(strings.Fields(reply.Msg), " "))
	}
	return e
}

// isNetwork reports whether the connection has failed.
func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// retryable reports whether the same mail may be accepted later.
func retryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.retry
}

// Temporary marks an error of an Event.Transport: the mail is tried again.
func Temporary(err error) error { return &Error{Step: Transport, Err: err, retry: true} }
