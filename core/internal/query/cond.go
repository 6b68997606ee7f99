package query

// cond is a condition on rows, typed and with constants folded: a sum of the
// types below. SQL's three truth values hold within; at the top, NULL is false.
type cond interface{ isCond() }

type (
	truthValue bool
	all        []cond // AND of two or more
	some       []cond // OR of two or more

	// test is one comparison in its final form.
	test struct {
		form        form
		left, right operand
	}

	// not is the negation of a test.
	not struct{ of cond }

	// visibleAnd is a comparison of an e-mail address: the record must show it.
	visibleAnd struct {
		record *source
		of     cond
	}

	// exists holds if the sources have rows for which in holds. A source that has
	// none counts as one row of NULLs.
	exists struct {
		sources []*source
		in      cond
		none    bool // NOT EXISTS: the violations of an all-comparison
	}

	// guard holds if the record is missing or may be listed.
	guard struct {
		record *source
		rule   cond
	}
)

func (truthValue) isCond() {}
func (all) isCond()        {}
func (some) isCond()       {}
func (*test) isCond()      {}
func (not) isCond()        {}
func (visibleAnd) isCond() {}
func (*exists) isCond()    {}
func (guard) isCond()      {}

// and is the conjunction, simplified.
func and(list ...cond) cond {
	var out all
	for _, c := range list {
		switch c := c.(type) {
		case truthValue:
			if !c {
				return c
			}
		case all:
			out = append(out, c...)
		default:
			out = append(out, c)
		}
	}
	switch len(out) {
	case 0:
		return truthValue(true)
	case 1:
		return out[0]
	}
	return out
}

// or is the disjunction, simplified.
func or(list ...cond) cond {
	var out some
	for _, c := range list {
		switch c := c.(type) {
		case truthValue:
			if c {
				return c
			}
		case some:
			out = append(out, c...)
		default:
			out = append(out, c)
		}
	}
	switch len(out) {
	case 0:
		return truthValue(false)
	case 1:
		return out[0]
	}
	return out
}

// negate is NOT of what a comparison gave: a constant, a test, or a test of an
// address.
func negate(c cond) cond {
	if t, ok := c.(truthValue); ok {
		return !t
	}
	return not{c}
}

// skipsNone says whether the first source may be without the row of NULLs: if all
// others are reached through it, an all-comparison is about that one row alone,
// and fails or holds by its other half.
func (e *exists) skipsNone() bool {
	if !e.none {
		return false
	}
	for _, s := range e.sources {
		if !s.under(e.sources[0]) {
			return false
		}
	}
	return true
}

// visitSources calls fn with every source that the condition reads, or unpacks.
func visitSources(c cond, fn func(*source)) {
	switch c := c.(type) {
	case all:
		for _, part := range c {
			visitSources(part, fn)
		}
	case some:
		for _, part := range c {
			visitSources(part, fn)
		}
	case *test:
		visit(c.left.term, fn)
		visit(c.right.term, fn)
	case not:
		visitSources(c.of, fn)
	case visibleAnd:
		fn(c.record)
		visitSources(c.of, fn)
	case *exists:
		for _, s := range c.sources {
			fn(s)
		}
		visitSources(c.in, fn)
	case guard:
		fn(c.record)
		visitSources(c.rule, fn)
	}
}

// uses says whether the condition needs the row of the source.
func uses(c cond, s *source) bool {
	found := false
	visitSources(c, func(used *source) { found = found || used.under(s) })
	return found
}
