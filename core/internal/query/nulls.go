package query

// rejects says whether c cannot hold when s has no row: then a join to s may
// leave out what has none.
func rejects(c cond, s *source) bool {
	switch c := c.(type) {
	case truthValue:
		return !bool(c)
	case all:
		for _, part := range c {
			if rejects(part, s) {
				return true
			}
		}
	case some:
		for _, part := range c {
			if !rejects(part, s) {
				return false
			}
		}
		return true
	case *test:
		return c.without(s, outcomeFalse, outcomeNull)
	case not:
		t, ok := c.of.(*test)
		return ok && t.without(s, outcomeTrue, outcomeNull)
	case visibleAnd:
		return c.record.under(s) || rejects(c.of, s)
	case *exists:
		return !c.none && rejects(c.in, s)
	}
	return false
}

// without says whether the test has one of the outcomes when s has no row.
func (t *test) without(s *source, outcomes ...outcome) bool {
	for _, left := range [...]bool{true, false} {
		o := t.right
		if left {
			o = t.left
		}
		reads := false
		visit(o.term, func(used *source) { reads = reads || used.under(s) })
		if !reads || !follows(o.term) {
			continue
		}
		missing := t.missing(left)
		for _, want := range outcomes {
			if missing == want {
				return true
			}
		}
	}
	return false
}
