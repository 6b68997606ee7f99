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

// Satisfies reports whether the stored record satisfies a rule for the caller, who may be a
// superuser. A record that no longer exists satisfies no rule, and no record satisfies a rule that
// does not compile. The fault is Invalid for a rule that takes too long.
func (s *Service) Satisfies(ctx context.Context, caller Caller, r *Record, rule string) (ok bool, err error) {
	err = s.readWithRetry(caller, func(rq *readRequest) (err error) {
		ok, err = rq.satisfies(ctx, r, rule)
		return err
	})
	return ok, err
}

// satisfies does the work of Satisfies in one snapshot. A rule that does not compile is logged,
// since only its author can repair it.
func (rq *readRequest) satisfies(ctx context.Context, r *Record, rule string) (ok bool, err error) {
	c, s := rq.snapshot.ByID(r.collection.ID), rq.service
	if c == nil {
		return false, nil
	}
	plan, err := s.planner.Compile(rq.judged(c, r.ID(), rule))
	var invalid *query.Error
	// The rule belongs to an embedder or to a collection, never to the client: its author learns of
	// the error from the log.
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

// judged returns a selection of the stored record with that id if it satisfies the rule.
func (rq *readRequest) judged(c *schema.Collection, id, rule string) query.Select {
	return query.Select{Scope: rq.scope(c, rq.caller.Body), Columns: []string{"id"}, ID: id, Rule: rule, Limit: 1}
}
