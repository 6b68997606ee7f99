package lang

import (
	"strconv"
	"strings"
)

// Expr is a parsed expression: an *And, an *Or or a *Compare. It is immutable;
// String gives text that parses to an equal one.
type Expr interface {
	String() string
	isExpr()
}

// And holds when all of its parts, two or more, hold.
type And struct{ List []Expr }

// Or holds when one of its parts, two or more, holds.
type Or struct{ List []Expr }

// Compare is one comparison.
type Compare struct {
	Op          Op
	Any         bool // the ?= family
	Left, Right Operand
}

// Op is the sign of a comparison.
type Op uint8

// The signs, without their ? forms.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	Like
	NotLike
)

func (o Op) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "~", "!~"}[o]
}

// Flipped is the sign for the operands in the other order.
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

// Operand is one side of a comparison or an argument: an Ident, a Number, a Text
// or a *Call.
type Operand interface {
	String() string
	Position() int
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

// Text is a text literal, its escapes decoded.
type Text struct {
	Value string
	Pos   int
}

// Call is the use of a function.
type Call struct {
	Name string
	Args []Operand
	Pos  int
}

func (*And) isExpr()     {}
func (*Or) isExpr()      {}
func (*Compare) isExpr() {}

func (i Ident) Position() int  { return i.Pos }
func (n Number) Position() int { return n.Pos }
func (t Text) Position() int   { return t.Pos }
func (c *Call) Position() int  { return c.Pos }

func (a *And) String() string { return join(a.List, " && ") }
func (o *Or) String() string  { return join(o.List, " || ") }

func join(list []Expr, with string) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteString(with)
		}
		if _, ok := e.(*Compare); ok {
			b.WriteString(e.String())
		} else {
			b.WriteString("(" + e.String() + ")")
		}
	}
	return b.String()
}

func (c *Compare) String() string {
	sign := c.Op.String()
	if c.Any {
		sign = "?" + sign
	}
	return c.Left.String() + " " + sign + " " + c.Right.String()
}

func (i Ident) String() string  { return i.Name }
func (n Number) String() string { return n.Text }

func (t Text) String() string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(t.Value) {
		switch c := t.Value[i]; c {
		case '\\', '\'':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func (c *Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	return c.Name + "(" + strings.Join(args, ", ") + ")"
}

// quoted is a name as error messages show it.
func quoted(name string) string { return strconv.Quote(name) }
