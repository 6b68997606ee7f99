// Package fault defines Error, the type of every expected failure.
//
// The code that detects a failure makes the Error, its callers return the Error unchanged or
// wrapped, and only internal/wire turns the Error into a status and a body. Any other error is
// Internal: the client gets a fixed sentence, and the log gets the chain.
package fault

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the kind of a failure, independent of any transport.
type Kind uint8

const (
	Internal        Kind = iota // an error of the server; the client gets no details
	Invalid                     // the input cannot be accepted
	Unauthenticated             // the request needs a caller who has signed in
	Forbidden                   // the caller may not do this
	NotFound                    // it does not exist, or the caller may not see it
	TooMany                     // the caller must slow down
	TooLarge                    // the input exceeds a size limit
	Unavailable                 // nothing was done; the same request may succeed later
)

func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not found", "too many", "too large", "unavailable"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error is an expected failure. Clients get the Message and Fields, and never the text of Err.
type Error struct {
	Kind    Kind
	Message string // empty: the default sentence of the kind
	Fields  Fields // the failures of parts of the input
	Reason  string // the exact cause, for superusers only
	Err     error

	RetryAfter time.Duration // of TooMany and Unavailable: the time to wait; 0: a short time
}

// Fields holds the failures of the parts of an input, by name or by list index.
type Fields map[string]*Field

// Field is the failure of one part (Code is set), or the failures of its parts (Fields is set).
type Field struct {
	Code    string
	Message string
	Params  map[string]any
	Fields  Fields
	Inner   *Error // with Code: the whole answer to one request of a batch
}

// Error returns the complete text, for logs and terminals, for example "Failed to create record;
// email: Cannot be blank: reason: cause".
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Kind.String()
	}
	more := ""
	for _, line := range e.Fields.Lines() {
		more += "; " + line
	}
	if e.Reason != "" {
		more += ": " + e.Reason
	}
	// The cause is for logs and terminals: internal/wire does not send it to clients. The text
	// omits a cause that the fields or the reason repeat.
	if e.Err != nil && len(e.Fields) == 0 && !strings.HasPrefix(e.Reason, e.Err.Error()) {
		more += ": " + e.Err.Error()
	}
	if more == "" {
		return text
	}
	return strings.TrimSuffix(text, ".") + more
}

func (e *Error) Unwrap() error { return e.Err }

// New returns a fault with a message for the client; "" stands for the default sentence of the
// kind.
func New(k Kind, message string) *Error { return &Error{Kind: k, Message: message} }

// Wrap returns a fault with a message for the client and a cause that the client does not get.
func Wrap(k Kind, message string, err error) *Error {
	return &Error{Kind: k, Message: message, Err: err}
}

// Invalidate returns an Invalid fault with the failures of fields.
func Invalidate(message string, fields Fields) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// KindOf returns the kind of the outermost fault in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Leaf returns the failure of one field. The message is a sentence without its final dot; the
// client gets params (name, value, name, value …) as they are.
func Leaf(code, message string, params ...any) *Field {
	f := &Field{Code: code, Message: message}
	for i := 0; i+1 < len(params); i += 2 {
		if f.Params == nil {
			f.Params = map[string]any{}
		}
		f.Params[params[i].(string)] = params[i+1]
	}
	return f
}

// Set adds a failure at a path, and creates the branches on the way. A nil leaf is ignored. An
// existing failure at the path stays: the first failure wins.
func (f Fields) Set(leaf *Field, path ...string) {
	if leaf == nil || len(path) == 0 {
		return
	}
	at := f
	for _, name := range path[:len(path)-1] {
		next := at[name]
		if next == nil {
			next = &Field{}
			at[name] = next
		}
		// The whole part has failed already, so failures inside of it do not matter any more.
		if next.Code != "" {
			return
		}
		if next.Fields == nil {
			next.Fields = Fields{}
		}
		at = next.Fields
	}
	last := path[len(path)-1]
	if at[last] == nil {
		at[last] = leaf
	}
}

// Index returns the path element of a list item.
func Index(i int) string { return strconv.Itoa(i) }

// Lines returns the failures of fields as sorted texts, one for each field.
func (f Fields) Lines() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name].Code != "" {
			line := name + ": " + f[name].Message
			if inner := f[name].Inner; inner != nil {
				line += ": " + inner.Error()
			}
			list = append(list, line)
			continue
		}
		for _, line := range f[name].Fields.Lines() {
			list = append(list, name+"."+line)
		}
	}
	return list
}
