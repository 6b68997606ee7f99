package record

import (
	"errors"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// ofView is the error of a plan that reads a view whose query the engine refuses: with
// the records that there are now a cast or a function of it can fail, which is its
// author's matter and not ours. Other errors are returned as they are.
func (rd *reading) ofView(err error, plan *query.Plan) error {
	var refused *store.StatementError
	reads := slices.ContainsFunc(plan.Tables, func(table string) bool {
		c := rd.snapshot.Find(table)
		return c != nil && c.IsView()
	})
	if !reads || !errors.As(err, &refused) {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Reason: refused.Message, Err: err}
}
