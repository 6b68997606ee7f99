// Package render writes the statements of package ir in the SQL of a dialect.
package render

import (
	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
)

// Rendered is a statement in SQL with its parameters and the tables that it reads.
type Rendered struct {
	SQL    string
	Args   []store.Value
	Tables []string
	Slots  Slots
	Cursor Cursor
	Parent int // column of the parent's id
}

// Slots are the positions, from 1, of parameters that a cached plan replaces by those of another
// Select; 0 for a missing one.
type Slots struct{ ID, IDs, Refs, Parents, Callers, Limit, Offset int }

// Select renders a statement that reads rows. The error is a *lang.Error: a cursor that cannot be
// used, or too many joins. seal seals the cursors.
func Select(d store.Dialect, seal *Seal, s *ir.Statement) (*Rendered, error) {
	w := &writer{dialect: d, seal: seal, args: make([]store.Value, 0, 4)}
	if s.Callers != nil {
		return w.finish(w.forCallers(s))
	}
	if s.Base.Kind == ir.FromCandidate {
		return w.finish(w.candidate(s))
	}
	keys := w.keys(s)
	sql, err := w.read(s, keys)
	if err != nil {
		return nil, err
	}
	out, err := w.finish(sql)
	if err != nil {
		return nil, err
	}
	out.Parent = outputWidth(s)
	if s.ReadKeys {
		out.Cursor = w.cursorOf(s, keys)
		out.Parent += len(keys)
	}
	return out, nil
}

// Count renders the statement that counts the rows of Select without limit and cursors.
func Count(d store.Dialect, s *ir.Statement) (*Rendered, error) {
	w := &writer{dialect: d}
	if s.ParentField != "" {
		out, err := w.finish(w.countPerParent(s))
		if err != nil {
			return nil, err
		}
		out.Parent = 1
		return out, nil
	}
	from := w.table(s.Base)
	return w.finish("SELECT count(*) FROM " + from + w.where(s.Base, s.Conds, s.Scans(), nil, w.picks(s)...))
}
