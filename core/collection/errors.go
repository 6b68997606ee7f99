package collection

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// What failures say first, in the words of the wire.
const (
	createFailed   = "Failed to create collection."
	updateFailed   = "Failed to update collection."
	deleteFailed   = "Failed to delete collection."
	importFailed   = "Failed to import collections."
	loadFailed     = "An error occurred while loading the submitted data."
	validateFailed = "An error occurred while validating the submitted data."
)

// rawError is a failure whose cause is told though it is no validation error: it
// is a superuser's own statement that failed.
func rawError(message, reason string, err error) error {
	return fault.Wrap(fault.Invalid, message+" Raw error: \n"+reason, err)
}

// refusal is what the database has against a statement, if that is why it failed.
func refusal(err error) (reason string, ok bool) {
	var statement *store.StatementError
	if errors.As(err, &statement) {
		return statement.Message, true
	}
	var unique *store.UniqueError
	if errors.As(err, &unique) {
		return "values are not unique: " + strings.Join(unique.Columns, ", "), true
	}
	return "", false
}

// queryError is what is wrong with a query, found without an engine.
type queryError struct{ error }

// queryRefusal is what is wrong with a query, if that is what the error is about.
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
