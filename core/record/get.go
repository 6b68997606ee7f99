package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/store"
)

// Get is the record as JSON (contract records.md §4.3). Faults: Forbidden where
// only superusers may view; NotFound for an unknown collection or id, a view rule
// that the record does not satisfy, and one that no longer compiles.
func (s *Service) Get(ctx context.Context, caller Caller, collection, id, expand string) ([]byte, error) {
	rd := s.reading(caller)
	c, rule, err := rd.collection(collection, func(c *schema.Collection) *string { return c.ViewRule })
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, fault.New(fault.NotFound, "")
	}
	sh := s.shape(rd.snapshot, c, rd.superuser)
	sel := rd.sel(sh, caller.request(caller.Body), rule)
	sel.ID, sel.Limit = id, 1
	plan, err := s.planner.Compile(sel)
	if err != nil {
		return nil, unreadable(err, fault.NotFound)
	}
	if plan.Empty {
		return nil, fault.New(fault.NotFound, "")
	}
	x := rd.expansion()
	nodes := x.nodes(c, parseExpand(expand))
	set := s.rowset()
	defer s.recycle(set)
	err = rd.read(ctx, func(r store.Reader) error {
		set.reset(sh, nodes)
		rows, err := r.Query(plan.SQL, plan.Args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.Next() {
			set.add(rows, caller)
		}
		if err := rows.Close(); err != nil {
			return err
		}
		x.run(r, set)
		return nil
	})
	if err != nil {
		return nil, unreadable(err, fault.NotFound)
	}
	if len(set.rows) == 0 {
		return nil, fault.New(fault.NotFound, "")
	}
	return set.appendJSON(nil, 0), nil
}
