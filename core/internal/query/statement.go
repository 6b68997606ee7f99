package query

import "github.com/loambase/loam/core/internal/store"

// statement is a read whose expressions are resolved.
type statement struct {
	base      *source
	columns   []string
	conds     []cond // that all must hold
	flags     []cond // read as booleans, after the columns
	keys      []sortKey
	readKeys  bool   // read what a cursor needs, after the flags
	sorted    bool   // by more than insertion order
	tag       uint32 // of collection and sort, in cursors
	id        string
	ids       []string
	refField  string // only records that refer by it to one of refIDs
	refIDs    []string
	limit     int
	offset    int
	after     string
	forUpdate bool
}

// rendered is a statement in SQL.
type rendered struct {
	SQL    string
	args   []store.Value
	tables []string
	slots  slots
	cursor cursor
}

// slots are the positions, from 1, of the parameters that a plan takes from the
// Select itself; 0 where there is none.
type slots struct{ id, ids, refs, limit, offset int }

// scans says whether the statement may visit many rows of its table.
func (s *statement) scans() bool { return s.id == "" && s.ids == nil && s.base.how == ofTable }

// reads names the sources of what the rows give and are sorted by.
func (s *statement) reads(fn func(*source)) {
	s.keyReads(fn)
	s.flagReads(fn)
}

func (s *statement) keyReads(fn func(*source)) {
	for i := range s.keys {
		s.keys[i].reads(fn)
	}
}

func (s *statement) flagReads(fn func(*source)) {
	for _, flag := range s.flags {
		visitSources(flag, fn)
	}
}

// renderSelect renders the rows of the statement.
func renderSelect(d store.Dialect, s *statement) (*rendered, error) {
	w := &writer{dialect: d, args: make([]store.Value, 0, 4)}
	if s.base.how == ofCandidate {
		return w.finish(w.candidate(s))
	}
	keys := w.keys(s)
	sql, err := w.read(s, keys)
	if err != nil {
		return nil, err
	}
	out, err := w.finish(sql)
	if s.readKeys && err == nil {
		out.cursor = s.cursor(keys)
	}
	return out, err
}

// renderCount renders the number of the rows.
func renderCount(d store.Dialect, s *statement) (*rendered, error) {
	w := &writer{dialect: d}
	from := w.table(s.base)
	return w.finish("SELECT count(*) FROM " + from + w.where(s.base, s.conds, s.scans(), nil, w.picks(s)...))
}
