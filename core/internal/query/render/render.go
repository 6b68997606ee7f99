// Package render writes the statements of package ir in the SQL of a dialect.
package render

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// Rendered is a statement in SQL.
type Rendered struct {
	SQL    string
	Args   []store.Value
	Tables []string
	Slots  Slots
	Cursor Cursor
}

// Slots are the positions, from 1, of the parameters that a plan takes from the
// Select itself; 0 where there is none.
type Slots struct{ ID, IDs, Refs, Limit, Offset int }

// Select renders the rows of the statement.
func Select(d store.Dialect, s *ir.Statement) (*Rendered, error) {
	w := &writer{dialect: d, args: make([]store.Value, 0, 4)}
	if s.Base.Kind == ir.FromCandidate {
		return w.finish(w.candidate(s))
	}
	keys := w.keys(s)
	sql, err := w.read(s, keys)
	if err != nil {
		return nil, err
	}
	out, err := w.finish(sql)
	if s.ReadKeys && err == nil {
		out.Cursor = cursorOf(s, keys)
	}
	return out, err
}

// Count renders the number of the rows.
func Count(d store.Dialect, s *ir.Statement) (*Rendered, error) {
	w := &writer{dialect: d}
	from := w.table(s.Base)
	return w.finish("SELECT count(*) FROM " + from + w.where(s.Base, s.Conds, s.Scans(), nil, w.picks(s)...))
}
