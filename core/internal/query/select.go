package query

import (
	"github.com/loambase/loam/core/internal/query/lang"
	"math"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
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
	w := &writer{dialect: p.dialect, args: make([]store.Value, 0, 4)}
	plan := r.plan()
	if sel.Candidate != nil {
		plan.SQL = w.candidate(r)
	} else if err := w.read(r, plan); err != nil {
		return nil, err
	}
	w.finish(plan)
	return plan, w.err
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
	w := &writer{dialect: p.dialect}
	plan := r.plan()
	from := w.table(r.base)
	plan.SQL = "SELECT count(*) FROM " + from + w.where(r.base, r.conds, r.scans(), nil, w.picks(r)...)
	w.finish(plan)
	return plan, w.err
}

// plan is the plan without its SQL.
func (r *read) plan() *Plan {
	plan := &Plan{Volatile: r.volatile, depends: r.depends}
	if r.volatile {
		plan.depends = onRequest
	}
	if len(r.conds) == 1 && r.conds[0] == truthValue(false) {
		plan.Empty = true
	}
	plan.Passes = r.sel.Candidate != nil && len(r.conds) == 0 && len(r.flags) == 0
	return plan
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

// scans says whether the plan may visit many rows of its table.
func (r *read) scans() bool { return r.sel.ID == "" && r.sel.IDs == nil && r.sel.Candidate == nil }

// picks renders the conditions of a Select that are not expressions.
func (w *writer) picks(r *read) []string {
	var list []string
	if r.sel.ID != "" {
		list = append(list, w.column(r.base, "id")+" = "+w.slot(&w.slots.id, store.Text(r.sel.ID)))
	}
	if r.sel.IDs != nil {
		list = append(list, w.column(r.base, "id")+" IN "+w.idSet(&w.slots.ids, r.sel.IDs))
	}
	if ref := r.sel.RefBy; ref != nil {
		column := w.column(r.base, ref.Field)
		if f := r.Collection.Field(ref.Field); f != nil && f.Multiple() {
			list = append(list, "EXISTS (SELECT 1 FROM "+w.dialect.Each(column, "m")+` WHERE m."value" IN `+w.idSet(&w.slots.refs, ref.IDs)+")")
		} else {
			list = append(list, column+" IN "+w.idSet(&w.slots.refs, ref.IDs))
		}
	}
	return list
}

func (w *writer) idSet(slot *int, ids []string) string {
	return `(SELECT e."value" FROM ` + w.dialect.Items(w.slot(slot, idList(ids)), "e") + ")"
}

func idList(ids []string) store.Value {
	return store.Text(string(schema.AppendStrings(nil, ids)))
}

// read renders the SELECT.
func (w *writer) read(r *read, plan *Plan) error {
	keys := w.keys(r)
	also := w.picks(r)
	if r.sel.After != "" {
		after, err := w.after(r, keys)
		if err != nil {
			return err
		}
		also = append(also, after)
	}
	if r.sel.Keys {
		plan.cursor = r.cursor(keys)
	}
	if r.sel.Offset >= deepOffset && r.sel.Sort != "" && !r.Collection.IsView() {
		plan.SQL = w.deep(r, keys, also)
		return nil
	}
	sql := w.outputs(r)
	if r.sel.Keys {
		for _, k := range keys {
			sql = append(append(sql, ", "...), k.sql...)
		}
	}
	sql = append(append(sql, " FROM "...), w.table(r.base)...)
	sql = append(sql, w.where(r.base, r.conds, r.scans(), r.reads, also...)...)
	sql = appendOrder(sql, keys)
	sql = w.appendLimit(sql, r.sel)
	if r.sel.ForUpdate {
		sql = append(sql, w.dialect.ForUpdate("t")...)
	}
	plan.SQL = string(sql)
	return nil
}

// reads names the sources of what the rows give and are sorted by.
func (r *read) reads(fn func(*source)) {
	for i := range r.keys {
		r.keys[i].reads(fn)
	}
	for _, flag := range r.flags {
		visitSources(flag, fn)
	}
}

// deep renders a page far from the start: the row ids of the page are found
// first, with no more than the sort keys carried along.
func (w *writer) deep(r *read, keys []orderKey, also []string) string {
	inner := []byte("SELECT ")
	outer := make([]orderKey, len(keys))
	for i, k := range keys {
		name := "k" + strconv.Itoa(i)
		inner = append(inner, k.sql+" AS "+name+", "...)
		outer[i] = orderKey{sql: "s." + name, descending: k.descending, nulls: k.nulls}
	}
	sortReads := func(fn func(*source)) {
		for i := range r.keys {
			r.keys[i].reads(fn)
		}
	}
	inner = append(append(inner, "t._rowid_ AS r FROM "...), w.table(r.base)...)
	inner = append(inner, w.where(r.base, r.conds, r.scans(), sortReads, also...)...)
	inner = w.appendLimit(appendOrder(inner, keys), r.sel)

	sql := w.outputs(r)
	if r.sel.Keys {
		for _, k := range outer {
			sql = append(append(sql, ", "...), k.sql...)
		}
	}
	sql = append(append(append(sql, " FROM ("...), inner...), ") AS s JOIN "+w.table(r.base)+" ON t._rowid_ = s.r"...)
	flagReads := func(fn func(*source)) {
		for _, flag := range r.flags {
			visitSources(flag, fn)
		}
	}
	sql = append(sql, w.where(r.base, nil, false, flagReads)...)
	return string(appendOrder(sql, outer))
}

// candidate renders the judgement of a record that is in the parameters: one row,
// if it passes.
func (w *writer) candidate(r *read) string {
	w.tables = append(w.tables, r.Collection.Name)
	sql := "SELECT 1"
	if len(r.flags) > 0 {
		sql = string(w.appendFlags([]byte("SELECT "), r))
	}
	var parts []string
	for _, c := range r.conds {
		parts = append(parts, w.conjuncts(c)...)
	}
	if len(parts) == 0 {
		return sql
	}
	return sql + " WHERE " + strings.Join(parts, " AND ")
}

// outputs begins the statement with what it gives besides the keys.
func (w *writer) outputs(r *read) []byte {
	size := 128
	for _, c := range r.sel.Columns {
		size += len(c) + 6
	}
	sql := append(make([]byte, 0, size), "SELECT "...)
	for i, c := range r.sel.Columns {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		sql = appendName(append(sql, "t."...), c)
	}
	if len(r.flags) > 0 {
		if len(r.sel.Columns) > 0 {
			sql = append(sql, ", "...)
		}
		sql = w.appendFlags(sql, r)
	} else if len(r.sel.Columns) == 0 {
		sql = append(sql, '1')
	}
	return sql
}

// appendFlags renders the flags; one that is NULL is false.
func (w *writer) appendFlags(sql []byte, r *read) []byte {
	for i, flag := range r.flags {
		if i > 0 {
			sql = append(sql, ", "...)
		}
		if known, ok := flag.(truthValue); ok {
			sql = append(sql, w.cond(known)...)
			continue
		}
		sql = append(sql, "CASE WHEN "+w.cond(flag)+" THEN TRUE ELSE FALSE END"...)
	}
	return sql
}

// appendLimit renders LIMIT and OFFSET.
func (w *writer) appendLimit(sql []byte, sel *Select) []byte {
	limit := int64(sel.Limit)
	if limit == 0 && sel.Offset > 0 {
		limit = math.MaxInt64 // SQLite knows no OFFSET alone
	}
	if limit > 0 {
		sql = append(append(sql, " LIMIT "...), w.slot(&w.slots.limit, store.Int(limit))...)
	}
	if sel.Offset > 0 {
		sql = append(append(sql, " OFFSET "...), w.slot(&w.slots.offset, store.Int(int64(sel.Offset)))...)
	}
	return sql
}
