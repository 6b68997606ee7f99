// A rule judged for one record.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Satisfies reports whether the record, as it is stored, satisfies a rule for the caller,
// superusers included. A record that is gone satisfies no rule, and no record satisfies
// a rule that does not compile. The fault is Invalid for a rule that takes too long.
func (s *Service) Satisfies(ctx context.Context, caller Caller, r *Record, rule string) (ok bool, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		ok, err = rq.satisfies(ctx, r, rule)
		return err
	})
	return ok, err
}

// satisfies is Satisfies by one snapshot. A rule that does not compile is logged, since only
// its author can mend it.
func (rq *readRequest) satisfies(ctx context.Context, r *Record, rule string) (ok bool, err error) {
	c, s := rq.snapshot.ByID(r.collection.ID), rq.service
	if c == nil {
		return false, nil
	}
	plan, err := s.planner.Compile(rq.judged(c, r.ID(), rule))
	var invalid *query.Error
	// The rule is that of an embedder or of a collection, never of the client: its author
	// learns of it from the log.
	if errors.As(err, &invalid) {
		s.cfg.Log.Warn("rule does not compile", "collection", c.Name, "error", err)
		return false, nil
	}
	if err != nil || plan.Empty {
		return false, err
	}
	err = rq.read(ctx, plan.Work, func(r store.Reader) (err error) {
		ok, err = hasRow(r, plan.SQL, plan.Args...)
		return err
	})
	return ok, readFault(err, fault.Forbidden)
}

// judged selects the stored record of that id if it satisfies the rule.
func (rq *readRequest) judged(c *schema.Collection, id, rule string) query.Select {
	return query.Select{Scope: rq.scope(c, rq.caller.Body), Columns: []string{"id"}, ID: id, Rule: rule, Limit: 1}
}
