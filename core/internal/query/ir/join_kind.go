// The kind of a join: whether a condition rejects rows of NULLs, so that an inner join may
// replace an outer one.

package ir

// Rejects says whether c cannot hold when s has no row: then a join to s may
// leave out what has none.
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
	}
	return false
}

// without says whether the test has one of the outcomes when s has no row.
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

// readsUnder says whether the term reads s or what is reached through it.
func readsUnder(t Term, s *Source) bool {
	reads := false
	VisitTerm(t, func(used *Source) { reads = reads || used.Under(s) })
	return reads
}
