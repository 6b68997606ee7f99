// Package ir is the intermediate representation between an expression and SQL: sources of rows,
// typed operands, conditions with their constants folded, and the statement that they make up. It
// implements the meaning of comparisons (docs/wire/records.md §5.5, §5.6), but knows neither the
// text of an expression nor its SQL.
package ir

// Statement is a read whose expressions are resolved.
type Statement struct {
	Base     *Source
	Columns  []string
	Cut      int // maximum number of characters read of each text or JSON column; 0: no maximum
	Outputs  []Output
	Conds    []Cond // must all hold
	Flags    []Cond // read as booleans, after the outputs
	Keys     []SortKey
	ReadKeys bool // also read, after the flags, the columns for a cursor
	Sorted   bool // by more than insertion order

	ID          string
	IDs         []string
	RefField    string // only records that refer to one of RefIDs by this field
	RefIDs      []string
	ParentField string // like RefField, but with a separate list for each of ParentIDs
	ParentIDs   []string
	Callers     *Source // the rows are the callers for whom Base has a row

	Limit         int
	Offset        int
	After, Before string // cursors
	Tag           uint32 // hash of collection and sort, in cursors
	Backward      bool
	ForUpdate     bool
}

// Output is a column of a record at the end of a path, NULL unless all guards hold.
type Output struct {
	Column  Column
	EmailOf *Source // the auth record of the e-mail address, if the address may be hidden
	Guards  []Cond
}

// Scans reports whether the statement may visit many rows of its table.
func (s *Statement) Scans() bool { return s.ID == "" && s.IDs == nil && s.Base.Kind == FromTable }

// Reads calls fn with each source of the sort keys, outputs and flags.
func (s *Statement) Reads(fn func(*Source)) {
	s.KeyReads(fn)
	s.OutputReads(fn)
}

// KeyReads calls fn with each source of the sort keys.
func (s *Statement) KeyReads(fn func(*Source)) {
	for i := range s.Keys {
		s.Keys[i].Reads(fn)
	}
}

// OutputReads calls fn with each source of outputs and flags.
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
