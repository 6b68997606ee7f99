// Index definitions in SQLite's SQL translated for PostgreSQL.

package postgres

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// translateIndex is an index of a collection, the text of which is in SQLite's language.
// columns are those of the table.
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

// translator turns SQLite's expressions into PostgreSQL's.
type translator struct{ columns map[string]string }

// key is one column or expression. What sorts first in SQLite does so here.
func (t translator) key(c store.IndexColumn) (indexKey, error) {
	// A column by itself keeps its type; everything else is an expression, for which PostgreSQL
	// wants parentheses.
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

// column is the quoted name of a column, which SQLite finds in any letter case.
func (t translator) column(name string) (string, bool) {
	if _, ok := t.columns[name]; ok {
		return store.Quote(name), true
	}
	// The exact name comes first: to PostgreSQL, columns may differ in letter case alone.
	for c := range t.columns {
		if strings.EqualFold(c, name) {
			return store.Quote(c), true
		}
	}
	return "", false
}
