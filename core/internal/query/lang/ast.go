// The syntax tree of the language: expressions, comparisons, operands, and the nodes that
// only Go code builds.

package lang

// Expr is an expression: an *And, *Or, *Compare, or one of those that only Go code
// builds (*Not, *In, *Related). It is immutable. String gives text; of a parsed
// expression it is text that parses to an equal one, of others a text that only
// expressions of the same meaning share.
type Expr interface {
	String() string
	isExpr()
}

// And holds when all of its parts hold. The parser makes it of two parts or more;
// without parts it always holds.
type And struct{ List []Expr }

// Or holds when one of its parts holds. The parser makes it of two parts or more;
// without parts it never holds.
type Or struct{ List []Expr }

// Compare is one comparison. Pos and End are where it stands in the parsed text.
type Compare struct {
	Op          Op
	Any         bool // the ?= family
	Left, Right Operand
	Pos, End    int
}

// Not holds when Of does not hold, also where SQL's answer is NULL. Paths of several
// records in Of are its own: they share no rows with the rest (see Related).
type Not struct{ Of Expr }

// In holds when the operand equals (=, or ?= with Any) one of the values: never
// without values.
type In struct {
	Any    bool
	Left   Operand
	Values []any // see Value
}

// Related is about the records that a path of relations reaches, such as tags or
// comments_via_post. In is an expression on such a record. Unlike ?= in two places of
// one text, all of In is about the same record, and two Related are independent.
type Related struct {
	Which Quantifier
	Path  string
	In    Expr // nil: any record
}

// Quantifier says of how many related records an expression must hold.
type Quantifier uint8

// The quantifiers. Every and None hold when there are no related records.
const (
	Some Quantifier = iota
	None
	Every
)

func (q Quantifier) String() string { return [...]string{"some", "none", "every"}[q] }

// Op is the sign of a comparison.
type Op uint8

// The signs, without their ? forms. LikeCase and NotLikeCase are Like and NotLike
// that tell upper from lower case; no text has them, and their right side is a
// constant.
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

// Flipped returns the operator for exchanged operands: < for >. Signs that are symmetric,
// or have no counterpart (Like), are returned as they are.
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

// Ident is a name, not yet resolved.
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

// Text is a text literal, its escapes decoded. End is after its closing quote.
type Text struct {
	Value    string
	Pos, End int
}

// Call is the use of a function.
type Call struct {
	Name     string
	Args     []Operand
	Pos, End int
}

// Value is a constant of Go code: nil, a bool, a number of any Go type, a string or
// a time.Time. Nil is NULL, which a name cannot hide (a field may be called "null").
type Value struct {
	V        any
	Pos, End int // of the placeholder that it stands for, if any
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

// Position is where the name stands.
func (i Ident) Position() (pos, end int) { return i.Pos, i.Pos + len(i.Name) }

// Position is where the number stands.
func (n Number) Position() (pos, end int) { return n.Pos, n.Pos + len(n.Text) }

// Position is where the literal stands, with its quotes.
func (t Text) Position() (pos, end int) { return t.Pos, t.End }

// Position is where the call stands, with its arguments.
func (c *Call) Position() (pos, end int) { return c.Pos, c.End }

// Position is that of the placeholder.
func (v Value) Position() (pos, end int) { return v.Pos, v.End }

// Position is where the placeholder stands, with its braces.
func (p Param) Position() (pos, end int) { return p.Pos, p.Pos + len(p.Name) + len("{:}") }

// Position returns where the expression stands in its text, without parentheses around it;
// 0, 0 if it was built in code.
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
