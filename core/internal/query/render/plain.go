// A second, naive rendering of conditions, for tests: the statements of Select must select the
// same rows.

package render

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// Plain renders the ids that a condition selects as the contract describes it: every path is
// joined to the selected table, duplicates are removed, nothing is folded inside joins. It is
// slow and simple: Select is tested against it.
func Plain(d store.Dialect, base *ir.Source, made []*ir.Source, c ir.Cond, guards []ir.Cond) (string, []store.Value) {
	w := &writer{dialect: d}
	var joins strings.Builder
	for _, s := range made {
		if (s.MultiRow() && s.Scope == 0 || s.Joined()) && shared(s) {
			joins.WriteString(" LEFT JOIN " + w.item(s) + " ON " + w.on(s, false))
		}
	}
	from := w.table(base)
	where := w.naive(c)
	for _, g := range guards {
		where = "(" + where + ") AND (" + w.naive(g) + ")"
	}
	return "SELECT DISTINCT t._rowid_, t.\"id\" FROM " + from + joins.String() + " WHERE " + where + " ORDER BY 1", w.args
}

// shared reports whether the source is joined to the selected table.
func shared(s *ir.Source) bool {
	for x := s; x != nil; x = x.Parent {
		if x.MultiRow() && x.Scope != 0 {
			return false
		}
	}
	return !s.Scalar()
}

// naive renders a condition without the simplifications of cond.
func (w *writer) naive(c ir.Cond) string {
	switch c := c.(type) {
	case ir.And:
		return w.naiveList(c, " AND ")
	case ir.Or:
		return w.naiveList(c, " OR ")
	case ir.Not:
		return "NOT (" + w.naive(c.Of) + ")"
	case ir.EmailShown:
		return "(" + w.naive(c.Of) + ") AND " + w.column(c.Record, "emailVisibility") + " = TRUE"
	case ir.ListGuard:
		return "(" + w.column(c.Record, "id") + " IS NULL OR " + w.naive(c.Rule) + ")"
	case *ir.Guarded:
		return w.naiveList([]ir.Cond{c.When, c.Then}, " AND ")
	case *ir.Exists:
		return w.naiveExists(c)
	}
	return w.cond(c)
}

// naiveList joins conditions, each in parentheses.
func (w *writer) naiveList(list []ir.Cond, join string) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = "(" + w.naive(c) + ")"
	}
	return strings.Join(parts, join)
}

// naiveExists renders both halves of an all-comparison, with outer joins only.
func (w *writer) naiveExists(e *ir.Exists) string {
	var items []*ir.Source
	add := func(s *ir.Source) { items = inOrder(items, e.Sources, s) }
	for _, s := range e.Sources {
		add(s)
	}
	ir.VisitSources(e.In, add)
	from := "(SELECT 1) AS one"
	for _, s := range items {
		from += " LEFT JOIN " + w.item(s) + " ON " + w.on(s, false)
	}
	sql := "EXISTS (SELECT 1 FROM " + from + " WHERE " + w.naive(e.In) + ")"
	if !e.None {
		return sql
	}
	sql = "NOT " + sql
	if n, ok := e.In.(ir.Not); ok { // the half that was left out, or is already there
		sql += " AND EXISTS (SELECT 1 FROM " + from + " WHERE " + w.naive(n.Of) + ")"
	}
	return sql
}
