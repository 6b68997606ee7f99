// Errors of schema changes: the first sentences of the wire format, and the failures of the
// database that are shown to a superuser.

package collection

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// First sentences of failures, in the words of the wire format.
const (
	// The messages of docs/wire/records.md §2, which clients may compare.
	createFailed   = "Failed to create collection."
	updateFailed   = "Failed to update collection."
	deleteFailed   = "Failed to delete collection."
	importFailed   = "Failed to import collections."
	loadFailed     = "An error occurred while loading the submitted data."
	validateFailed = "An error occurred while validating the submitted data."
)

// rawError returns a fault.Invalid with its cause: the failing statement is the superuser's own,
// so nothing secret is revealed. reason is the text of the cause.
func rawError(message, reason string, err error) error {
	return fault.Wrap(fault.Invalid, message+" Raw error: \n"+reason, err)
}

// refusal returns the database's reason if err is a refusal of a statement: a bad statement, a
// violated unique index, a value too long for an index. ok is false for any other error, such as
// a lost connection.
func refusal(err error) (reason string, ok bool) {
	var statement *store.StatementError
	if errors.As(err, &statement) {
		return statement.Message, true
	}
	var unique *store.UniqueError
	if errors.As(err, &unique) {
		return "values are not unique: " + strings.Join(unique.Columns, ", "), true
	}
	var long *store.TooLongError
	if errors.As(err, &long) {
		return "a value is too long for an index of this database", true
	}
	return "", false
}

// queryError is an error of a view's query that was found without running it, by the parser or by
// checking the ids.
type queryError struct{ error }

// queryRefusal is refusal for the query of a view: a query that the parser refuses or that takes
// too long counts as refused, too.
func queryRefusal(err error) (reason string, ok bool) {
	var own queryError
	switch {
	case errors.As(err, &own):
		return own.Error(), true
	case errors.Is(err, store.ErrTimeout):
		return fmt.Sprintf("the query takes more than %s", viewTimeout), true
	}
	return refusal(err)
}
