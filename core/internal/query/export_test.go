package query

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
)

// Naive plans the ids that a filter selects as the reference does: every path
// joined to the selected table, duplicates removed, nothing folded away inside
// joins. It is what the real plan must agree with.
func Naive(p *Planner, sel Select) (string, []store.Value, error) {
	e, err := p.parse(sel.Filter)
	if err != nil {
		return "", nil, err
	}
	b := newBuilder(p, &sel)
	var guards []ir.Cond
	r := resolver{b: b, base: b.base, restricted: sel.Restricted, guards: &guards}
	c, err := r.expr(e)
	if err != nil {
		return "", nil, err
	}
	sql, args := render.Plain(p.dialect, b.base, b.made, c, guards)
	return sql, args, nil
}

// LikePattern is tested against SQLite.
func LikePattern(v store.Value) (string, bool) { return ir.LikePattern(ir.Bound(v).Pattern()) }

// ModifiersOf is the table by kind, which a test holds against schema.Kinds.
var ModifiersOf = modifiersOf
