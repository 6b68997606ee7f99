package query

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
)

// read is a Select whose expressions are resolved.
type read struct {
	b      *builder
	sel    *Select
	conds  []ir.Cond
	guards []ir.Cond // on what rule, filter and sort cross, for the whole query
	flags  []ir.Cond
	keys   []ir.SortKey
}

func newBuilder(p *Planner, sel *Select) *builder {
	b := &builder{Scope: sel.Scope, planner: p}
	b.base = &ir.Source{Kind: ir.FromTable, Collection: sel.Collection, Alias: "t"}
	if sel.Candidate != nil {
		b.base.Kind, b.base.Candidate = ir.FromCandidate, sel.Candidate
	}
	return b
}

// Compile plans the read. An *Error says what is wrong with an expression. The plan
// may be shared: it must not be changed, nor must Columns.
func (p *Planner) Compile(sel Select) (*Plan, error) { return p.planned(&sel, false) }

func (p *Planner) compile(sel *Select) (*Plan, error) {
	r, err := p.resolve(sel)
	if err != nil {
		return nil, err
	}
	sql, err := render.Select(p.dialect, r.statement())
	if err != nil {
		return nil, err
	}
	return r.plan(sql), nil
}

// Count plans the number of the rows that Compile would read without a limit.
func (p *Planner) Count(sel Select) (*Plan, error) {
	sel.Columns, sel.Flags, sel.Keys, sel.Limit, sel.Offset, sel.After = nil, nil, false, 0, 0, ""
	return p.planned(&sel, true)
}

func (p *Planner) count(sel *Select) (*Plan, error) {
	r, err := p.resolve(sel)
	if err != nil {
		return nil, err
	}
	sql, err := render.Count(p.dialect, r.statement())
	if err != nil {
		return nil, err
	}
	return r.plan(sql), nil
}

// plan is the plan of what was rendered.
func (r *read) plan(sql *render.Rendered) *Plan {
	plan := &Plan{SQL: sql.SQL, Args: sql.Args, Tables: sql.Tables, slots: sql.Slots, cursor: sql.Cursor,
		Volatile: r.b.volatile, depends: r.b.depends}
	if r.b.volatile {
		plan.depends = onRequest
	}
	if len(r.conds) == 1 && r.conds[0] == ir.Truth(false) {
		plan.Empty = true
	}
	plan.Passes = r.sel.Candidate != nil && len(r.conds) == 0 && len(r.flags) == 0
	return plan
}

// statement is what there is to render.
func (r *read) statement() *ir.Statement {
	sel := r.sel
	s := &ir.Statement{
		Base: r.b.base, Columns: sel.Columns, Conds: r.conds, Flags: r.flags, Keys: r.keys, ReadKeys: sel.Keys,
		Sorted: sel.Sort != "", ID: sel.ID, IDs: sel.IDs, Limit: sel.Limit, Offset: sel.Offset, After: sel.After, ForUpdate: sel.ForUpdate,
	}
	if sel.Keys || sel.After != "" {
		s.Tag = sortTag(sel)
	}
	if sel.RefBy != nil {
		s.RefField, s.RefIDs = sel.RefBy.Field, sel.RefBy.IDs
	}
	return s
}

// resolve gives the expressions of the Select their meaning.
func (p *Planner) resolve(sel *Select) (*read, error) {
	r := &read{b: newBuilder(p, sel), sel: sel}
	rule, err := r.whole(sel.Rule, false)
	if err != nil {
		return nil, err
	}
	if len(sel.Filter) > lang.MaxText {
		return nil, &Error{Message: "max filter length limit reached", Pos: lang.MaxText}
	}
	filter, err := r.whole(sel.Filter, sel.Restricted)
	if err != nil {
		return nil, err
	}
	if err := r.sort(sel); err != nil {
		return nil, err
	}
	c := r.b.close(ir.AllOf(append([]ir.Cond{rule, filter}, r.guards...)...), 0)
	switch c := c.(type) {
	case ir.And:
		r.conds = c
	default:
		if c != ir.Truth(true) {
			r.conds = []ir.Cond{c}
		}
	}
	for _, flag := range sel.Flags {
		c, err := r.b.rule(r.b.base, flag)
		if err != nil {
			return nil, err
		}
		r.flags = append(r.flags, c)
	}
	return r, nil
}

// whole resolves an expression on the selected rows that shares its sources with
// the others of space 0.
func (r *read) whole(text string, restricted bool) (ir.Cond, error) {
	if text == "" {
		return ir.Truth(true), nil
	}
	e, err := r.b.parse(text)
	if err != nil {
		return nil, err
	}
	in := resolver{b: r.b, base: r.b.base, restricted: restricted, guards: &r.guards}
	return in.expr(e)
}
