// Walking a tree, and the check of expressions that were built in Go code.

package lang

// Walk calls fn with the expression and its parts, parents first. If fn returns false, the
// parts of that expression are skipped.
func Walk(e Expr, fn func(Expr) bool) {
	if e == nil || !fn(e) {
		return
	}
	switch e := e.(type) {
	case *And:
		for _, part := range e.List {
			Walk(part, fn)
		}
	case *Or:
		for _, part := range e.List {
			Walk(part, fn)
		}
	case *Not:
		Walk(e.Of, fn)
	case *Related:
		Walk(e.In, fn)
	}
}

// Limits of an expression built in code.
const (
	MaxBuiltCompares = 500    // comparisons, and values of In that are not texts
	MaxBuiltNesting  = 100    // levels of nodes
	MaxBuiltValues   = 10_000 // values of all In nodes together
)

// Check returns an *Error for an expression built in code that is too large, or contains a part
// that cannot be used: a Param, a Value of another Go type, a text with U+0000 or invalid UTF-8.
// Parsed expressions need no check.
func Check(e Expr) error {
	c := checker{}
	return c.expr(e, 1)
}

// checker counts comparisons and values towards the limits.
type checker struct{ compares, values int }

// expr checks an expression at a depth of nesting.
func (c *checker) expr(e Expr, depth int) error {
	if depth > MaxBuiltNesting {
		return &Error{Message: "max nesting of groups reached"}
	}
	switch e := e.(type) {
	case *And:
		return c.list(e.List, depth)
	case *Or:
		return c.list(e.List, depth)
	case *Not:
		return c.expr(e.Of, depth+1)
	case *Related:
		if e.Which > Every {
			return &Error{Message: "unknown quantifier"}
		}
		if err := c.count(); err != nil || e.In == nil {
			return err
		}
		return c.expr(e.In, depth+1)
	case *Compare:
		return c.compare(e)
	case *In:
		return c.in(e)
	}
	return &Error{Message: "empty filter expression"}
}

func (c *checker) list(list []Expr, depth int) error {
	for _, part := range list {
		if err := c.expr(part, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// count counts one comparison.
func (c *checker) count() error {
	if c.compares++; c.compares > MaxBuiltCompares {
		return &Error{Message: "max filter expressions limit reached"}
	}
	return nil
}

func (c *checker) compare(e *Compare) error {
	if err := c.count(); err != nil {
		return err
	}
	if e.Op > NotLikeCase {
		return &Error{Message: "unknown sign"}
	}
	if err := checkOperand(e.Left, 1); err != nil {
		return err
	}
	return checkOperand(e.Right, 1)
}

// in checks a list. Texts together are one parameter; every other value counts as a comparison,
// since it is rendered as one.
func (c *checker) in(e *In) error {
	if err := c.count(); err != nil {
		return err
	}
	if c.values += len(e.Values); c.values > MaxBuiltValues {
		return &Error{Message: "too many values in a list"}
	}
	for _, v := range e.Values {
		if _, isText := v.(string); !isText {
			if err := c.count(); err != nil {
				return err
			}
		}
		if err := checkValue(v); err != nil {
			return err
		}
	}
	return checkOperand(e.Left, 1)
}

// checkOperand checks one side of a comparison, arguments included.
func checkOperand(o Operand, depth int) error {
	switch o := o.(type) {
	case Ident:
		if !IsPath(o.Name) {
			return syntax(0, "invalid identifier "+quoted(o.Name))
		}
		return nil
	case Number:
		return nil
	case Text:
		return Storable(o.Value)
	case Value:
		return checkValue(o.V)
	case *Call:
		if depth > maxArgs || len(o.Args) > maxArgs {
			return syntax(0, "too many arguments")
		}
		for _, arg := range o.Args {
			if err := checkOperand(arg, depth+1); err != nil {
				return err
			}
		}
		return nil
	case Param:
		return &Error{Message: "missing parameter " + quoted(o.Name), Pos: o.Pos}
	}
	return &Error{Message: "missing operand"}
}
