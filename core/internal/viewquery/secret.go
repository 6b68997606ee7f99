// Secrets in views: tables with password hashes and token keys are read through a SELECT in which
// these columns are empty.

package viewquery

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// SQL returns the query for execution: String, with each table that has secret columns replaced
// by a SELECT in which they are empty texts. So no expression, condition or whole row of the
// query can contain a secret.
func (q *Query) SQL(find Find) string { return apply(q.src, q.blanks(find)) }

// blanks returns the edits that replace tables with secrets. A query that cannot use a secret is
// not changed: PostgreSQL accepts GROUP BY the key of a table only if the table itself is read.
func (q *Query) blanks(find Find) []edit {
	b := bind(find)
	if !q.mayRead(b.secrets(q)) {
		return nil
	}
	var edits []edit
	for _, c := range q.all {
		for _, s := range c.from {
			if t := b.table(c, s); t != nil && len(t.Secret) > 0 {
				text := blanked(t)
				if s.alias == nil {
					text += " AS " + store.Quote(t.Name)
				}
				edits = append(edits, edit{s.name.pos, s.name.end, text})
			}
		}
	}
	return edits
}

// secrets returns the folded names of the secret columns that a query could read, and the names
// by which it refers to its tables.
func (b *binding) secrets(q *Query) (columns, tables map[string]bool) {
	columns, tables = map[string]bool{}, map[string]bool{}
	for _, c := range q.all {
		for _, s := range c.from {
			if t := b.table(c, s); t != nil {
				for _, name := range t.Secret {
					columns[fold(name)] = true
				}
			}
			tables[fold(s.known())] = true
		}
	}
	return columns, tables
}

// mayRead reports whether the query names a secret column, or reads columns without naming them:
// by a star, a whole row, a NATURAL JOIN, or by aliases of columns.
func (q *Query) mayRead(columns, tables map[string]bool) bool {
	if len(columns) == 0 {
		return false
	}
	named := func(t token) bool {
		return (t.kind == tokenWord || t.kind == tokenQuoted) && columns[fold(t.text)]
	}
	shown := 0 // number of columns of the result that are plain secrets, which have an origin
	for _, c := range q.top.cores {
		for _, it := range c.items {
			if it.plain != nil && named(it.plain.last()) {
				shown++
			}
		}
	}
	// Any other use of a secret could compute with it.
	for _, t := range q.toks {
		if named(t) {
			shown--
		}
	}
	if shown < 0 {
		return true
	}
	return slices.ContainsFunc(q.all, func(c *core) bool {
		return c.natural ||
			slices.ContainsFunc(c.items, func(it *item) bool { return it.star }) ||
			slices.ContainsFunc(c.from, func(s *source) bool { return len(s.columns) > 0 }) ||
			slices.ContainsFunc(c.refs, func(r *ref) bool { return r.row || len(r.parts) == 1 && tables[fold(r.last().text)] })
	})
}

// blanked returns the SELECT that replaces a table with secrets.
func blanked(t *Table) string {
	list := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		if list[i] = store.Quote(name); slices.Contains(t.Secret, name) {
			list[i] = "CAST('' AS text) AS " + list[i]
		}
	}
	return "(SELECT " + strings.Join(list, ", ") + " FROM " + store.Quote(t.Name) + ")"
}
