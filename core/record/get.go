// Viewing one record as JSON.

package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Get returns the record as JSON (docs/wire/records.md §4.3). Faults: Forbidden if only superusers
// may view; NotFound for an unknown collection or id, a record that does not satisfy the view rule,
// and a view rule that no longer compiles; Invalid for a query that takes too long.
func (s *Service) Get(ctx context.Context, caller Caller, collection, id, expand string) (json []byte, err error) {
	get := func(caller Caller, id string) error {
		return s.readWithRetry(caller, func(rq *readRequest) error {
			json, err = rq.get(ctx, collection, id, expand)
			return err
		})
	}
	if s.cfg.Hooks.Request.Empty() {
		err = get(caller, id)
		return json, err
	}
	e := &RequestEvent{Operation: OpView, Caller: caller, ID: id}
	err = s.aroundRequest(ctx, e, collection, func(e *RequestEvent) error { return get(e.Caller, e.ID) })
	return json, err
}

// get does the work of Get, within the Request hooks.
func (rq *readRequest) get(ctx context.Context, collection, id, expand string) ([]byte, error) {
	c, rule, err := rq.resolve(collection, func(c *schema.Collection) *string { return c.ViewRule })
	if err != nil {
		return nil, err
	}
	if id == "" { // a Select takes "" for any id
		return nil, missing()
	}
	p := rq.service.projection(rq.snapshot, c, rq.superuser)
	sel := rq.selection(p, rq.caller.request(rq.caller.Body), rule)
	sel.ID, sel.Limit = id, 1
	plan, err := rq.service.planner.Compile(sel)
	if err != nil {
		return nil, readFault(err, fault.NotFound)
	}
	if plan.Empty {
		return nil, missing()
	}
	// The row and its related records are read in one transaction, so that they are of the same
	// moment.
	x, nodes := rq.expand(ctx, p, expand)
	set := rq.service.newRowset()
	defer rq.service.recycle(set)
	err = rq.read(ctx, expandWork(plan.Work, expand, nodes), func(r store.Reader) error {
		set.reset(p, nodes, x.enrich)
		if err := set.read(r, plan, rq.caller); err != nil {
			return err
		}
		return x.run(r, set)
	})
	if err != nil {
		return nil, readFault(rq.viewFault(err, plan.Tables), fault.NotFound)
	}
	if len(set.rows) == 0 {
		if rule != "" {
			rq.service.denied(c, actionRead)
		}
		return nil, missing()
	}
	return set.appendJSON(nil, 0), nil
}
