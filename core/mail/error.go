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
	LookUp    Step = "look-up" // of the server's address
	Connect   Step = "connect"
	TLS       Step = "TLS" // the handshake, at once or by STARTTLS
	Greeting  Step = "greeting"
	SignIn    Step = "sign-in"
	Sender    Step = "sender"    // the sender is sent to the server
	Recipient Step = "recipient" // a recipient is sent to the server
	Content   Step = "content"   // the text is sent to the server
	Transport Step = "transport" // the whole transport, by a hook
)

// Error is the error of a mail that could not be sent.
type Error struct {
	Step Step
	Hint string // a possible cure; "" if none is known
	Err  error

	// Reached lists the completed steps before Step, with the address of the server, the version of
	// TLS and the user name, but no secrets. It is not part of the text of the error.
	Reached []string

	reply int  // the code of the server's reply; 0: no reply
	retry bool // a later attempt may succeed
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Step, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Errors of mails that were not sent to a server.
var (
	ErrOff  = errors.New("SMTP is off in the settings")
	ErrFull = errors.New("too many mails are waiting")
	ErrLate = errors.New("the mail has expired")
)

// failure returns the error of a step that failed because of a reply of the server or a lost
// connection. A reply of 500 and above is final.
func (s *smtpServer) failure(step Step, err error) *Error {
	e := &Error{Step: step, Err: err, Hint: s.hint(step, false), retry: true}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.reply, e.retry = reply.Code, reply.Code < 500
		// A reply may have several lines, but a log entry has one line.
		e.Err = fmt.Errorf("%d %s", reply.Code, strings.Join(strings.Fields(reply.Msg), " "))
	}
	return e
}

// isNetwork reports whether the error is a failure of the connection.
func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// retryable reports whether a later attempt to send the same mail may succeed.
func retryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.retry
}

// Temporary marks an error of an Event.Transport: the mail is tried again.
func Temporary(err error) error { return &Error{Step: Transport, Err: err, retry: true} }
