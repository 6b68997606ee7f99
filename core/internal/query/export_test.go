package query

import (
	"encoding/base64"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Naive plans the ids that rule and filter select as the reference does: every path
// joined to the selected table, duplicates removed, nothing folded away inside
// joins. It is what the real plan must agree with.
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

// LikePattern is tested against SQLite.
func LikePattern(v store.Value) (string, bool) { return ir.LikePattern(ir.Bound(v).Pattern()) }

// ModifiersOf is the table by kind, which a test holds against schema.Kinds.
var ModifiersOf = modifiersOf

// Sealed is a cursor of that content, as only the planner can make it.
func (p *Planner) Sealed(s *schema.Snapshot, content string) string {
	return base64.RawURLEncoding.EncodeToString(p.sealOf(s).Close([]byte(content)))
}
