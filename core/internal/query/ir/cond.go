// Conditions: the typed tree that rendering takes, and its constructors, which fold
// constants.

package ir

// Cond is a condition on rows, typed and with constants folded: a sum of the
// types below. SQL's three truth values hold within; at the top, NULL is false.
type Cond interface{ isCond() }

type (
	// Truth is a condition that is known.
	Truth bool
	// And is the conjunction of two or more.
	And []Cond
	// Or is the disjunction of two or more.
	Or []Cond

	// Comparison is one comparison in its final form.
	Comparison struct {
		Form        Form
		Left, Right Operand
	}

	// Not is the negation of a test.
	Not struct{ Of Cond }

	// NotTrue holds where the condition is false or NULL.
	NotTrue struct{ Of Cond }

	// OneOf holds if the operand, a text, is one of the values; none is ''. NULL is
	// in no list, for which the answer is NULL.
	OneOf struct {
		Operand Operand
		Values  []string
	}

	// EmailShown is a comparison of an e-mail address: the record must show it.
	EmailShown struct {
		Record *Source
		Of     Cond
	}

	// Exists holds if the sources have rows for which in holds. A source that has
	// none counts as one row of NULLs.
	Exists struct {
		Sources []*Source
		In      Cond
		None    bool // NOT EXISTS: the violations of an all-comparison
		Present bool // the first source must have a row, whatever In says
	}

	// ListGuard holds if the record is missing or may be listed.
	ListGuard struct {
		Record *Source
		Rule   Cond
	}

	// Guarded is the conjunction of both, in this order: Then is not evaluated for what
	// When does not let through, by no index either.
	Guarded struct {
		When, Then Cond
		Served     bool // an index on the row of When finds what it lets through
	}

	// Keyed is a comparison of a column with a constant that is NULL unless When holds,
	// which reads nothing of the column's row: an index on the column finds no row then.
	Keyed struct {
		Key  *Comparison // =, <, <=, > or >=
		When Cond
	}

	// Only holds for one row of a table: the one that has the values of the keys, which are
	// unique, and where there is none for the one that Else comes to.
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

// AllOf returns the conjunction, simplified: without true parts, false if one is false,
// nested conjunctions merged. Of no parts it is true.
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

// AnyOf returns the disjunction, simplified likewise. Of no parts it is false.
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

// Guard is a Guarded, simplified.
func Guard(when, then Cond) Cond {
	_, open := when.(Truth)
	_, known := then.(Truth)
	if open || known {
		return AllOf(when, then)
	}
	return &Guarded{When: when, Then: then}
}

// Unless returns the condition that holds where c does not, NULL included. It is the "not"
// of users.
func Unless(c Cond) Cond {
	if t, ok := c.(Truth); ok {
		return !t
	}
	return NotTrue{c}
}

// Negate returns NOT c in SQL's sense, NULL staying NULL, for what a comparison gave: a
// constant, a test, or a test of an address.
func Negate(c Cond) Cond {
	if t, ok := c.(Truth); ok {
		return !t
	}
	return Not{c}
}

// SkipsNone reports whether the row of NULLs of the first source may be left out. If all
// other sources are reached through the first, an all-comparison without rows is decided by
// its other half.
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

// VisitSources calls fn with every source that the condition reads, or unpacks. A source
// may be visited more than once.
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

// Parts are the conditions that must all hold.
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
