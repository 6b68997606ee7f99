// The syntax tree of the language: expressions, comparisons, operands, and the nodes that
// only Go code builds.

package lang

// Expr is an expression: an *And, *Or, *Compare, or a node that only Go code builds (*Not, *In,
// *Related). It is immutable. String returns a text: for a parsed expression a text that parses
// to an equal one, for others a text that only expressions of the same meaning have.
type Expr interface {
	String() string
	isExpr()
}

// And holds if all of its parts hold. The parser makes it of at least two parts; without parts it
// always holds.
type And struct{ List []Expr }

// Or holds if one of its parts holds. The parser makes it of at least two parts; without parts it
// never holds.
type Or struct{ List []Expr }

// Compare is one comparison. Pos and End are its position in the parsed text.
type Compare struct {
	Op          Op
	Any         bool // the ?= family
	Left, Right Operand
	Pos, End    int
}

// Not holds if Of does not hold or is NULL in SQL. Paths of several records in Of share no rows
// with the rest (see Related).
type Not struct{ Of Expr }

// In holds if the operand equals (=, or ?= with Any) one of the values. Without values it never
// holds.
type In struct {
	Any    bool
	Left   Operand
	Values []any // see Value
}

// Related is a condition on the records that a path of relations reaches, such as tags or
// comments_via_post. In is an expression on such a record. Unlike two uses of ?= in one text, the
// whole of In applies to the same record, and two Related are independent.
type Related struct {
	Which Quantifier
	Path  string
	In    Expr // nil: any record
}

// Quantifier says for how many related records an expression must hold.
type Quantifier uint8

// The quantifiers. Every and None hold when there are no related records.
const (
	Some Quantifier = iota
	None
	Every
)

func (q Quantifier) String() string { return [...]string{"some", "none", "every"}[q] }

// Op is the operator of a comparison.
type Op uint8

// The operators, without their ? forms. LikeCase and NotLikeCase are the case-sensitive forms of
// Like and NotLike; texts cannot contain them, and their right side is a constant.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	Like
	NotLike
	LikeCase
	NotLikeCase
)

func (o Op) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "~", "!~", "~~", "!~~"}[o]
}

// Flipped returns the operator for exchanged operands: < for >. Operators that are symmetric or
// have no counterpart (Like) are returned unchanged.
func (o Op) Flipped() Op {
	switch o {
	case Less:
		return Greater
	case LessEqual:
		return GreaterEqual
	case Greater:
		return Less
	case GreaterEqual:
		return LessEqual
	}
	return o
}

// Operand is one side of a comparison or an argument: an Ident, a Number, a Text, a *Call,
// a Value or a Param. It is immutable.
type Operand interface {
	String() string
	Position() (pos, end int) // in the parsed text; 0, 0 if built in code
}

// Ident is a name that is not resolved yet.
type Ident struct {
	Name string
	Pos  int
}

// Number is a number literal.
type Number struct {
	Value float64
	Text  string
	Pos   int
}

// Text is a text literal with its escapes decoded. End is after its closing quote.
type Text struct {
	Value    string
	Pos, End int
}

// Call is a function call.
type Call struct {
	Name     string
	Args     []Operand
	Pos, End int
}

// Value is a constant from Go code: nil, a bool, a number of any Go type, a string or a
// time.Time. Nil is NULL, which is never mistaken for a name (a field may be called "null").
type Value struct {
	V        any
	Pos, End int // of its placeholder, if any
}

// Param is a placeholder {:name}, which Bind replaces.
type Param struct {
	Name string
	Pos  int
}

func (*And) isExpr()     {}
func (*Or) isExpr()      {}
func (*Compare) isExpr() {}
func (*Not) isExpr()     {}
func (*In) isExpr()      {}
func (*Related) isExpr() {}

// Position returns the position of the name.
func (i Ident) Position() (pos, end int) { return i.Pos, i.Pos + len(i.Name) }

// Position returns the position of the number.
func (n Number) Position() (pos, end int) { return n.Pos, n.Pos + len(n.Text) }

// Position returns the position of the literal with its quotes.
func (t Text) Position() (pos, end int) { return t.Pos, t.End }

// Position returns the position of the call with its arguments.
func (c *Call) Position() (pos, end int) { return c.Pos, c.End }

// Position returns the position of the placeholder.
func (v Value) Position() (pos, end int) { return v.Pos, v.End }

// Position returns the position of the placeholder with its braces.
func (p Param) Position() (pos, end int) { return p.Pos, p.Pos + len(p.Name) + len("{:}") }

// Position returns the position of the expression in its text, without parentheses around it; 0,
// 0 if it was built in code.
func Position(e Expr) (pos, end int) {
	var list []Expr
	switch e := e.(type) {
	case *Compare:
		return e.Pos, e.End
	case *And:
		list = e.List
	case *Or:
		list = e.List
	}
	if len(list) == 0 {
		return 0, 0
	}
	pos, _ = Position(list[0])
	_, end = Position(list[len(list)-1])
	return pos, end
}
