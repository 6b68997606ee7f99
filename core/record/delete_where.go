// Deletes by a filter.

package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// DeleteWhere deletes the records that satisfy the filter and, for the caller, the
// delete rule, with everything that Delete does for each, hooks included. All go in one
// transaction, or none; n is their number, without those that a deletion took along.
// Filter and params are as in Query; an empty filter is Invalid, since Truncate empties a
// collection. The other faults are those of Find and Delete, but that records which the
// caller may not delete are left out.
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

// deleteWhere is DeleteWhere by the definitions that hold when it begins.
func (s *Service) deleteWhere(ctx context.Context, op Op, filter string, params map[string]any) (n int, err error) {
	work := s.newPasswordWork(op.Caller)
	// The probe stands for the operation before its records are known: it finds the collection,
	// judges whether the rule lets anybody delete, and has the snapshot that holds for all.
	probe := s.resolve(op, work)
	if probe.earlyFault != nil {
		return 0, probe.earlyFault
	}
	rule, err := probe.rq.ruleFor(probe.collection.DeleteRule)
	if err != nil {
		return 0, err
	}
	text, bound, err := probe.rq.bindFilter(filter, params, "")
	if err != nil {
		return 0, err
	}
	c := &commit{service: s, first: probe, writes: []*writeRequest{probe}, exclusive: s.hasBeforeHooks(probe), passwords: work}
	// The records are looked for inside of the transaction, so that exactly those go that
	// satisfy the filter then. If the transaction is tried again, they are looked for again.
	c.expand = func(tx store.Tx) ([]*writeRequest, error) {
		plan, err := s.planner.Compile(query.Select{
			Scope: probe.rq.scope(probe.collection, op.Input.Body), Columns: []string{"id"}, Rule: rule,
			Filter: text, FilterExpr: bound, Restricted: !probe.rq.superuser,
		})
		if err != nil || plan.Empty {
			return nil, err
		}
		ids, err := queryTexts(tx, plan.SQL, plan.Args...)
		if err != nil {
			return nil, err
		}
		writes := make([]*writeRequest, len(ids))
		for i, id := range ids {
			w := s.resolve(op, work)
			// A cascade or a hook of an earlier deletion may take this record along; that is no
			// error.
			w.id, w.op.ID, w.mayBeGone = id, id, true
			writes[i] = w
		}
		return writes, nil
	}
	if _, err = c.run(ctx); err != nil {
		for _, w := range c.writes {
			s.runAfterFailure(ctx, w, err)
		}
		return 0, err
	}
	return len(c.writes), nil
}
