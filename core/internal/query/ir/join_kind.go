// The kind of a join: whether a condition rejects rows of NULLs, so that an inner join may
// replace an outer one.

package ir

// Rejects reports whether c cannot hold if s has no row: then a join to s may leave out rows
// without a match.
func Rejects(c Cond, s *Source) bool {
	switch c := c.(type) {
	case Truth:
		return !bool(c)
	case And:
		for _, part := range c {
			if Rejects(part, s) {
				return true
			}
		}
	case Or:
		for _, part := range c {
			if !Rejects(part, s) {
				return false
			}
		}
		return true
	case *Comparison:
		return c.without(s, outcomeFalse, outcomeNull)
	case Not:
		t, ok := c.Of.(*Comparison)
		return ok && t.without(s, OutcomeTrue, outcomeNull)
	case *OneOf:
		return readsUnder(c.Operand.Term, s) && PropagatesNull(c.Operand.Term)
	case EmailShown:
		return c.Record.Under(s) || Rejects(c.Of, s)
	case *Exists:
		return !c.None && Rejects(c.In, s)
	case *Guarded:
		return Rejects(c.When, s) || Rejects(c.Then, s)
	}
	return false
}

// without reports whether the comparison has one of the outcomes if s has no row.
func (t *Comparison) without(s *Source, outcomes ...outcome) bool {
	for _, left := range [...]bool{true, false} {
		o := t.Right
		if left {
			o = t.Left
		}
		if !readsUnder(o.Term, s) || !PropagatesNull(o.Term) {
			continue
		}
		missing := t.Missing(left)
		for _, want := range outcomes {
			if missing == want {
				return true
			}
		}
	}
	return false
}

// readsUnder reports whether the term reads s or a source reached through s.
func readsUnder(t Term, s *Source) bool {
	reads := false
	VisitTerm(t, func(used *Source) { reads = reads || used.Under(s) })
	return reads
}
