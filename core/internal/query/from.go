package query

import (
	"slices"
	"strings"
)

// inOrder appends s and what it is reached through to the items of a FROM, parents
// first. Only roots and what is joined to them belongs there; the rest is part of
// another FROM.
func inOrder(items []*source, roots []*source, s *source) []*source {
	if s == nil || slices.Contains(items, s) {
		return items
	}
	items = inOrder(items, roots, s.parent)
	for x := s; ; x = x.parent {
		if slices.Contains(roots, x) {
			return append(items, s)
		}
		if !x.joined() {
			return items
		}
	}
}

// reader names the sources that something reads, beside conditions.
type reader func(fn func(*source))

func (r reader) each(fn func(*source)) {
	if r != nil {
		r(fn)
	}
}

// item is a FROM item of the source.
func (w *writer) item(s *source) string {
	if s.how == fromItems {
		return w.dialect.Each(w.term(s.list), w.alias(s))
	}
	return w.table(s)
}

// exists renders EXISTS over sources.
func (w *writer) exists(e *exists) string {
	sql := "EXISTS (SELECT 1 FROM " + w.fromMany(e, nil) + ")"
	if e.none {
		return "NOT " + sql
	}
	return sql
}

// fromMany renders the sources, what is joined to them, and the condition as
// WHERE. A source without rows counts as a row of NULLs, so it is a left join;
// one without which the condition cannot hold is an inner join, and comes first.
// reads is what else is to be read from the rows.
func (w *writer) fromMany(e *exists, reads reader) string {
	inner := func(s *source) bool {
		return s == e.sources[0] && e.skipsNone() || rejects(e.in, s)
	}
	var items []*source
	for _, first := range [...]bool{true, false} {
		for _, s := range e.sources {
			if inner(s) == first {
				items = inOrder(items, e.sources, s)
			}
		}
	}
	add := func(s *source) { items = inOrder(items, e.sources, s) }
	visitSources(e.in, add)
	reads.each(add)
	w.from(items)

	var b strings.Builder
	var where []string
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
			b.WriteString("(SELECT 1) AS one")
		}
		if i > 0 && inner(s) {
			b.WriteString(" JOIN ")
		} else {
			b.WriteString(" LEFT JOIN ")
		}
		b.WriteString(w.item(s) + " ON " + on)
	}
	if e.in != truthValue(true) {
		where = append(where, w.conjuncts(e.in)...)
	}
	if len(where) == 0 {
		return b.String()
	}
	return b.String() + " WHERE " + strings.Join(where, " AND ")
}

// conjuncts renders the parts of a conjunction so that AND may join them.
func (w *writer) conjuncts(c cond) []string {
	list, ok := c.(all)
	if !ok {
		list = all{c}
	}
	sql := make([]string, len(list))
	for i, part := range list {
		sql[i] = w.cond(part)
		if _, ok := part.(some); ok {
			sql[i] = "(" + sql[i] + ")"
		}
	}
	return sql
}

// cond renders a condition.
func (w *writer) cond(c cond) string {
	switch c := c.(type) {
	case truthValue:
		if c {
			return "TRUE"
		}
		return "FALSE"
	case all:
		return strings.Join(w.conjuncts(c), " AND ")
	case some:
		sql := make([]string, len(c))
		for i, part := range c {
			sql[i] = w.cond(part)
			if _, ok := part.(all); ok {
				sql[i] = "(" + sql[i] + ")"
			}
		}
		return strings.Join(sql, " OR ")
	case *test:
		return w.test(c)
	case not:
		return "NOT (" + w.cond(c.of) + ")"
	case visibleAnd:
		return "(" + w.cond(c.of) + ") AND " + w.column(c.record, "emailVisibility") + " = TRUE"
	case *exists:
		return w.exists(c)
	case guard:
		return "(" + w.column(c.record, "id") + " IS NULL OR " + w.cond(c.rule) + ")"
	}
	return "FALSE"
}

// bucket is conditions on what is reached through one single relation of a row:
// they are judged on the other side first, inside out.
type bucket struct {
	child *source
	conds []cond
}

// insideOut takes from a conjunction on the rows of root what can be judged on
// the other side of a single relation: what reads nothing but records reached
// through it and cannot hold without one.
func insideOut(root *source, conds []cond) (buckets []bucket, rest []cond) {
	put := func(c cond, child *source) {
		for i := range buckets {
			if buckets[i].child == child {
				buckets[i].conds = append(buckets[i].conds, c)
				return
			}
		}
		buckets = append(buckets, bucket{child, []cond{c}})
	}
	for _, c := range conds {
		if child := onlyChild(root, c); child != nil && rejects(c, child) {
			put(c, child)
		} else {
			rest = append(rest, c)
		}
	}
	// What else reads only that child may go the same way: there is one.
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

// onlyChild is the source joined to root through which c reads all that it reads
// of root's row; nil if there is no such.
func onlyChild(root *source, c cond) *source {
	var child *source
	ok := true
	visitSources(c, func(s *source) {
		if !s.under(root) {
			return
		}
		for s != root && s.parent != root {
			s = s.parent
		}
		if !s.joined() || s == root || child != nil && child != s {
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
	column, member := quote(child.field), `"id"`
	if child.how == toOwner {
		column, member = member, column
	}
	w.present = append(w.present, child)
	from, where := w.table(child), w.where(child, b.conds, true, nil)
	w.present = w.present[:len(w.present)-1]
	return w.alias(child.parent) + "." + column + " IN (SELECT " + w.alias(child) + "." + member +
		" FROM " + from + where + ")"
}

// where renders the joins and the WHERE of a FROM whose only other item is root.
// scan says whether it may visit many rows: then relations are judged inside out.
// also are further conditions, reads what else is read from the rows.
func (w *writer) where(root *source, conds []cond, scan bool, reads reader, also ...string) string {
	var buckets []bucket
	if scan {
		buckets, conds = insideOut(root, conds)
	}
	roots := []*source{root}
	items := roots
	add := func(s *source) { items = inOrder(items, roots, s) }
	for _, c := range conds {
		visitSources(c, add)
	}
	reads.each(add)
	w.from(items)
	sql := w.leftJoins(items[1:])
	parts := also
	for _, c := range conds {
		parts = append(parts, w.conjuncts(c)...)
	}
	for _, b := range buckets {
		parts = append(parts, w.within(b))
	}
	if len(parts) == 0 {
		return sql
	}
	return sql + " WHERE " + strings.Join(parts, " AND ")
}

// leftJoins renders joins that keep the rows that have no partner.
func (w *writer) leftJoins(joins []*source) string {
	var b strings.Builder
	for _, s := range joins {
		b.WriteString(" LEFT JOIN " + w.table(s) + " ON " + w.on(s, false))
	}
	return b.String()
}
