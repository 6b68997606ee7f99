package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// Step is a part of the way of a mail.
type Step string

// The steps in their order.
const (
	LookUp    Step = "look-up"   // of the server's address
	Connect   Step = "connect"   //
	TLS       Step = "TLS"       // the handshake, at once or by STARTTLS
	Greeting  Step = "greeting"  //
	SignIn    Step = "sign-in"   //
	Sender    Step = "sender"    // the server is told from whom the mail is
	Recipient Step = "recipient" // and to whom
	Content   Step = "content"   // and its text
	Transport Step = "transport" // all of them, where a hook has put its own way
)

// Error is a mail that could not be sent.
type Error struct {
	Step Step
	Hint string // what may help; "" if nothing comes to mind
	Err  error

	// Reached lists the completed steps before Step, with the address of the server, the version of
	// TLS and the user name, but no secrets. It is not part of the text of the error.
	Reached []string

	reply int  // of the server; 0: none
	retry bool // the same may succeed later
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Step, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Errors of mails that no server has seen.
var (
	ErrOff  = errors.New("SMTP is off in the settings")
	ErrFull = errors.New("too many mails are waiting")
	ErrLate = errors.New("the mail has expired")
)

// failure is what has come of a step: a reply of the server, or a connection that was
// lost. A reply of 500 and above is final.
func (s *smtpServer) failure(step Step, err error) *Error {
	e := &Error{Step: step, Err: err, Hint: s.hint(step, false), retry: true}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		e.reply, e.retry = reply.Code, reply.Code < 500
		// A reply may have several lines; a log line has one.
		e.Err = fmt.Errorf("%d %s", reply.Code, strings.Join(strings.Fields(reply.Msg), " "))
	}
	return e
}

// isNetwork reports whether the connection was to blame.
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
