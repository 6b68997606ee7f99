// Translation of index definitions from SQLite's SQL to PostgreSQL's.

package postgres

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// translateIndex translates an index of a collection, whose definition is in SQLite's SQL.
// columns are the columns of the table with their types.
func translateIndex(ix store.Index, columns map[string]string) (indexParts, error) {
	t := translator{columns: columns}
	d := indexParts{name: ix.Name, table: ix.Table, unique: ix.Unique, once: ix.IfNotExists}
	for _, c := range ix.Columns {
		key, err := t.key(c)
		if err != nil {
			return d, err
		}
		d.keys = append(d.keys, key)
	}
	if ix.Where != "" {
		where, err := t.expression(ix.Where)
		if err != nil {
			return d, err
		}
		d.where = where
	}
	return d, nil
}

// translator translates SQLite's expressions into PostgreSQL's.
type translator struct{ columns map[string]string }

// key translates one column or expression. The order of values, and of NULL, is that of SQLite.
func (t translator) key(c store.IndexColumn) (indexKey, error) {
	// A plain column keeps its type; everything else is an expression, for which PostgreSQL
	// requires parentheses.
	key, plain := t.column(c.Name)
	if !plain {
		expr, err := t.expression(c.Name)
		if err != nil {
			return indexKey{}, err
		}
		key = "(" + expr + ")"
	}
	k := indexKey{sql: key}
	switch strings.ToUpper(c.Collate) {
	case "", "BINARY":
	case "NOCASE":
		if plain && t.columns[unquoted(key)] != "text" {
			break // only texts have letters
		}
		k.sql = "(lower(" + key + "))"
	default:
		return k, refuse("no such collation sequence: " + c.Collate)
	}
	if c.Sort != "" {
		k.order = " " + c.Sort
	}
	return k, nil
}

func unquoted(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`), `""`, `"`)
}

// column returns the quoted name of a column. Like SQLite, it ignores letter case.
func (t translator) column(name string) (string, bool) {
	if _, ok := t.columns[name]; ok {
		return store.Quote(name), true
	}
	// The exact name comes first: in PostgreSQL, two columns may differ in letter case alone.
	for c := range t.columns {
		if strings.EqualFold(c, name) {
			return store.Quote(c), true
		}
	}
	return "", false
}
