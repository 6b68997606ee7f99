// SQL of FROM, JOIN, EXISTS and WHERE: inner and outer joins, and the conditions that become IN
// (SELECT …).

package render

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// inOrder appends s, after the sources through which it is reached, to the items of a FROM. Only
// roots and sources joined to them belong there; all others are part of another FROM.
func inOrder(items []*ir.Source, roots []*ir.Source, s *ir.Source) []*ir.Source {
	if s == nil || slices.Contains(items, s) {
		return items
	}
	items = inOrder(items, roots, s.Parent)
	for x := s; ; x = x.Parent {
		if slices.Contains(roots, x) {
			return append(items, s)
		}
		if !x.Joined() {
			return items
		}
	}
}

// reader calls fn for each source that is read outside of the conditions. A nil reader reads no
// source.
type reader func(fn func(*ir.Source))

func (r reader) each(fn func(*ir.Source)) {
	if r != nil {
		r(fn)
	}
}

// item renders a source as an item of a FROM.
func (w *writer) item(s *ir.Source) string {
	switch s.Kind {
	case ir.EachItem:
		return w.dialect.Each(w.term(s.List), w.alias(s))
	case ir.EachElement:
		list, _ := s.List.(ir.Path)
		return w.dialect.EachElement(w.term(list.Doc), list.Parts, w.alias(s))
	case ir.FromCallers:
		list := w.slot(&w.slots.Callers, IDList(s.IDs))
		return w.dialect.Each(w.dialect.Param(list, store.ColumnMulti), w.alias(s))
	}
	return w.table(s)
}

// exists renders EXISTS, or NOT EXISTS, over sources.
func (w *writer) exists(e *ir.Exists) string {
	sql := "EXISTS (SELECT 1 FROM " + w.fromMany(e, nil) + ")"
	if e.None {
		return "NOT " + sql
	}
	return sql
}

// fromMany renders the sources of an EXISTS, the sources joined to them, and the condition as
// WHERE. A source without rows counts as one row of NULLs, hence the left joins; a source without
// which the condition cannot hold is joined inner, and first, so that engines start from it.
// reads are further reads from the rows.
func (w *writer) fromMany(e *ir.Exists, reads reader) string {
	inner := func(s *ir.Source) bool {
		return s == e.Sources[0] && (e.Present || e.SkipsNone()) || ir.Rejects(e.In, s)
	}
	var items []*ir.Source
	for _, first := range [...]bool{true, false} {
		for _, s := range e.Sources {
			if inner(s) == first {
				items = inOrder(items, e.Sources, s)
			}
		}
	}
	add := func(s *ir.Source) { items = inOrder(items, e.Sources, s) }
	ir.VisitSources(e.In, add)
	reads.each(add)
	w.from(items)

	var b strings.Builder
	var where []string
	// In this FROM, columns of inner sources cannot be NULL, which shortens conditions.
	before := len(w.present)
	defer func() { w.present = w.present[:before] }()
	for i, s := range items {
		on := w.on(s, false)
		if inner(s) {
			w.present = append(w.present, s)
		}
		if i == 0 && inner(s) {
			b.WriteString(w.item(s))
			if on != "TRUE" {
				where = append(where, on)
			}
			continue
		}
		if i == 0 {
			// If all joins are left joins, the FROM needs a first row.
			b.WriteString("(SELECT 1) AS one")
		}
		if i > 0 && inner(s) {
			b.WriteString(" JOIN ")
		} else {
			b.WriteString(" LEFT JOIN ")
		}
		b.WriteString(w.item(s) + " ON " + on)
	}
	if e.In != ir.Truth(true) {
		where = append(where, w.conjuncts(e.In)...)
	}
	if len(where) == 0 {
		return b.String()
	}
	return b.String() + " WHERE " + strings.Join(where, " AND ")
}

// conjuncts renders the parts of a conjunction, each in a form that AND may join to others.
func (w *writer) conjuncts(c ir.Cond) []string {
	list, ok := c.(ir.And)
	if !ok {
		list = ir.And{c}
	}
	sql := make([]string, len(list))
	for i, part := range list {
		sql[i] = w.cond(part)
		if _, ok := part.(ir.Or); ok {
			sql[i] = "(" + sql[i] + ")"
		}
	}
	return sql
}

// cond renders a condition. An unknown type is FALSE, so that nothing is shown by mistake.
func (w *writer) cond(c ir.Cond) string {
	switch c := c.(type) {
	case ir.Truth:
		if c {
			return "TRUE"
		}
		return "FALSE"
	case ir.And:
		return strings.Join(w.conjuncts(c), " AND ")
	case ir.Or:
		sql := make([]string, len(c))
		for i, part := range c {
			sql[i] = w.cond(part)
			if _, ok := part.(ir.And); ok {
				sql[i] = "(" + sql[i] + ")"
			}
		}
		return strings.Join(sql, " OR ")
	case *ir.Comparison:
		return w.test(c)
	case ir.Not:
		return "NOT (" + w.cond(c.Of) + ")"
	case ir.NotTrue:
		return "(" + w.cond(c.Of) + ") IS NOT TRUE"
	case *ir.OneOf:
		return w.oneOf(c)
	case ir.EmailShown:
		return w.emailShown(c)
	case *ir.Guarded:
		return caseWhen(w.conjuncts(c.When), w.conjuncts(c.Then))
	case *ir.Keyed:
		return w.keyed(c)
	case *ir.Only:
		return w.only(c)
	case *ir.Exists:
		return w.exists(c)
	case ir.ListGuard:
		return "(" + w.column(c.Record, "id") + " IS NULL OR " + w.cond(c.Rule) + ")"
	}
	return "FALSE"
}

// oneOf renders membership in a list of texts, which is one parameter.
func (w *writer) oneOf(c *ir.OneOf) string {
	list := w.dialect.Items(w.bind(IDList(c.Values)), "e")
	return w.text(c.Operand) + ` IN (SELECT e."value" FROM ` + list + ")"
}

// bucket has the conditions on records that are reached through one to-one relation of a
// row. They are rendered as IN (SELECT …), which an engine can compute once.
type bucket struct {
	child *ir.Source
	conds []ir.Cond
}

// insideOut separates from the conditions on rows of root those that can be evaluated on the
// other side of a to-one relation: they read only records that are reached through it, and cannot
// hold without one. For a scan that is faster than a join per row.
func insideOut(root *ir.Source, conds []ir.Cond) (buckets []bucket, rest []ir.Cond) {
	put := func(c ir.Cond, child *ir.Source) {
		for i := range buckets {
			if buckets[i].child == child {
				buckets[i].conds = append(buckets[i].conds, c)
				return
			}
		}
		buckets = append(buckets, bucket{child, []ir.Cond{c}})
	}
	for _, c := range conds {
		if child := onlyChild(root, c); child != nil && ir.Rejects(c, child) {
			put(c, child)
		} else {
			rest = append(rest, c)
		}
	}
	// Other conditions that read only that child are evaluated there, too: the record exists.
	conds, rest = rest, nil
	for _, c := range conds {
		child := onlyChild(root, c)
		if slices.ContainsFunc(buckets, func(b bucket) bool { return b.child == child }) {
			put(c, child)
		} else {
			rest = append(rest, c)
		}
	}
	return buckets, rest
}

// onlyChild returns the source joined to root through which c reads everything that it reads of
// root's row; nil if it reads other columns, too.
func onlyChild(root *ir.Source, c ir.Cond) *ir.Source {
	var child *ir.Source
	ok := true
	ir.VisitSources(c, func(s *ir.Source) {
		if !s.Under(root) {
			return
		}
		for s != root && s.Parent != root {
			s = s.Parent
		}
		if !s.Joined() || s == root || child != nil && child != s {
			ok = false
		}
		child = s
	})
	if !ok {
		return nil
	}
	return child
}

// within renders a bucket as membership of the row's relation.
func (w *writer) within(b bucket) string {
	child := b.child
	column, member := store.Quote(child.Field), `"id"`
	if child.Kind == ir.ToOwner {
		column, member = member, column
	}
	w.present = append(w.present, child)
	from, where := w.table(child), w.where(child, b.conds, true, nil)
	w.present = w.present[:len(w.present)-1]
	return w.alias(child.Parent) + "." + column + " IN (SELECT " + w.alias(child) + "." + member +
		" FROM " + from + where + ")"
}

// where renders the joins and the WHERE of a FROM whose only other item is root. scan says that
// it may visit many rows: then relations are evaluated inside out. reads are further reads from
// the rows, also further conditions.
func (w *writer) where(root *ir.Source, conds []ir.Cond, scan bool, reads reader, also ...string) string {
	plain, guards := w.split(root, conds, scan)
	roots := []*ir.Source{root}
	items := roots
	add := func(s *ir.Source) { items = inOrder(items, roots, s) }
	visit := func(c conjunction) {
		for _, c := range c.rest {
			ir.VisitSources(c, add)
		}
	}
	visit(plain)
	for _, g := range guards {
		visit(g.when)
		before := len(items)
		visit(g.then)
		plain.take(root, g.when, len(items) > before)
	}
	reads.each(add)
	w.from(items)
	sql := w.leftJoins(items[1:])
	parts := append(also, w.conjunction(plain)...)
	for _, g := range guards {
		when, then := w.conjunction(g.when), w.conjunction(g.then)
		if g.served { // PostgreSQL takes a bare CASE for true in half of the rows, and then an index that sorts for better
			parts = append(parts, caseWhen(when, []string{"CASE WHEN " + strings.Join(then, " AND ") + " THEN 1 END"})+" = 1")
		} else {
			parts = append(parts, caseWhen(when, then))
		}
	}
	if len(parts) == 0 {
		return sql
	}
	return sql + " WHERE " + strings.Join(parts, " AND ")
}

// conjunction has the conditions on the rows of a FROM, by the way they are rendered.
type conjunction struct {
	rest    []ir.Cond
	buckets []bucket
}

type guarded struct {
	when, then conjunction
	served     bool
}

// split separates the conditions by the way they are rendered.
func (w *writer) split(root *ir.Source, conds []ir.Cond, scan bool) (plain conjunction, guards []guarded) {
	sorted := func(conds []ir.Cond) (c conjunction) {
		if c.rest = conds; scan {
			c.buckets, c.rest = insideOut(root, conds)
		}
		return c
	}
	var others []ir.Cond
	for _, c := range conds {
		g, ok := c.(*ir.Guarded)
		if !ok || onlyChild(root, g) != nil { // it is evaluated inside out as a whole
			others = append(others, c)
			continue
		}
		next := guarded{when: sorted(ir.Parts(g.When)), then: sorted(ir.Parts(g.Then))}
		next.served = g.Served || len(next.when.buckets) > 0
		guards = append(guards, next)
	}
	return sorted(others), guards
}

// take adds from the condition when of a guard the parts by which an index may find the rows, so
// that only rows that pass the guard are read. joins says that the guarded part joins further
// tables, so that the whole guard must come before them.
func (c *conjunction) take(root *ir.Source, when conjunction, joins bool) {
	c.buckets = append(c.buckets, when.buckets...)
	var first []ir.Cond
	for _, part := range when.rest {
		if joins || simple(part, root) {
			first = append(first, part)
		}
	}
	c.rest = append(first, c.rest...)
}

// simple reports whether the condition reads only the row of root.
func simple(c ir.Cond, root *ir.Source) bool {
	_, ok := c.(*ir.Keyed)
	if ok {
		return true
	}
	ok = true
	ir.VisitSources(c, func(s *ir.Source) { ok = ok && (s == root || s.Scalar()) })
	return ok
}

// conjunction renders the parts.
func (w *writer) conjunction(c conjunction) []string {
	var parts []string
	for _, part := range c.rest {
		parts = append(parts, w.conjuncts(part)...)
	}
	for _, b := range c.buckets {
		parts = append(parts, w.within(b))
	}
	return parts
}

// caseWhen renders a conjunction whose second half is evaluated only if the first holds: engines
// evaluate the parts of AND in any order.
func caseWhen(when, then []string) string {
	return "CASE WHEN " + strings.Join(when, " AND ") + " THEN " + strings.Join(then, " AND ") + " END"
}

// keyed renders a comparison with a value that is NULL unless the condition holds.
func (w *writer) keyed(c *ir.Keyed) string {
	column := w.operand(c.Key.Left)
	value := w.dialect.Param(w.operand(c.Key.Right), c.Key.Left.Kind.Column())
	return column + signs[c.Key.Form] + caseWhen(w.conjuncts(c.When), []string{value})
}

// only renders the lookup of one row. It always searches the index of the keys once and the
// stand-in row once, whatever rows there are.
func (w *writer) only(c *ir.Only) string {
	table, row := w.table(c.Of), w.alias(c.Of)+"._rowid_"
	var keys []string
	for _, key := range c.Keys {
		keys = append(keys, w.test(key))
	}
	named := "(SELECT " + row + " FROM " + table + " WHERE " + strings.Join(keys, " AND ") + ")"
	other := w.bind(store.Int(int64(c.Else))) + " % (SELECT max(" + row + ") + 1 FROM " + table + ")"
	return row + " = (SELECT COALESCE(" + named + ", " + row + ") FROM " + table + " WHERE " + row + " >= " + other + " ORDER BY " + row + " LIMIT 1)"
}

// emailShown renders a comparison of an address that is evaluated only if the record shows the
// address. Without a record there is no restriction.
func (w *writer) emailShown(c ir.EmailShown) string {
	shown := w.column(c.Record, "emailVisibility")
	if !c.Record.Nullable() {
		return "CASE WHEN " + shown + " = TRUE THEN " + w.cond(c.Of) + " ELSE FALSE END"
	}
	return "CASE WHEN " + shown + " = TRUE THEN " + w.cond(c.Of) + " WHEN " + shown + " = FALSE THEN FALSE ELSE (" + w.cond(c.Of) + ") AND NULL END"
}

// leftJoins renders joins that keep rows without a match.
func (w *writer) leftJoins(joins []*ir.Source) string {
	var b strings.Builder
	for _, s := range joins {
		b.WriteString(" LEFT JOIN " + w.table(s) + " ON " + w.on(s, false))
	}
	return b.String()
}
