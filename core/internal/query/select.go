package query

import (
	"github.com/loambase/loam/core/internal/query/lang"
)

// read is a Select whose expressions are resolved.
type read struct {
	*build
	sel    *Select
	conds  []cond
	guards []cond // on what rule, filter and sort cross, for the whole query
	flags  []cond
	keys   []sortKey
}

func newBuild(p *Planner, sel *Select) *build {
	b := &build{Scope: sel.Scope, planner: p}
	b.base = &source{how: ofTable, collection: sel.Collection, alias: "t"}
	if sel.Candidate != nil {
		b.base.how, b.base.virtual = ofCandidate, sel.Candidate
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
	sql, err := renderSelect(p.dialect, r.statement())
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
	sql, err := renderCount(p.dialect, r.statement())
	if err != nil {
		return nil, err
	}
	return r.plan(sql), nil
}

// plan is the plan of what was rendered.
func (r *read) plan(sql *rendered) *Plan {
	plan := &Plan{SQL: sql.SQL, Args: sql.args, Tables: sql.tables, slots: sql.slots, cursor: sql.cursor,
		Volatile: r.volatile, depends: r.depends}
	if r.volatile {
		plan.depends = onRequest
	}
	if len(r.conds) == 1 && r.conds[0] == truthValue(false) {
		plan.Empty = true
	}
	plan.Passes = r.sel.Candidate != nil && len(r.conds) == 0 && len(r.flags) == 0
	return plan
}

// statement is what there is to render.
func (r *read) statement() *statement {
	sel := r.sel
	s := &statement{
		base: r.base, columns: sel.Columns, conds: r.conds, flags: r.flags, keys: r.keys, readKeys: sel.Keys,
		sorted: sel.Sort != "", id: sel.ID, ids: sel.IDs, limit: sel.Limit, offset: sel.Offset, after: sel.After, forUpdate: sel.ForUpdate,
	}
	if sel.Keys || sel.After != "" {
		s.tag = sortTag(sel)
	}
	if sel.RefBy != nil {
		s.refField, s.refIDs = sel.RefBy.Field, sel.RefBy.IDs
	}
	return s
}

// resolve gives the expressions of the Select their meaning.
func (p *Planner) resolve(sel *Select) (*read, error) {
	r := &read{build: newBuild(p, sel), sel: sel}
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
	c := r.close(and(append([]cond{rule, filter}, r.guards...)...), 0)
	switch c := c.(type) {
	case all:
		r.conds = c
	default:
		if c != truthValue(true) {
			r.conds = []cond{c}
		}
	}
	for _, flag := range sel.Flags {
		c, err := r.rule(r.base, flag)
		if err != nil {
			return nil, err
		}
		r.flags = append(r.flags, c)
	}
	return r, nil
}

// whole resolves an expression on the selected rows that shares its sources with
// the others of space 0.
func (r *read) whole(text string, restricted bool) (cond, error) {
	if text == "" {
		return truthValue(true), nil
	}
	e, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	in := resolver{build: r.build, base: r.base, restricted: restricted, guards: &r.guards}
	return in.expr(e)
}
