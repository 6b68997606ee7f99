// Names that are not columns: in PostgreSQL they would call a function (row.function) or return
// data of the session (current_user); both are refused.

package viewquery

import (
	"fmt"
	"slices"
	"strings"
)

// sessionWords are names that PostgreSQL resolves to data of its session unless a column has the
// name.
var sessionWords = set(`current_catalog current_role current_schema current_user session_user system_user user`)

// check returns an error for a name that is not a column if PostgreSQL would call a function for
// it (row.function is function(row)) or return data of its session.
func (b *binding) check(q *Query) error {
	calls := slices.ContainsFunc(q.all, func(c *core) bool {
		return slices.ContainsFunc(c.from, func(s *source) bool { return s.kind == fromCall })
	})
	for _, c := range q.all {
		for _, r := range c.refs {
			m := b.resolve(c, r)
			switch name := fold(r.last().text); {
			case m.column != nil || m.item != nil:
			case len(r.parts) == 1 && r.last().kind == tokenWord && m.source == nil && sessionWords[name]:
				return fmt.Errorf("no such column: %s", r.last().text)
			case len(r.parts) > 1 && !rowNumber[name] && (!calls || strings.HasPrefix(name, "pg_")):
				return fmt.Errorf("no such column: %s.%s", r.parts[0].text, r.last().text)
			}
		}
	}
	for _, name := range q.fields {
		if !b.isColumn(q, name) {
			return fmt.Errorf("no such column: %s", name)
		}
	}
	return nil
}

// rowNumber has SQLite's names of the row number.
var rowNumber = set(`rowid oid _rowid_`)

// isColumn reports whether a table of the query has a column of the name, or a function
// that returns rows could have it.
func (b *binding) isColumn(q *Query, name string) bool {
	if fold(name) == "key" || fold(name) == "value" {
		return true
	}
	return slices.ContainsFunc(q.Tables(), func(table string) bool {
		return slices.ContainsFunc(b.find(table).Columns, func(column string) bool { return fold(column) == fold(name) })
	})
}

// isCatalogType reports whether a cast to the type looks up a name in PostgreSQL's catalog, which
// views must not see.
func isCatalogType(name string) bool {
	name = fold(name)
	return strings.HasPrefix(name, "reg") || strings.HasPrefix(name, "pg_") || name == "aclitem"
}
