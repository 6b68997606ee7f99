// Translation of errors of the driver into errors of the store: conflicts, uniqueness, lost
// connections.

package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// errInDoubt is the error of a commit whose answer was lost with the connection. The write is not
// repeated, since it may be stored.
var errInDoubt = errors.New("postgres: the connection was lost during the commit: whether the write is stored is not known")

// SQLSTATE codes of PostgreSQL (its manual, appendix A).
const (
	codeUnique        = "23505"
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeLockTimeout   = "55P03"
	codeDiskFull      = "53100"
	codeCancelled     = "57014"
	codeReadOnly      = "25006"
	codeNotSupported  = "0A000"
	codeProgramLimit  = "54000"
)

// Routines of the server that refuse an index entry which does not fit into a third of a page, or
// into a page.
const (
	routineThird = "_bt_check_third_page"
	routineTuple = "index_form_tuple_context"
	routineOld   = "index_form_tuple" // before PostgreSQL 16
)

// classify translates an error of the driver into an error of the store.
func classify(err error) error {
	var e *pgconn.PgError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contextError(err)
	// An error that is no answer of the server is an error of the connection: refused, reset, or
	// cut off.
	case !errors.As(err, &e): // no answer at all
		return &unavailable{err}
	case e.Code == codeUnique:
		return &store.UniqueError{Table: e.TableName, Index: e.ConstraintName}
	case e.Code == codeDiskFull:
		return store.ErrFull
	case tooLong(e):
		return &store.TooLongError{Index: e.ConstraintName}
	case e.Code == codeCancelled:
		return store.ErrTimeout
	case conflict(err), cutOff(e):
		return &unavailable{err}
	}
	return &store.StatementError{Message: e.Message}
}

// conflict reports whether the transaction lost a conflict with another one; if it is run again,
// it may succeed.
func conflict(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == codeSerialization || e.Code == codeDeadlock || e.Code == codeLockTimeout || stalePlan(e)
}

// tooLong reports whether an index has no room for an entry.
func tooLong(e *pgconn.PgError) bool {
	return e.Code == codeProgramLimit && (e.Routine == routineThird || e.Routine == routineTuple || e.Routine == routineOld)
}

// stalePlan reports whether the table of a prepared statement has changed since it was prepared.
// If the transaction is run again, it prepares the statement anew.
func stalePlan(e *pgconn.PgError) bool {
	return e.Code == codeNotSupported && e.Routine == "RevalidateCachedQuery"
}

// cutOff reports whether the error is a failure of the server, not of the statement.
func cutOff(e *pgconn.PgError) bool {
	if e.Severity == "FATAL" || e.Severity == "PANIC" || e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC" {
		return true
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "08", "53", "58", "XX": // connection, resources, the system, internal
		return true
	case "57":
		return strings.HasPrefix(e.Code, "57P")
	}
	return false
}

// unavailable is store.ErrUnavailable with its reason for the log.
type unavailable struct{ reason error }

func (e *unavailable) Error() string   { return store.ErrUnavailable.Error() + ": " + e.reason.Error() }
func (e *unavailable) Unwrap() []error { return []error{store.ErrUnavailable, e.reason} }
