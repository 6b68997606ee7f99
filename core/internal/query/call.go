package query

import (
	"regexp"
	"strings"
	"sync"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/schema"
)

// call resolves a function.
func (r *resolver) call(c *lang.Call) (operand, error) {
	switch c.Name {
	case "geoDistance":
		return r.geoDistance(c)
	case "strftime":
		return r.strftime(c)
	}
	return operand{}, &Error{Message: "unknown function " + quoted(c.Name)}
}

// geoDistance takes two points as longitude and latitude. It is not folded: the
// engines' mathematics is not Go's to the last digit.
func (r *resolver) geoDistance(c *lang.Call) (operand, error) {
	if len(c.Args) != 4 {
		return operand{}, &Error{Message: "geoDistance takes 4 arguments"}
	}
	var d distance
	var visible *source
	for i, arg := range c.Args {
		switch arg.(type) {
		case lang.Ident, lang.Number:
		default:
			return operand{}, &Error{Message: "the arguments of geoDistance must be identifiers or numbers"}
		}
		o, err := r.operand(arg)
		if err != nil {
			return operand{}, err
		}
		if v := o.constant(); v != nil {
			o = constantOf(v.asNumber())
			if o.constant().kind == valueNull {
				return operand{term: null, kind: kindNumber, nullable: true, strict: true}, nil
			}
		}
		if o.visible != nil {
			visible = o.visible
		}
		d.args[i] = o
	}
	return operand{term: &d, kind: kindNumber, nullable: true, strict: true, visible: visible}, nil
}

// asNumber is a number, the number that a text looks like, or NULL.
func (v value) asNumber() value {
	if v.kind != valueText {
		return v
	}
	if f, ok := numeric(v.text); ok {
		return number(f)
	}
	return null
}

const maxStrftimeArgs = 10

// strftime takes a format, a time (default: now) and modifiers of SQLite's
// strftime. Only what every engine knows is allowed.
func (r *resolver) strftime(c *lang.Call) (operand, error) {
	if len(c.Args) == 0 || len(c.Args) > maxStrftimeArgs {
		return operand{}, &Error{Message: "strftime takes 1 to 10 arguments"}
	}
	format, ok := c.Args[0].(lang.Text)
	if !ok || !validFormat(format.Value) {
		return operand{}, &Error{Message: "invalid strftime format " + c.Args[0].String()}
	}
	s := &strftime{format: format.Value}
	if len(c.Args) == 1 {
		s.time = r.now()
	} else {
		if _, nested := c.Args[1].(*lang.Call); nested {
			return operand{}, &Error{Message: "functions cannot be nested"}
		}
		o, err := r.operand(c.Args[1])
		if err != nil {
			return operand{}, err
		}
		if s.time = o; o.constant() != nil && lowerText(o.constant().asText()) == "now" {
			s.time = r.now()
		}
	}
	for _, arg := range c.Args[min(2, len(c.Args)):] {
		modifier, ok := arg.(lang.Text)
		if !ok || !validModifier().MatchString(modifier.Value) {
			return operand{}, &Error{Message: "invalid strftime modifier " + arg.String()}
		}
		s.modifiers = append(s.modifiers, strings.ToLower(modifier.Value))
	}
	return operand{term: s, kind: kindText, nullable: true, visible: s.time.visible}, nil
}

// now is the clock as an operand.
func (r *resolver) now() operand {
	r.volatile = true
	return constantOf(text(schema.FormatTime(r.Now)))
}

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

// validModifier is compiled when it is needed: it is a tenth of what the process
// takes to begin.
var validModifier = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^([+-]?\d{1,9}(\.\d{1,9})? (second|minute|hour|day|month|year)s?` +
		`|start of (day|month|year)|weekday [0-6]|unixepoch)$`)
})
