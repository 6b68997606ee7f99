package query

import (
	"encoding/base64"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Naive plans the ids that rule and filter select like the reference: every path is joined to the
// selected table, duplicates are removed, nothing is folded inside joins. The real plan must
// agree with it.
func Naive(p *Planner, sel Select) (string, []store.Value, error) {
	r := &read{b: newBuilder(p, &sel), sel: &sel}
	rule, err := r.whole(sel.Rule, nil, false)
	if err != nil {
		return "", nil, err
	}
	filter, err := r.whole(sel.Filter, nil, sel.Restricted)
	if err != nil {
		return "", nil, err
	}
	sql, args := render.Plain(p.dialect, r.b.base, r.b.made, ir.AllOf(rule, filter), r.guards)
	return sql, args, nil
}

// LikePattern exports ir.LikePattern for a test against SQLite.
func LikePattern(v store.Value) (string, bool) { return ir.LikePattern(ir.Bound(v).Pattern()) }

// ModifiersOf exports the table by kind for a test against schema.Kinds.
var ModifiersOf = modifiersOf

// Sealed returns a cursor with the content, as only the planner can make it.
func (p *Planner) Sealed(s *schema.Snapshot, content string) string {
	return base64.RawURLEncoding.EncodeToString(p.sealOf(s).Close([]byte(content)))
}
