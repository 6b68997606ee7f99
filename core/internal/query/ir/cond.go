// Conditions: the typed tree for rendering, and its constructors, which fold constants.

package ir

// Cond is a condition on rows, typed and with constants folded: one of the types below. It has
// the three truth values of SQL; at the top, NULL counts as false.
type Cond interface{ isCond() }

type (
	// Truth is a constant condition.
	Truth bool
	// And is the conjunction of at least two conditions.
	And []Cond
	// Or is the disjunction of at least two conditions.
	Or []Cond

	// Comparison is a comparison in its final form.
	Comparison struct {
		Form        Form
		Left, Right Operand
	}

	// Not is the negation in SQL's sense: NULL stays NULL.
	Not struct{ Of Cond }

	// NotTrue holds if the condition is false or NULL.
	NotTrue struct{ Of Cond }

	// OneOf holds if the operand, a text, is one of the values, none of which is ''. For NULL its
	// result is NULL.
	OneOf struct {
		Operand Operand
		Values  []string
	}

	// EmailShown is a comparison of an e-mail address, which holds only if the record shows the
	// address.
	EmailShown struct {
		Record *Source
		Of     Cond
	}

	// Exists holds if the sources have rows for which In holds. A source without rows counts as
	// one row of NULLs.
	Exists struct {
		Sources []*Source
		In      Cond
		None    bool // NOT EXISTS: used for the violations of an all-comparison
		Present bool // the first source must have a row, even if In holds without one
	}

	// ListGuard holds if the record is missing or may be listed.
	ListGuard struct {
		Record *Source
		Rule   Cond
	}

	// Guarded is the conjunction of both, in this order: Then is not evaluated, not even by an
	// index, for rows that When excludes.
	Guarded struct {
		When, Then Cond
		Served     bool // an index finds the rows for which When holds
	}

	// Keyed is a comparison of a column with a constant that is NULL unless When holds. When
	// reads nothing of the column's row. If it does not hold, an index on the column finds no
	// row.
	Keyed struct {
		Key  *Comparison // =, <, <=, > or >=
		When Cond
	}

	// Only holds for one row of a table: the row with the values of the keys, which are unique,
	// or, if there is no such row, a stand-in that is determined by Else.
	Only struct {
		Of   *Source
		Keys []*Comparison // column = constant
		Else uint64        // below 2^63
	}
)

func (Truth) isCond()       {}
func (And) isCond()         {}
func (Or) isCond()          {}
func (*Comparison) isCond() {}
func (Not) isCond()         {}
func (NotTrue) isCond()     {}
func (*OneOf) isCond()      {}
func (EmailShown) isCond()  {}
func (*Exists) isCond()     {}
func (ListGuard) isCond()   {}
func (*Guarded) isCond()    {}
func (*Keyed) isCond()      {}
func (*Only) isCond()       {}

// AllOf returns the conjunction, simplified: without true parts, false if a part is false, nested
// conjunctions merged. Without parts it is true.
func AllOf(list ...Cond) Cond {
	var out And
	for _, c := range list {
		switch c := c.(type) {
		case Truth:
			if !c {
				return c
			}
		case And:
			out = append(out, c...)
		default:
			out = append(out, c)
		}
	}
	switch len(out) {
	case 0:
		return Truth(true)
	case 1:
		return out[0]
	}
	return out
}

// AnyOf returns the disjunction, simplified likewise. Without parts it is false.
func AnyOf(list ...Cond) Cond {
	var out Or
	for _, c := range list {
		switch c := c.(type) {
		case Truth:
			if c {
				return c
			}
		case Or:
			out = append(out, c...)
		default:
			out = append(out, c)
		}
	}
	switch len(out) {
	case 0:
		return Truth(false)
	case 1:
		return out[0]
	}
	return out
}

// Guard returns a Guarded, simplified.
func Guard(when, then Cond) Cond {
	_, open := when.(Truth)
	_, known := then.(Truth)
	if open || known {
		return AllOf(when, then)
	}
	return &Guarded{When: when, Then: then}
}

// Unless returns the condition that holds if c does not hold or is NULL: the "not" of
// expressions.
func Unless(c Cond) Cond {
	if t, ok := c.(Truth); ok {
		return !t
	}
	return NotTrue{c}
}

// Negate returns NOT c in SQL's sense, so that NULL stays NULL. c is the result of Compare: a
// constant, a comparison, or a comparison of an address.
func Negate(c Cond) Cond {
	if t, ok := c.(Truth); ok {
		return !t
	}
	return Not{c}
}

// SkipsNone reports whether the row of NULLs of the first source may be left out. If all other
// sources are reached through the first, the other half of an all-comparison decides if there are
// no rows.
func (e *Exists) SkipsNone() bool {
	if !e.None {
		return false
	}
	for _, s := range e.Sources {
		if !s.Under(e.Sources[0]) {
			return false
		}
	}
	return true
}

// VisitSources calls fn with every source that the condition reads or unpacks. It may visit a
// source more than once.
func VisitSources(c Cond, fn func(*Source)) {
	switch c := c.(type) {
	case And:
		for _, part := range c {
			VisitSources(part, fn)
		}
	case Or:
		for _, part := range c {
			VisitSources(part, fn)
		}
	case *Comparison:
		VisitTerm(c.Left.Term, fn)
		VisitTerm(c.Right.Term, fn)
	case Not:
		VisitSources(c.Of, fn)
	case NotTrue:
		VisitSources(c.Of, fn)
	case *OneOf:
		VisitTerm(c.Operand.Term, fn)
	case EmailShown:
		fn(c.Record)
		VisitSources(c.Of, fn)
	case *Exists:
		for _, s := range c.Sources {
			fn(s)
		}
		VisitSources(c.In, fn)
	case ListGuard:
		fn(c.Record)
		VisitSources(c.Rule, fn)
	case *Guarded:
		VisitSources(c.When, fn)
		VisitSources(c.Then, fn)
	case *Keyed:
		VisitSources(c.Key, fn)
		VisitSources(c.When, fn)
	case *Only:
		fn(c.Of)
	}
}

// Parts returns the conditions that must all hold.
func Parts(c Cond) []Cond {
	switch c := c.(type) {
	case And:
		return c
	case Truth:
		if c {
			return nil
		}
	}
	return []Cond{c}
}

// uses reports whether the condition needs the row of the source.
func uses(c Cond, s *Source) bool {
	found := false
	VisitSources(c, func(used *Source) { found = found || used.Under(s) })
	return found
}
