// Functions of the language: geoDistance and strftime, with their valid arguments.

package query

import (
	"regexp"
	"strings"
	"sync"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// call resolves a function call by its name.
func (r *resolver) call(c *lang.Call) (ir.Operand, error) {
	switch c.Name {
	case "geoDistance":
		return r.geoDistance(c)
	case "strftime":
		return r.strftime(c)
	}
	return ir.Operand{}, &Error{Message: "unknown function " + quoted(c.Name)}
}

// geoDistance resolves the distance of two points in kilometres. Each point is a longitude and a
// latitude. Constants are not folded: the engines differ from Go in the last digits, and a filter
// must select the same rows in both cases.
func (r *resolver) geoDistance(c *lang.Call) (ir.Operand, error) {
	if len(c.Args) != 4 {
		return ir.Operand{}, &Error{Message: "geoDistance takes 4 arguments"}
	}
	var d ir.Distance
	var visible *ir.Source
	for i, arg := range c.Args {
		switch arg.(type) {
		case lang.Ident, lang.Number, lang.Value:
		default:
			return ir.Operand{}, &Error{Message: "the arguments of geoDistance must be identifiers or numbers"}
		}
		o, err := r.operand(arg)
		if err != nil {
			return ir.Operand{}, err
		}
		if v := o.Constant(); v != nil {
			o = ir.ConstantOf(v.AsNumber())
			if o.Constant().Kind == ir.ValueNull {
				return ir.Operand{Term: ir.Null, Kind: ir.KindNumber, Nullable: true, Strict: true}, nil
			}
		}
		if o.EmailOf != nil {
			visible = o.EmailOf
		}
		d.Args[i] = o
	}
	return ir.Operand{Term: &d, Kind: ir.KindNumber, Nullable: true, Strict: true, EmailOf: visible}, nil
}

// maxStrftimeArgs bounds one call: format, time and eight modifiers.
const maxStrftimeArgs = 10

// strftime resolves a formatted time: a format, a time (default: now) and modifiers, as in
// SQLite's strftime. Only formats and modifiers that every engine can compute are accepted.
func (r *resolver) strftime(c *lang.Call) (ir.Operand, error) {
	if len(c.Args) == 0 || len(c.Args) > maxStrftimeArgs {
		return ir.Operand{}, &Error{Message: "strftime takes 1 to 10 arguments"}
	}
	format, ok := literalText(c.Args[0])
	if !ok || !validFormat(format) {
		return ir.Operand{}, &Error{Message: "invalid strftime format " + c.Args[0].String()}
	}
	s := &ir.Strftime{Format: format}
	if len(c.Args) == 1 {
		s.Time = r.now()
	} else {
		if _, nested := c.Args[1].(*lang.Call); nested {
			return ir.Operand{}, &Error{Message: "functions cannot be nested"}
		}
		o, err := r.operand(c.Args[1])
		if err != nil {
			return ir.Operand{}, err
		}
		switch c.Args[1].(type) {
		case lang.Text, lang.Number, lang.Value:
			s.Literal = true
		}
		if s.Time = o; o.Constant() != nil && ir.LowerText(o.Constant().AsText()) == "now" {
			s.Time = r.now()
		}
	}
	for _, arg := range c.Args[min(2, len(c.Args)):] {
		modifier, ok := literalText(arg)
		if !ok || !validModifier().MatchString(modifier) {
			return ir.Operand{}, &Error{Message: "invalid strftime modifier " + arg.String()}
		}
		s.Modifiers = append(s.Modifiers, strings.ToLower(modifier))
	}
	return ir.Operand{Term: s, Kind: ir.KindText, Nullable: true, EmailOf: s.Time.EmailOf}, nil
}

// literalText returns the text of an argument that must be in the expression itself; ok is false
// for fields and other operands that differ between rows.
func literalText(o lang.Operand) (text string, ok bool) {
	switch o := o.(type) {
	case lang.Text:
		return o.Value, true
	case lang.Value:
		text, ok = o.V.(string)
	}
	return text, ok
}

// now returns the time of the request as an operand. It makes the plan volatile.
func (r *resolver) now() ir.Operand {
	r.b.volatile = true
	o := ir.ConstantOf(ir.Text(schema.FormatTime(r.b.Scope.Now)))
	o.Date = true
	return o
}

// validFormat reports whether all engines support every directive of a strftime format.
func validFormat(format string) bool {
	for {
		_, rest, ok := strings.Cut(format, "%")
		if !ok {
			return true
		}
		if rest == "" || !strings.Contains("YmdHMSfsjwW%", rest[:1]) {
			return false
		}
		format = rest[1:]
	}
}

// validModifier matches strftime modifiers. It is compiled at its first use: the compilation
// takes a tenth of the start of the process.
var validModifier = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^([+-]?\d{1,9}(\.\d{1,9})? (second|minute|hour|day|month|year)s?` +
		`|start of (day|month|year)|weekday [0-6]|unixepoch)$`)
})
