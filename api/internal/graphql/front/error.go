// Errors of a request, with the codes of the contract (§7).

package front

import (
	"fmt"
	"strings"

	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/loambase/loam/core/fault"
)

// Code says what sort of error it is.
type Code string

// The codes.
const (
	ParseFailed      Code = "GRAPHQL_PARSE_FAILED"
	ValidationFailed Code = "GRAPHQL_VALIDATION_FAILED"
	BadUserInput     Code = "BAD_USER_INPUT"
	Unauthenticated  Code = "UNAUTHENTICATED"
	Forbidden        Code = "FORBIDDEN"
	NotFound         Code = "NOT_FOUND"
	Conflict         Code = "CONFLICT"
	RateLimited      Code = "RATE_LIMITED"
	TooComplex       Code = "QUERY_TOO_COMPLEX"
	Timeout          Code = "TIMEOUT"
	SchemaChanged    Code = "SCHEMA_CHANGED"
	NotPersisted     Code = "PERSISTED_QUERY_NOT_FOUND"
	Internal         Code = "INTERNAL_SERVER_ERROR"
)

// Error is an entry of "errors" in an answer.
type Error struct {
	Code      Code
	Message   string
	Locations []gqlerrors.Location
	Path      []any        // keys and positions in the answer
	Fields    fault.Fields // of BadUserInput: what is wrong with which field
	Reason    string       // the exact cause, for superusers
}

func (e *Error) Error() string { return e.Message }

// Bad is the error of an input that cannot be used.
func Bad(at []gqlerrors.Location, format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, args...), Locations: at}
}

// Complex is the error of an operation that is over a limit.
func Complex(format string, args ...any) *Error {
	return &Error{Code: TooComplex, Message: fmt.Sprintf(format, args...)}
}

// sentence is an error as a message.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
