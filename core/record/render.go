package record

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
)

// RenderOwn is the record as JSON as it sees itself, with its own email: what
// one gets back who has just signed in (docs/wire/records.md §4.1).
func (s *Service) RenderOwn(ctx context.Context, caller Caller, r *Record, expand string) ([]byte, error) {
	caller.Auth = r
	return s.render(ctx, caller, r, expand)
}

// render is a stored record as JSON, as the caller may see it. The record was
// judged by whoever loaded or wrote it; what was asked for beside it and cannot be
// read is left out, since what was done is done.
func (s *Service) render(ctx context.Context, caller Caller, r *Record, expand string) ([]byte, error) {
	v := s.rendering(caller, r, expand)
	if !v.reads() {
		return v.json(nil)
	}
	var out []byte
	err := v.read(ctx, func(reader store.Reader) (err error) {
		out, err = v.json(reader)
		return err
	})
	if err != nil {
		s.Log.Warn("render", "collection", r.collection.Name, "error", err)
		return v.json(nil)
	}
	return out, nil
}

// renderIn is render within a transaction, as of its present state.
func (s *Service) renderIn(reader store.Reader, caller Caller, r *Record, expand string) ([]byte, error) {
	v := s.rendering(caller, r, expand)
	if !v.reads() {
		return v.json(nil)
	}
	return v.json(reader)
}

// rendering is a record on its way to JSON.
type rendering struct {
	*expansion
	record *Record
	shape  *shape
	nodes  []*node
	email  bool // is shown in any case
}

func (s *Service) rendering(caller Caller, r *Record, expand string) *rendering {
	v := &rendering{expansion: s.reading(caller).expansion(), record: r}
	v.shape = s.shape(v.snapshot, r.collection, v.superuser)
	v.nodes = v.expansion.nodes(r.collection, parseExpand(expand))
	v.email = v.shape.showsEmailOf(r, caller, false)
	return v
}

// reads says whether more than the record itself is needed.
func (v *rendering) reads() bool { return len(v.nodes) > 0 || v.asks() }

// asks says whether the manage rule decides about the email.
func (v *rendering) asks() bool { return !v.email && len(v.shape.flags(v.caller)) > 0 }

// json is the record; without a reader only what it holds itself.
func (v *rendering) json(reader store.Reader) ([]byte, error) {
	email, nodes := v.email, v.nodes
	if reader == nil {
		nodes = nil
	} else if v.asks() {
		email = v.manages(reader, v.shape, v.record.ID())
	}
	set := &rowset{}
	set.reset(v.shape, nodes)
	set.addRecord(v.record, v.caller, email)
	if set.err != nil {
		return nil, set.err
	}
	if reader != nil {
		v.run(reader, set)
	}
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
