// Resolving, combining and rendering the rule, filter, sort, outputs and flags of one read.
// Compile plans the rows, Count their number.

package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/query/render"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// read is a resolved Select, ready to be rendered.
type read struct {
	b       *builder
	sel     *Select
	conds   []ir.Cond
	guards  []ir.Cond // list rules of the records that filter and sort cross; they hold for the whole query
	flags   []ir.Cond
	keys    []ir.SortKey
	outputs []ir.Output
}

// newBuilder returns the builder of a Select. Its base is the table, or the candidate record,
// which is evaluated without being stored.
func newBuilder(p *Planner, sel *Select) *builder {
	b := &builder{Scope: sel.Scope, planner: p}
	b.base = &ir.Source{Kind: ir.FromTable, Collection: sel.Collection, Alias: "t"}
	if sel.Candidate != nil {
		b.base.Kind, b.base.Candidate = ir.FromCandidate, sel.Candidate
	}
	if sel.Callers != nil {
		b.base.ID = sel.ID
		b.callers = b.root(ir.Source{Kind: ir.FromCallers, Collection: sel.Callers.Collection, IDs: sel.Callers.IDs})
	}
	return b
}

// Compile returns the plan of the read. An invalid expression, path, sort or cursor is an *Error.
// Plans are cached and shared: the caller must not change them.
func (p *Planner) Compile(sel Select) (*Plan, error) { return p.planned(&sel, false) }

// compile plans the read without the cache.
func (p *Planner) compile(sel *Select) (*Plan, error) {
	r, err := p.resolve(sel)
	if err != nil {
		return nil, err
	}
	sql, err := render.Select(p.dialect, p.sealOf(sel.Snapshot), r.statement())
	if err != nil {
		return nil, err
	}
	return r.plan(sql), nil
}

// Count returns the plan that counts the rows that Compile would read without limit and cursors.
// With Parents the plan has a row for each parent with children: the number of children, then the
// parent's id.
func (p *Planner) Count(sel Select) (*Plan, error) {
	sel.Columns, sel.Cut, sel.Outputs, sel.Flags, sel.Keys = nil, 0, nil, nil, false
	sel.Limit, sel.Offset, sel.After, sel.Before, sel.Backward = 0, 0, "", "", false
	// The order does not matter to a count, but a client's sort by a related record leaves out
	// the rows whose related record the client may not list.
	if !sel.Restricted || !strings.Contains(sel.Sort, ".") {
		sel.Sort = ""
	}
	return p.planned(&sel, true)
}

// count plans the count without the cache.
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

// plan returns the Plan of rendered SQL, with the properties found while resolving.
func (r *read) plan(sql *render.Rendered) *Plan {
	plan := &Plan{SQL: sql.SQL, Args: sql.Args, Tables: sql.Tables, slots: sql.Slots, cursor: sql.Cursor, parent: sql.Parent,
		Volatile: r.b.volatile, depends: r.b.depends}
	r.b.planner.keepOrigin(sql.SQL, Origin{
		Collection: r.sel.Collection, Rule: originText(r.sel.Rule, r.sel.RuleExpr), Filter: originText(r.sel.Filter, r.sel.FilterExpr),
		Sort: r.sel.Sort, By: refField(r.sel), Tables: sql.Tables,
	})
	plan.Work = store.Work{Prompt: r.prompt(sql), Shape: store.ShapeOf(sql.SQL)}
	if r.b.volatile {
		plan.depends = onRequest
	}
	if len(r.conds) == 1 && r.conds[0] == ir.Truth(false) {
		plan.Empty = true
	}
	plan.Alike = r.b.callers != nil && !r.b.tells
	plan.Every = len(r.conds) == 0 && len(r.flags) == 0
	plan.Passes = r.sel.Candidate != nil && plan.Every
	return plan
}

// refField returns the name of the relation field of RefBy or Parents, "" if the Select has
// neither.
func refField(sel *Select) string {
	switch {
	case sel.RefBy != nil:
		return sel.RefBy.Field
	case sel.Parents != nil:
		return sel.Parents.Field
	}
	return ""
}

// prompt reports whether the statement reads only a few adjacent rows of its own table, so that
// its cost does not grow with the number of stored rows.
func (r *read) prompt(sql *render.Rendered) bool {
	sel := r.sel
	switch {
	case sel.Candidate != nil || sel.Callers != nil || sel.Collection.IsView() || len(sql.Tables) != 1 || strings.Count(sql.SQL, "SELECT") != 1:
		return false
	case sel.ID != "":
		return true
	}
	return len(r.conds) == 0 && len(r.flags) == 0 && sel.Sort == "" && sel.Limit > 0 && sel.IDs == nil && sel.RefBy == nil && sel.Parents == nil
}

// statement returns the input of package render.
func (r *read) statement() *ir.Statement {
	sel := r.sel
	s := &ir.Statement{
		Base: r.b.base, Columns: sel.Columns, Cut: sel.Cut, Conds: r.conds, Flags: r.flags, Keys: r.keys, ReadKeys: sel.Keys,
		Outputs: r.outputs, Sorted: sel.Sort != "", ID: sel.ID, IDs: sel.IDs, Limit: sel.Limit, Offset: sel.Offset,
		After: sel.After, Before: sel.Before, Backward: sel.Backward, ForUpdate: sel.ForUpdate, Callers: r.b.callers,
	}
	if sel.Keys || sel.After != "" || sel.Before != "" {
		s.Tag = sortTag(sel)
	}
	if sel.RefBy != nil {
		s.RefField, s.RefIDs = sel.RefBy.Field, sel.RefBy.IDs
	}
	if sel.Parents != nil {
		s.ParentField, s.ParentIDs = sel.Parents.Field, sel.Parents.IDs
	}
	return s
}

// resolve resolves all expressions of the Select. Rule, filter and guards share the sources of
// scope 0 and are closed together; each output and each flag has sources of its own.
func (p *Planner) resolve(sel *Select) (*read, error) {
	r := &read{b: newBuilder(p, sel), sel: sel}
	rule, filter, err := r.where()
	if err != nil {
		return nil, err
	}
	if err := r.sort(sel); err != nil {
		return nil, err
	}
	cond, err := r.combine(rule, filter)
	if err != nil {
		return nil, err
	}
	r.conds = ir.Parts(cond)
	for _, path := range sel.Outputs {
		o, err := r.output(path)
		if err != nil {
			return nil, err
		}
		r.outputs = append(r.outputs, o)
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

// where resolves the rules and the filters, which combine joins.
func (r *read) where() (rule, filter ir.Cond, err error) {
	sel := r.sel
	if rule, err = r.whole(sel.Rule, sel.RuleExpr, false); err != nil {
		return nil, nil, err
	}
	if len(sel.Filter) > lang.MaxText {
		return nil, nil, &Error{Message: "max filter length limit reached", Pos: lang.MaxText}
	}
	filter, err = r.whole(sel.Filter, sel.FilterExpr, sel.Restricted)
	return rule, filter, err
}

// checkSelect refuses a Select with parts that exclude each other, or with built expressions that
// are too large.
func checkSelect(sel *Select) error {
	switch {
	case sel.Parents != nil && (sel.Offset > 0 || sel.ForUpdate):
		return &Error{Message: "lists of parents have no offset and no lock"}
	case sel.Parents != nil && relation(sel.Collection, sel.Parents.Field) == nil:
		return noRelation(sel.Parents.Field)
	case sel.Candidate != nil && (len(sel.Outputs) > 0 || sel.Parents != nil):
		return &Error{Message: "what is not stored has no outputs"}
	case sel.Callers != nil && sel.Candidate == nil && sel.ID == "":
		return &Error{Message: "callers are judged about one record"}
	}
	for _, e := range [...]lang.Expr{sel.RuleExpr, sel.FilterExpr} {
		if e == nil {
			continue
		}
		if err := lang.Check(e); err != nil {
			return err
		}
	}
	return nil
}

// relation returns the relation field of that name, nil if the collection has none.
func relation(c *schema.Collection, field string) *schema.Relation {
	if f := c.Field(field); f != nil {
		k, _ := f.Kind.(*schema.Relation)
		return k
	}
	return nil
}

// whole resolves a text and a built expression as conditions on the selected rows; both must
// hold. They share the sources of scope 0.
func (r *read) whole(text string, built lang.Expr, restricted bool) (ir.Cond, error) {
	in := resolver{b: r.b, base: r.b.base, restricted: restricted, guards: &r.guards}
	var conds []ir.Cond
	if text != "" {
		e, err := r.b.parse(text)
		if err != nil {
			return nil, err
		}
		c, err := in.expr(e)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	if built != nil {
		c, err := in.expr(built)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return ir.AllOf(conds...), nil
}
