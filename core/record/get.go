package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Get is the record as JSON (docs/wire/records.md §4.3). Faults: Forbidden where
// only superusers may view; NotFound for an unknown collection or id, a view rule
// that the record does not satisfy, and one that no longer compiles.
func (s *Service) Get(ctx context.Context, caller Caller, collection, id, expand string) (record []byte, err error) {
	if s.Hooks.Request.Empty() {
		return s.get(ctx, caller, collection, id, expand)
	}
	e := &RequestEvent{Context: ctx, Operation: OpView, Caller: caller, ID: id}
	err = s.request(e, collection, func(e *RequestEvent) error {
		record, err = s.get(ctx, e.Caller, collection, e.ID, expand)
		return err
	})
	return record, err
}

func (s *Service) get(ctx context.Context, caller Caller, collection, id, expand string) (record []byte, err error) {
	err = s.withReading(caller, func(rd *reading) error {
		record, err = rd.get(ctx, collection, id, expand)
		return err
	})
	return record, err
}

func (rd *reading) get(ctx context.Context, collection, id, expand string) ([]byte, error) {
	c, rule, err := rd.collection(collection, func(c *schema.Collection) *string { return c.ViewRule })
	if err != nil {
		return nil, err
	}
	if id == "" { // which a Select takes for any
		return nil, missing()
	}
	sh := rd.service.shape(rd.snapshot, c, rd.superuser)
	sel := rd.sel(sh, rd.caller.request(rd.caller.Body), rule)
	sel.ID, sel.Limit = id, 1
	plan, err := rd.service.planner.Compile(sel)
	if err != nil {
		return nil, unreadable(err, fault.NotFound)
	}
	if plan.Empty {
		return nil, missing()
	}
	x := rd.expansion()
	nodes := x.nodes(c, parseExpand(expand))
	set := rd.service.rowset()
	defer rd.service.recycle(set)
	err = rd.readCurrent(ctx, func(r store.Reader) error {
		set.reset(sh, nodes)
		if err := set.read(r, plan, rd.caller); err != nil {
			return err
		}
		x.run(r, set)
		return nil
	})
	if err != nil {
		return nil, unreadable(rd.ofView(err, plan), fault.NotFound)
	}
	if set.err != nil {
		return nil, set.err
	}
	if len(set.rows) == 0 {
		return nil, missing()
	}
	return set.appendJSON(nil, 0), nil
}

func missing() error { return fault.New(fault.NotFound, "") }
