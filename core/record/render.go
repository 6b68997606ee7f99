package record

import (
	"context"

	"github.com/loambase/loam/core/store"
)

// RenderOwn is the record as JSON as it sees itself, with its own email: what
// one gets back who has just signed in (contract records.md §4.1).
func (s *Service) RenderOwn(ctx context.Context, caller Caller, r *Record, expand string) ([]byte, error) {
	caller.Auth = r
	return s.render(ctx, caller, r, expand)
}

// render is a stored record as JSON, as the caller may see it. The record was
// judged by whoever loaded or wrote it; what was asked for beside it and cannot be
// read is left out, since what was done is done.
func (s *Service) render(ctx context.Context, caller Caller, r *Record, expand string) ([]byte, error) {
	rd := s.reading(caller)
	sh := s.shape(rd.snapshot, r.collection, rd.superuser)
	x := rd.expansion()
	nodes := x.nodes(r.collection, parseExpand(expand))
	managed := sh.showsEmailOf(r, caller, false)
	ask := !managed && len(sh.flags(caller)) > 0
	set := &rowset{}
	if len(nodes) > 0 || ask {
		err := rd.read(ctx, func(reader store.Reader) error {
			email := managed || ask && rd.manages(reader, sh, r.ID())
			set.reset(sh, nodes)
			set.addRecord(r, email)
			x.run(reader, set)
			return nil
		})
		if err == nil {
			return set.appendJSON(nil, 0), nil
		}
		s.Log.Warn("render", "collection", r.collection.Name, "error", err)
	}
	set.reset(sh, nil)
	set.addRecord(r, managed)
	return set.appendJSON(nil, 0), nil
}

// manages says whether the manage rule lets the caller at the record.
func (rd *reading) manages(r store.Reader, sh *shape, id string) bool {
	sel := rd.sel(sh, rd.caller.request(rd.caller.Body), "")
	sel.Columns, sel.Flags, sel.Rule, sel.ID = []string{"id"}, nil, sh.manage, id
	plan, err := rd.service.planner.Compile(sel)
	if err != nil || plan.Empty {
		return false
	}
	rows, err := r.Query(plan.SQL, plan.Args...)
	if err != nil {
		return false
	}
	defer rows.Close()
	return rows.Next()
}
