// Printer: the text of expressions, unambiguous enough for the key of a cache.

package lang

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func (a *And) String() string {
	if len(a.List) == 0 {
		return "{all}"
	}
	return join(a.List, " && ")
}

func (o *Or) String() string {
	if len(o.List) == 0 {
		return "{none}"
	}
	return join(o.List, " || ")
}

// join prints the parts of a list, with parentheses around everything but comparisons.
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

func (n *Not) String() string { return "!(" + n.Of.String() + ")" }

func (n *In) String() string {
	var b strings.Builder
	b.WriteString(n.Left.String())
	if n.Any {
		b.WriteString(" ?in (")
	} else {
		b.WriteString(" in (")
	}
	for _, v := range n.Values {
		b.WriteString(Value{V: v}.String())
	}
	return b.String() + ")"
}

func (r *Related) String() string {
	if r.In == nil {
		return r.Which.String() + "{" + r.Path + "}"
	}
	return r.Which.String() + "{" + r.Path + ": " + r.In.String() + "}"
}

func (i Ident) String() string  { return i.Name }
func (n Number) String() string { return n.Text }
func (p Param) String() string  { return "{:" + p.Name + "}" }

// String prints the text between single quotes, with the escapes \\ and \'.
func (t Text) String() string {
	var b strings.Builder
	b.Grow(len(t.Value) + 2)
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

// String prints the constant between braces, with its kind: {'5'} is a text, {5} a number. No
// parsed text has this form.
func (v Value) String() string {
	switch c := v.V.(type) {
	case nil:
		return "{null}"
	case string:
		return "{" + Text{Value: c}.String() + "}"
	case time.Time:
		return "{" + c.UTC().Format(time.RFC3339Nano) + "}"
	case float64:
		return "{" + strconv.FormatFloat(c, 'g', -1, 64) + "}"
	case json.Number:
		return "{" + c.String() + "}"
	}
	return fmt.Sprintf("{%v}", v.V)
}

// quoted prints a name as error messages show it.
func quoted(name string) string { return strconv.Quote(name) }
