package query

import (
	"slices"
	"time"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// What an expression built in code has and a text has not: not, in, and the
// quantifiers over related records.

// constant is a Value as a constant; lang.Check knows its types.
func constant(v any) ir.Value {
	switch v := v.(type) {
	case nil:
		return ir.Null
	case string:
		return ir.Text(v)
	case bool:
		return ir.TruthOf(v)
	case time.Time:
		return ir.Text(schema.FormatTime(v))
	}
	f, _ := lang.Float(v)
	return ir.Number(f)
}

// not holds where its part does not. Rows of several records are looked for inside it.
func (r *resolver) not(e *lang.Not) (ir.Cond, error) {
	var guards []ir.Cond
	own := r.alone(&guards)
	c, err := own.expr(e.Of)
	if err != nil {
		return nil, err
	}
	return ir.Unless(own.closed(c, guards, r)), nil
}

// closed is a condition of the scope with its guards and its EXISTS. Guards of records
// that are no part of the scope go on to the resolver outside.
func (r *resolver) closed(c ir.Cond, guards []ir.Cond, outside *resolver) ir.Cond {
	var inside []ir.Cond
	for _, g := range guards {
		if r.within(g) {
			inside = append(inside, g)
		} else {
			*outside.guards = append(*outside.guards, g)
		}
	}
	return r.b.close(guarded(c, inside), r.scope)
}

// within says whether the guard is about rows of the scope.
func (r *resolver) within(c ir.Cond) bool {
	g, ok := c.(ir.ListGuard)
	if !ok {
		return true
	}
	for s := g.Record; s != nil; s = s.Parent {
		if s.MultiRow() && s.Scope == r.scope {
			return true
		}
	}
	return false
}

// in is equality with one of the values, for one or for all rows of the left side.
func (r *resolver) in(e *lang.In) (ir.Cond, error) {
	if e.Any {
		o, err := r.operand(e.Left)
		if err != nil {
			return nil, wrap("left", e.Left, err)
		}
		return oneOf(o, e.Values), nil
	}
	if r.restricted {
		if _, err := r.operand(e.Left); err != nil {
			return nil, wrap("left", e.Left, err)
		}
	}
	var guards []ir.Cond
	own := r.alone(&guards)
	o, err := own.operand(e.Left)
	if err != nil {
		return nil, wrap("left", e.Left, err)
	}
	return r.b.forAll(oneOf(o, e.Values), guards, false, own.scope), nil
}

// oneOf compares with a list: texts with one parameter, all else one by one.
func oneOf(o ir.Operand, values []any) ir.Cond {
	var texts []string
	var conds []ir.Cond
	for _, v := range values {
		text, ok := v.(string)
		if o.Date {
			if stored, whole := schema.StoredTime(text); whole {
				text = stored
			}
		}
		if ok && text != "" && o.Constant() == nil && o.Kind == ir.KindText {
			texts = append(texts, text)
			continue
		}
		conds = append(conds, ir.Compare(lang.Equal, o, ir.ConstantOf(constant(v))))
	}
	if len(texts) == 0 {
		return ir.AnyOf(conds...)
	}
	var list ir.Cond = &ir.OneOf{Operand: o, Values: texts}
	if o.EmailOf != nil {
		list = ir.EmailShown{Record: o.EmailOf, Of: list}
	}
	return ir.AnyOf(slices.Insert(conds, 0, list)...)
}

// related is about the records at the end of a path.
func (r *resolver) related(e *lang.Related) (ir.Cond, error) {
	var guards []ir.Cond
	own := r.alone(&guards)
	p, err := parsePath(e.Path)
	if err != nil || p.modifier != "" {
		return nil, unresolved(e.Path)
	}
	s, err := own.reach(own.base, p)
	if err != nil {
		return nil, err
	}
	if s.Kind == ir.FromNothing {
		return ir.Truth(e.Which != lang.Some), nil
	}
	c := ir.Cond(ir.Truth(true))
	own.base = s
	switch {
	case e.Which == lang.Every && e.In != nil:
		c, err = own.not(&lang.Not{Of: e.In})
	case e.Which == lang.Every:
		c = ir.Truth(false)
	case e.In != nil:
		c, err = own.expr(e.In)
	}
	if err != nil {
		return nil, err
	}
	found := own.closed(ir.AllOf(present(s), c), guards, r)
	if e.Which == lang.Some {
		return found, nil
	}
	return ir.Unless(found), nil
}

// present is that the source has a row.
func present(s *ir.Source) ir.Cond {
	id := ir.Operand{Term: ir.Column{Of: s, Name: "id"}, Kind: ir.KindText, Affinity: ir.AffinityText, Nullable: true}
	return &ir.Comparison{Form: ir.CmpNotNull, Left: id, Right: ir.ConstantOf(ir.Null)}
}
