// Package ir is the middle of the way from an expression to SQL: sources that rows
// come from, typed operands, conditions with their constants folded, and the statement
// that they make. It knows what a comparison means (docs/wire/records.md §5.5, §5.6),
// but neither the text that it came from nor the SQL that it becomes.
package ir

// Statement is a read whose expressions are resolved.
type Statement struct {
	Base     *Source
	Columns  []string
	Cut      int // maximum number of characters read of each text or JSON column; 0: no maximum
	Outputs  []Output
	Conds    []Cond // that all must hold
	Flags    []Cond // read as booleans, after the outputs
	Keys     []SortKey
	ReadKeys bool // read what a cursor needs, after the flags
	Sorted   bool // by more than insertion order

	ID          string
	IDs         []string
	RefField    string // only records that refer by it to one of RefIDs
	RefIDs      []string
	ParentField string // the same, but as a list for each of ParentIDs
	ParentIDs   []string
	Callers     *Source // the rows are those of them for whom Base has a row

	Limit         int
	Offset        int
	After, Before string // cursors
	Tag           uint32 // of collection and sort, in cursors
	Backward      bool
	ForUpdate     bool
}

// Output is a column of a record at the end of a path, NULL unless all guards hold.
type Output struct {
	Column  Column
	EmailOf *Source // whose e-mail address it is, if that may be hidden
	Guards  []Cond
}

// Scans says whether the statement may visit many rows of its table.
func (s *Statement) Scans() bool { return s.ID == "" && s.IDs == nil && s.Base.Kind == FromTable }

// Reads names the sources of what the rows give and are sorted by.
func (s *Statement) Reads(fn func(*Source)) {
	s.KeyReads(fn)
	s.OutputReads(fn)
}

// KeyReads names the sources of what the rows are sorted by.
func (s *Statement) KeyReads(fn func(*Source)) {
	for i := range s.Keys {
		s.Keys[i].Reads(fn)
	}
}

// OutputReads names the sources of outputs and flags.
func (s *Statement) OutputReads(fn func(*Source)) {
	for _, o := range s.Outputs {
		fn(o.Column.Of)
		for _, g := range o.Guards {
			VisitSources(g, fn)
		}
	}
	for _, flag := range s.Flags {
		VisitSources(flag, fn)
	}
}
