// Package ir is the middle of the way from an expression to SQL: sources that rows
// come from, typed operands, conditions with their constants folded, and the statement
// that they make. It knows what a comparison means (docs/wire/records.md §5.5, §5.6),
// but neither the text that it came from nor the SQL that it becomes.
package ir

// Statement is a read whose expressions are resolved.
type Statement struct {
	Base      *Source
	Columns   []string
	Conds     []Cond // that all must hold
	Flags     []Cond // read as booleans, after the columns
	Keys      []SortKey
	ReadKeys  bool   // read what a cursor needs, after the flags
	Sorted    bool   // by more than insertion order
	Tag       uint32 // of collection and sort, in cursors
	ID        string
	IDs       []string
	RefField  string // only records that refer by it to one of refIDs
	RefIDs    []string
	Limit     int
	Offset    int
	After     string
	ForUpdate bool
}

// Scans says whether the statement may visit many rows of its table.
func (s *Statement) Scans() bool { return s.ID == "" && s.IDs == nil && s.Base.Kind == FromTable }

// Reads names the sources of what the rows give and are sorted by.
func (s *Statement) Reads(fn func(*Source)) {
	s.KeyReads(fn)
	s.FlagReads(fn)
}

func (s *Statement) KeyReads(fn func(*Source)) {
	for i := range s.Keys {
		s.Keys[i].Reads(fn)
	}
}

func (s *Statement) FlagReads(fn func(*Source)) {
	for _, flag := range s.Flags {
		VisitSources(flag, fn)
	}
}
