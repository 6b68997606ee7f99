// Faults of reads: the errors of the planner and the store that a client sees, and their form.

package record

import (
	"errors"
	"slices"
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// ErrTimeLimit is in the chain of the fault of a read that takes too long.
var ErrTimeLimit = store.ErrTimeout

// readFault turns those errors of a read into faults that the client can act on; other errors are
// returned unchanged and are internal. The fault for a filter, sort or rule that cannot be used has
// the given kind; the fault for the time limit is Invalid.
func readFault(err error, kind fault.Kind) error {
	var invalid *query.Error
	switch {
	case errors.As(err, &invalid):
		return &fault.Error{Kind: kind, Reason: filterReason(invalid), Err: err}
	case errors.Is(err, store.ErrTimeout):
		return &fault.Error{Kind: fault.Invalid, Reason: "query time limit reached", Err: err}
	}
	return err
}

// filterReason returns the reason why an expression cannot be used, for superusers.
func filterReason(invalid *query.Error) string {
	if invalid.Pos == 0 {
		return invalid.Message
	}
	return invalid.Message + " (at byte " + strconv.Itoa(invalid.Pos) + ")"
}

// ErrViewRefused is in the chain of the fault of a read of a view whose query the database rejects.
var ErrViewRefused = errors.New("the database refuses the query of a view")

// viewFault turns the error of a read of these tables into a fault if a table is a view whose query
// the engine rejects: a cast or a function of the query can fail for some records, which only the
// author of the view can repair. Other errors are returned unchanged.
func (rq *readRequest) viewFault(err error, tables []string) error {
	var rejected *store.StatementError
	if !errors.As(err, &rejected) {
		return err
	}
	readsView := slices.ContainsFunc(tables, func(table string) bool {
		c := rq.snapshot.Find(table)
		return c != nil && c.IsView()
	})
	if !readsView {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Reason: rejected.Message, Err: errors.Join(ErrViewRefused, err)}
}
