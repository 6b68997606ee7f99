package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// Satisfies says whether the record, as it is stored, satisfies a rule for the
// caller, superusers included. A record that is gone satisfies none, and nothing
// satisfies a rule that does not compile. A rule that takes too long is a fault.
func (s *Service) Satisfies(ctx context.Context, caller Caller, r *Record, rule string) (ok bool, err error) {
	err = s.withReading(caller, func(rd *reading) (err error) {
		ok, err = rd.satisfies(ctx, r, rule)
		return err
	})
	return ok, err
}

func (rd *reading) satisfies(ctx context.Context, r *Record, rule string) (bool, error) {
	c, s := rd.snapshot.ByID(r.collection.ID), rd.service
	if c == nil {
		return false, nil
	}
	plan, err := s.planner.Compile(query.Select{
		Scope:   query.Scope{Snapshot: rd.snapshot, Collection: c, Request: rd.caller.request(rd.caller.Body), Now: rd.now},
		Columns: []string{"id"},
		ID:      r.ID(),
		Rule:    rule,
		Limit:   1,
	})
	var refused *query.Error
	if errors.As(err, &refused) {
		s.Log.Warn("rule does not compile", "collection", c.Name, "error", err)
		return false, nil
	}
	if err != nil || plan.Empty {
		return false, err
	}
	var found bool
	err = rd.readCurrent(ctx, func(r store.Reader) error {
		rows, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		found = rows.Next()
		return rows.Close()
	})
	if err != nil {
		return false, unreadable(err, fault.Forbidden)
	}
	return found, nil
}
