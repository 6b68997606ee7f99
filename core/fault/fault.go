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

// Kind says what sort of failure it is, in words that no transport owns.
type Kind uint8

const (
	Internal        Kind = iota // ours; nothing of it is shown
	Invalid                     // the input cannot be accepted
	Unauthenticated             // nobody has signed in
	Forbidden                   // somebody has, and may not
	NotFound                    // it is not there, or not for this caller
	TooMany                     // slow down
	TooLarge                    // the input is over a size limit
	Unavailable                 // not now: nothing was done, the same may succeed later
)

func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not found", "too many", "too large", "unavailable"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error is a failure that its caller may be told about. Err never is.
type Error struct {
	Kind    Kind
	Message string // empty: the kind's default sentence
	Fields  Fields // what is wrong with which part of the input
	Reason  string // the exact cause, shown to superusers only
	Err     error

	RetryAfter time.Duration // of TooMany and Unavailable: when to try again; 0: soon
}

// Fields are the failures of the parts of an input, by name or by list index.
type Fields map[string]*Field

// Field is a leaf (Code is set) or a branch (Fields is set).
type Field struct {
	Code    string
	Message string
	Params  map[string]any
	Fields  Fields
	Inner   *Error // a leaf that carries a whole answer: one request of a batch
}

// Error says everything, for logs and terminals: "Failed to create record; email:
// Cannot be blank: reason: cause".
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

// New is a fault with a public message; an empty one stands for the kind's default.
func New(k Kind, message string) *Error { return &Error{Kind: k, Message: message} }

// Wrap is New with the private cause.
func Wrap(k Kind, message string, err error) *Error {
	return &Error{Kind: k, Message: message, Err: err}
}

// Invalidate is an Invalid fault with its fields.
func Invalidate(message string, fields Fields) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// KindOf is the kind of the outermost fault in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Leaf is a field failure. The message is a sentence without its final dot;
// params (name, value, name, value …) are shown to the client as they are.
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

// Set puts a failure at a path, making the branches on the way. A nil leaf is
// ignored, and what stands at the path already stays: the first failure wins.
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
		// The whole part has failed already: what is wrong inside of it does not matter any
		// more.
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

// Index is the path element of a list item.
func Index(i int) string { return strconv.Itoa(i) }

// Lines says which fields are wrong and why, one a line, sorted.
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
