// Index definitions in SQLite's SQL translated for PostgreSQL.

package postgres

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// translateIndex is the statement that makes an index of a collection, the text of
// which is in SQLite's language. columns are those of the table.
func translateIndex(ix store.Index, columns map[string]string) (string, error) {
	t := translator{columns: columns}
	var b strings.Builder
	b.WriteString("CREATE ")
	if ix.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if ix.IfNotExists {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(store.Quote(ix.Name) + " ON " + store.Quote(ix.Table) + " (")
	for i, c := range ix.Columns {
		key, err := t.key(c)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(key)
	}
	b.WriteString(")")
	if ix.Where != "" {
		where, err := t.expression(ix.Where)
		if err != nil {
			return "", err
		}
		b.WriteString(" WHERE " + where)
	}
	return b.String(), nil
}

// translator turns SQLite's expressions into PostgreSQL's.
type translator struct{ columns map[string]string }

// key is one column or expression. What sorts first in SQLite does so here.
func (t translator) key(c store.IndexColumn) (string, error) {
	key, plain := t.column(c.Name)
	if !plain {
		expr, err := t.expression(c.Name)
		if err != nil {
			return "", err
		}
		key = "(" + expr + ")"
	}
	switch strings.ToUpper(c.Collate) {
	case "", "BINARY":
	case "NOCASE":
		if t.columns[unquoted(key)] != "text" && plain {
			break // only texts have letters
		}
		key = "(lower(" + key + "))"
	default:
		return "", refuse("no such collation sequence: " + c.Collate)
	}
	if c.Sort != "" {
		key += " " + c.Sort
	}
	return key, nil
}

func unquoted(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`), `""`, `"`)
}

// column is the quoted name of a column, which SQLite finds in any letter case.
func (t translator) column(name string) (string, bool) {
	if _, ok := t.columns[name]; ok {
		return store.Quote(name), true
	}
	for c := range t.columns {
		if strings.EqualFold(c, name) {
			return store.Quote(c), true
		}
	}
	return "", false
}
