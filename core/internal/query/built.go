// Expressions built in Go code: not, in, and the quantifiers some, every and none over
// related records, which the text language lacks.

package query

import (
	"slices"
	"time"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// constant converts a Go value of an expression to a constant. lang.Check has refused all
// other types.
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

// not resolves a negation. It has its own scope: rows of multi-valued paths inside it are looked
// for under the NOT, so that "not (tags ?= x)" means that no tag is x.
func (r *resolver) not(e *lang.Not) (ir.Cond, error) {
	var guards []ir.Cond
	own := r.alone(&guards)
	c, err := own.expr(e.Of)
	if err != nil {
		return nil, err
	}
	return ir.Unless(own.closed(c, guards, r)), nil
}

// closed puts EXISTS around a condition of r's scope, with those guards that concern rows of the
// scope. Other guards (list rules of records outside) are passed to the outside resolver, where
// they apply to the whole expression.
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

// within reports whether the guard concerns rows that belong to r's scope.
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

// in resolves equality with one of several values: for some row of the left side (Any), or
// for all of them.
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

// oneOf compares an operand with a list of values. Texts go into one parameter, so that the
// statement does not grow with the list; every other value is a separate comparison, since
// engines compare kinds differently.
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

// related resolves a quantifier over the records at the end of a path of relations. "every" means
// that no related record violates the condition.
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

// present returns the condition that the source has a row: an outer join yields a row of NULLs if
// there is none.
func present(s *ir.Source) ir.Cond {
	id := ir.Operand{Term: ir.Column{Of: s, Name: "id"}, Kind: ir.KindText, Affinity: ir.AffinityText, Nullable: true}
	return &ir.Comparison{Form: ir.CmpNotNull, Left: id, Right: ir.ConstantOf(ir.Null)}
}
