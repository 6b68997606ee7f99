// Live queries: a list is read again after each change that may affect it, and sent as a whole if
// it differs.

package graphql

import (
	"context"
	"time"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// maxState is the maximum length of a result of a live query in bytes: it is in memory for each
// receiver.
const maxState = 8 << 20

// liveField plans a live query.
func (p *planner) liveField(s *front.Selected, root *model.Root, args map[string]any) (*changedPlan, *front.Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer p.shallower()
	to := &plan{}
	field, err := p.list(s, root.Record, args, to)
	if err != nil {
		return nil, err
	}
	to.fields = []rootField{field}
	return &changedPlan{snapshot: p.model.Snapshot, live: to}, nil
}

// List implements realtime.Lister. An error of the list alone is returned as a result, and the list
// may be read again.
func (s *Subscription) List(ctx context.Context, caller record.Caller, update bool) ([]byte, *record.Listing, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.limits.TimeoutSeconds)*time.Second)
	defer cancel()
	data, listing, failed, err := s.list(ctx, caller, update)
	if (failed || err != nil) && s.service.cfg.Snapshot() != s.plan.Load().snapshot && s.Changed() == nil {
		data, listing, _, err = s.list(ctx, caller, update) // by the present collections
	}
	return data, listing, err
}

// list reads the result. failed reports that the result is an error instead of the list.
func (s *Subscription) list(ctx context.Context, caller record.Caller, update bool) (data []byte, listing *record.Listing, failed bool, err error) {
	p := s.plan.Load()
	branch, listing, err := s.service.cfg.Records().LiveTree(ctx, caller, p.live.roots[0].node, update)
	if kind := fault.KindOf(err); err != nil && (kind == fault.Internal || kind == fault.Unavailable || ctx.Err() != nil) {
		return nil, nil, true, err
	}
	if err != nil {
		branch = &record.Branch{Err: err}
	}
	if branch.Err != nil && !update {
		return nil, nil, true, branch.Err
	}
	if branch.Err != nil { // the listing may lack collections that the list depends on
		listing = &record.Listing{Restless: true}
	}
	x := &execution{service: s.service, caller: caller, limits: s.limits, operation: s.operation}
	data = x.answer(ctx, p.live, []*record.Branch{branch}).Append(nil)
	if len(data) > maxState {
		large := front.Complex("The result has %d bytes, which are more than %d.", len(data), maxState)
		large.Path = p.live.paths[0]
		data = (&Result{Data: null, Errors: []*front.Error{large}}).Append(nil)
	}
	return data, listing, branch.Err != nil, nil
}
