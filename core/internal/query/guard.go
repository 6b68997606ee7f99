package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// A client may measure the time of an answer. So its filter must not be evaluated for records
// that the rule hides, nor for related records that a guard hides: DESIGN.md, "The clock".

// combine returns the condition that rule, guards and filter hold, in this order.
func (r *read) combine(rule, filter ir.Cond) (ir.Cond, error) {
	_, known := rule.(ir.Truth)
	if !r.sel.Restricted || known || filter == ir.Truth(true) {
		return r.b.close(ir.AllOf(rule, guarded(filter, r.guards)), 0), nil
	}
	ids, rest := r.byID(filter)
	then := guarded(rest, r.guards)
	if r.share(rule, then) { // then rule and filter must hold for the same row
		then = r.b.close(ir.AllOf(rule, then), 0)
		return ir.AllOf(ir.AllOf(ids...), ir.Guard(r.b.close(rule, 0), then)), nil
	}
	when, keys, rest, err := r.once(r.b.close(rule, 0), rest)
	if err != nil {
		return nil, err
	}
	then = r.b.close(guarded(rest, r.guards), 0)
	guard := ir.Guard(when, then)
	if g, ok := guard.(*ir.Guarded); ok {
		g.Served = slices.ContainsFunc(ir.Parts(when), r.served)
	}
	return ir.AllOf(ir.AllOf(ids...), ir.AllOf(keys...), guard), nil
}

// once finds out whether the rule is the same for all rows that a part of the filter may select,
// like a rule about the room of a message for the messages of one room. Then it is judged once,
// before any row is read, and an index may serve that part: the keys. The rest of the filter must
// be evaluated only when the condition when holds.
func (r *read) once(rule, filter ir.Cond) (when ir.Cond, keys []ir.Cond, rest ir.Cond, err error) {
	if r.sel.Callers != nil || r.sel.Candidate != nil {
		return rule, nil, filter, nil
	}
	parts := ir.Parts(filter)
	first := r.b.planner.dialect.JudgesOnce() // then no CASE is needed
	if !readsUnder(rule, r.b.base) {
		if first {
			return ir.Truth(true), []ir.Cond{rule}, filter, nil
		}
		var others []ir.Cond
		for _, part := range parts {
			if key := r.key(part); key != nil {
				keys = append(keys, &ir.Keyed{Key: key, When: rule})
			} else {
				others = append(others, part)
			}
		}
		return rule, keys, ir.AllOf(others...), nil
	}
	for i, part := range parts {
		key := r.key(part)
		if key == nil || key.Form != ir.CmpEqual || key.Left.Kind != ir.KindText {
			continue
		}
		when, err := r.ruleFor(key)
		if err != nil {
			return nil, nil, nil, err
		}
		if when == nil {
			continue
		}
		rest := ir.AllOf(slices.Delete(slices.Clone(parts), i, i+1)...)
		switch when {
		case ir.Truth(true):
			return key, nil, rest, nil
		case ir.Truth(false):
			return when, nil, rest, nil
		}
		if first {
			return key, []ir.Cond{when}, rest, nil
		}
		return &ir.Keyed{Key: key, When: when}, nil, rest, nil
	}
	if only := r.only(rule, parts); only != nil {
		return rule, []ir.Cond{only}, filter, nil
	}
	keys, rest = r.behind(rule, parts)
	return rule, keys, rest, nil
}

// behind removes from the filter the parts that only an index on the columns of the rule can
// serve: with a rule of equalities, such as owner = @request.auth.id, an index on owner and
// created serves a filter by created and reads no row of another owner.
func (r *read) behind(rule ir.Cond, parts []ir.Cond) (keys []ir.Cond, rest ir.Cond) {
	var columns []string
	for _, part := range ir.Parts(rule) {
		key := r.key(part)
		if key == nil || key.Form != ir.CmpEqual {
			return nil, ir.AllOf(parts...)
		}
		columns = append(columns, keyColumn(key))
	}
	var others []ir.Cond
	for _, part := range parts {
		if key := r.key(part); key != nil && r.onlyBehind(keyColumn(key), columns) {
			keys = append(keys, part)
		} else {
			others = append(others, part)
		}
	}
	return keys, ir.AllOf(others...)
}

// served reports whether an index finds the rows for which the condition holds.
func (r *read) served(c ir.Cond) bool {
	key := r.key(c)
	if keyed, ok := c.(*ir.Keyed); ok {
		key = keyed.Key
	}
	return key != nil && key.Form == ir.CmpEqual && slices.ContainsFunc(r.b.base.Collection.ParsedIndexes(), func(ix store.Index) bool {
		return ix.Where == "" && len(ix.Columns) > 0 && strings.EqualFold(ix.Columns[0].Name, keyColumn(key))
	})
}

func keyColumn(key *ir.Comparison) string {
	column, _ := key.Left.Term.(ir.Column)
	return column.Name
}

// onlyBehind reports whether there is an index with the column, and each such index begins with
// the given columns.
func (r *read) onlyBehind(column string, first []string) bool {
	found := false
	for _, ix := range r.b.base.Collection.ParsedIndexes() {
		at := slices.IndexFunc(ix.Columns, func(c store.IndexColumn) bool { return strings.EqualFold(c.Name, column) })
		switch {
		case at < 0 && ix.Where == "" && !slices.ContainsFunc(ix.Columns, isExpression):
		case at < len(first) || ix.Where != "" || slices.ContainsFunc(ix.Columns, isExpression):
			return false
		default:
			for _, c := range ix.Columns[:len(first)] {
				if !slices.ContainsFunc(first, func(name string) bool { return strings.EqualFold(c.Name, name) }) {
					return false
				}
			}
			found = true
		}
	}
	return found
}

// isExpression reports whether an index is on an expression there.
func isExpression(c store.IndexColumn) bool { return strings.ContainsAny(c.Name, "()") }

// key returns the condition if an index on a column may serve it, otherwise nil.
func (r *read) key(c ir.Cond) *ir.Comparison {
	t, ok := c.(*ir.Comparison)
	if !ok || t.Form == ir.CmpNotEqual || t.Form > ir.CmpGreaterEqual {
		return nil
	}
	column, ok := t.Left.Term.(ir.Column)
	v := t.Right.Constant()
	if !ok || column.Of != r.b.base || v == nil || v.Kind == ir.ValueNull || t.Right.Affinity != ir.AffinityNone ||
		t.Left.Kind > ir.KindBool || t.Left.Kind != t.Right.Kind {
		return nil
	}
	return t
}

// ruleFor returns the rule for the rows whose column has the text of the key; nil if it reads
// other columns of the rows.
func (r *read) ruleFor(key *ir.Comparison) (ir.Cond, error) {
	column, _ := key.Left.Term.(ir.Column)
	text := key.Right.Constant().Text
	if text == "" {
		return nil, nil
	}
	own := &read{b: newBuilder(r.b.planner, r.sel), sel: r.sel}
	own.b.base.Known, own.b.base.KnownText = &column, text
	rule, err := own.whole(r.sel.Rule, r.sel.RuleExpr, false)
	if err != nil {
		return nil, err
	}
	if rule = own.b.close(rule, 0); readsUnder(rule, own.b.base) {
		return nil, nil
	}
	return rule, nil
}

// readsUnder reports whether the condition reads the source or a source reached through it.
func readsUnder(c ir.Cond, s *ir.Source) bool {
	found := false
	ir.VisitSources(c, func(used *ir.Source) { found = found || used.Under(s) })
	return found
}

// guarded returns the conjunction of the guards and the condition. The parts of the condition are
// evaluated after the guards of the records that they read.
func guarded(c ir.Cond, guards []ir.Cond) ir.Cond {
	if len(guards) == 0 {
		return c
	}
	type group struct {
		guards []int
		parts  []ir.Cond
	}
	var groups []group
	asserted := make([]bool, len(guards))
	for _, part := range ir.Parts(c) {
		var behind []int
		for i, g := range guards {
			if reads(part, g) {
				behind, asserted[i] = append(behind, i), true
			}
		}
		at := slices.IndexFunc(groups, func(g group) bool { return slices.Equal(g.guards, behind) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{guards: behind})
		}
		groups[at].parts = append(groups[at].parts, part)
	}
	var all []ir.Cond
	for _, g := range groups {
		var when []ir.Cond
		for _, i := range g.guards {
			when = append(when, guards[i])
		}
		all = append(all, ir.Guard(ir.AllOf(when...), ir.AllOf(g.parts...)))
	}
	for i, g := range guards {
		if !asserted[i] {
			all = append(all, g)
		}
	}
	return ir.AllOf(all...)
}

// reads reports whether the condition reads the record of the guard, or a record reached through
// it.
func reads(c, guard ir.Cond) bool {
	g, ok := guard.(ir.ListGuard)
	return ok && readsUnder(c, g.Record)
}

// share reports whether both conditions read the same source of scope 0 that may have many rows.
func (r *read) share(a, b ir.Cond) bool {
	var list []*ir.Source
	ir.VisitSources(a, func(s *ir.Source) {
		for ; s != nil; s = s.Parent {
			if s.MultiRow() && s.Scope == 0 {
				list = append(list, s)
			}
		}
	})
	found := false
	ir.VisitSources(b, func(s *ir.Source) {
		for ; s != nil; s = s.Parent {
			found = found || slices.Contains(list, s)
		}
	})
	return found
}

// byID removes from the conjunction the parts that select records by their ids. These need not
// wait for the rule: a client that knows an id may request that record itself, at the same cost.
func (r *read) byID(c ir.Cond) (ids []ir.Cond, rest ir.Cond) {
	var others []ir.Cond
	for _, part := range ir.Parts(c) {
		if r.isID(part) {
			ids = append(ids, part)
		} else {
			others = append(others, part)
		}
	}
	return ids, ir.AllOf(others...)
}

func (r *read) isID(c ir.Cond) bool {
	switch c := c.(type) {
	case *ir.Comparison:
		return c.Form == ir.CmpEqual && r.ownID(c.Left) && c.Right.Constant() != nil
	case *ir.OneOf:
		return r.ownID(c.Operand)
	case ir.Or:
		return !slices.ContainsFunc(c, func(part ir.Cond) bool { return !r.isID(part) })
	}
	return false
}

// ownID reports whether the operand is the id of the selected record.
func (r *read) ownID(o ir.Operand) bool {
	column, ok := o.Term.(ir.Column)
	return ok && column.Of == r.b.base && column.Name == "id" && !column.Of.Collection.IsView()
}
