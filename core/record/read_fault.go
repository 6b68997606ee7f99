// Faults of reads: which errors of the planner and the store a client sees, and in which
// form.

package record

import (
	"errors"
	"slices"
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// ErrTimeLimit is in the chain of the fault of a read that has taken too long.
var ErrTimeLimit = store.ErrTimeout

// readFault turns the errors of reading that the client can do something about into
// faults; others stay as they are and are internal. A filter, sort or rule that cannot
// be used has the kind that the operation gives it; the query time limit is Invalid.
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

// filterReason tells superusers why an expression cannot be used.
func filterReason(invalid *query.Error) string {
	if invalid.Pos == 0 {
		return invalid.Message
	}
	return invalid.Message + " (at byte " + strconv.Itoa(invalid.Pos) + ")"
}

// ErrViewRefused is wrapped by the fault of a read of a view whose query the database rejects.
var ErrViewRefused = errors.New("the database refuses the query of a view")

// viewFault turns the error of a read of these tables into a fault if one of them is a
// view whose query the engine rejects: with the records that there are, a cast or a
// function of the query can fail, which only the author of the view can repair. Other
// errors stay as they are.
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
