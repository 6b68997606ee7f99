// Errors of a request, with the codes of the contract (§7).

package front

import (
	"fmt"
	"strings"

	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/loambase/loam/core/fault"
)

// Code is the code of an error.
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
	Fields    fault.Fields // of BadUserInput: the failures of the fields
	Reason    string       // the exact cause, for superusers
}

func (e *Error) Error() string { return e.Message }

// Bad returns the error of an invalid input.
func Bad(at []gqlerrors.Location, format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, args...), Locations: at}
}

// Complex returns the error of an operation that is over a limit.
func Complex(format string, args ...any) *Error {
	return &Error{Code: TooComplex, Message: fmt.Sprintf(format, args...)}
}

// sentence returns the text of an error as a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
