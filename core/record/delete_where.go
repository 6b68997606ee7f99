// Deletes by a filter.

package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
)

// DeleteWhere deletes the records that satisfy the filter and, for the caller, the delete rule. It
// does for each record all that Delete does, hooks included. Either all records are deleted, in one
// transaction, or none; n is their number, without the records that a cascade deletes. Filter and
// params are as in Query; an empty filter is Invalid, since Truncate empties a collection. The
// other faults are those of Find and Delete, except that records which the caller may not delete
// are skipped.
func (s *Service) DeleteWhere(ctx context.Context, caller Caller, collection, filter string, params map[string]any) (n int, err error) {
	if err := s.mayWrite(); err != nil {
		return 0, err
	}
	if filter == "" {
		return 0, &fault.Error{Kind: fault.Invalid, Reason: "a filter is required"}
	}
	op := Op{Caller: caller, Action: ActionDelete, Collection: collection, Input: Input{Body: caller.Body}}
	err = retryStale(func() (err error) {
		n, err = s.deleteWhere(ctx, op, filter, params)
		return err
	})
	if err != nil {
		return 0, readFault(err, fault.Invalid)
	}
	return n, nil
}

// deleteWhere does the work of DeleteWhere, by the definitions that hold when it begins.
func (s *Service) deleteWhere(ctx context.Context, op Op, filter string, params map[string]any) (n int, err error) {
	w := s.resolve(op, s.newPasswordWork(op.Caller))
	if w.earlyFault != nil {
		return 0, w.earlyFault
	}
	w.each = &matching{}
	if w.each.rule, err = w.rq.ruleFor(w.collection.DeleteRule); err != nil {
		return 0, err
	}
	if w.each.filter, w.each.expr, err = w.rq.bindFilter(filter, params, ""); err != nil {
		return 0, err
	}
	c := s.newCommit([]*writeRequest{w}, s.hasBeforeHooks(w), nil)
	if _, err = c.run(ctx); err != nil {
		for _, w := range c.all() {
			s.runAfterFailure(ctx, w, err)
		}
		return 0, err
	}
	return len(c.writes), nil
}
