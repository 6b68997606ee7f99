package query

import (
	"strings"

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
	b := newBuild(p, &sel)
	var guards []cond
	r := resolver{build: b, base: b.base, restricted: sel.Restricted, guards: &guards}
	c, err := r.expr(e)
	if err != nil {
		return "", nil, err
	}
	w := &writer{dialect: p.dialect}
	var joins strings.Builder
	for _, s := range b.made {
		if (s.many() && s.space == 0 || s.joined()) && shared(s) {
			joins.WriteString(" LEFT JOIN " + w.item(s) + " ON " + w.on(s, false))
		}
	}
	from := w.table(b.base)
	where := w.naive(c)
	for _, g := range guards {
		where = "(" + where + ") AND (" + w.naive(g) + ")"
	}
	return "SELECT DISTINCT t._rowid_, t.\"id\" FROM " + from + joins.String() + " WHERE " + where + " ORDER BY 1", w.args, nil
}

// shared says whether the source is joined to the selected table.
func shared(s *source) bool {
	for x := s; x != nil; x = x.parent {
		if x.many() && x.space != 0 {
			return false
		}
	}
	return !s.scalar()
}

func (w *writer) naive(c cond) string {
	switch c := c.(type) {
	case all:
		return w.naiveList(c, " AND ")
	case some:
		return w.naiveList(c, " OR ")
	case not:
		return "NOT (" + w.naive(c.of) + ")"
	case visibleAnd:
		return "(" + w.naive(c.of) + ") AND " + w.column(c.record, "emailVisibility") + " = TRUE"
	case guard:
		return "(" + w.column(c.record, "id") + " IS NULL OR " + w.naive(c.rule) + ")"
	case *exists:
		return w.naiveExists(c)
	}
	return w.cond(c)
}

func (w *writer) naiveList(list []cond, join string) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = "(" + w.naive(c) + ")"
	}
	return strings.Join(parts, join)
}

// naiveExists spells out both halves of an all-comparison with outer joins only.
func (w *writer) naiveExists(e *exists) string {
	var items []*source
	add := func(s *source) { items = inOrder(items, e.sources, s) }
	for _, s := range e.sources {
		add(s)
	}
	visitSources(e.in, add)
	from := "(SELECT 1) AS one"
	for _, s := range items {
		from += " LEFT JOIN " + w.item(s) + " ON " + w.on(s, false)
	}
	sql := "EXISTS (SELECT 1 FROM " + from + " WHERE " + w.naive(e.in) + ")"
	if !e.none {
		return sql
	}
	sql = "NOT " + sql
	if n, ok := e.in.(not); ok { // the half that was left out, or is there already
		sql += " AND EXISTS (SELECT 1 FROM " + from + " WHERE " + w.naive(n.of) + ")"
	}
	return sql
}

// LikePattern is tested against SQLite.
func LikePattern(v store.Value) (string, bool) { return likePattern(boundValue(v).pattern()) }
