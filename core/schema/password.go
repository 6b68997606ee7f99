// The field kind password: bcrypt hashes.

package schema

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

const (
	maxPassword      = 71 // code points
	maxPasswordBytes = 72 // what bcrypt takes
)

// Password is a field of a bcrypt hash. The value of a record is the hash; the
// plain text lives only while it is being set.
type Password struct {
	Min     int    `json:"min"`
	Max     int    `json:"max"` // 0: 71
	Pattern string `json:"pattern"`
	Cost    int    `json:"cost"` // bcrypt's; 0: the one that the app is configured with

	re *regexp.Regexp // Pattern, compiled by NewSnapshot
}

// Type is "password".
func (*Password) Type() string { return "password" }

// Multiple is false.
func (*Password) Multiple() bool { return false }

// Class is ClassPassword.
func (*Password) Class() Class { return ClassPassword }

// Column is a text column.
func (*Password) Column() store.ColumnKind { return store.ColumnText }

// Zero is "".
func (*Password) Zero() any { return "" }

// Cast is the text of a scalar.
func (*Password) Cast(v any) any { return cast.Text(v) }

// Validate judges a new plain password, not a stored hash. What is too long for
// bcrypt is too long here, whatever its length in code points.
func (p *Password) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	limit := maxPassword
	if p.Max > 0 {
		limit = p.Max
	}
	switch n := utf8.RuneCountInString(s); {
	case n < p.Min:
		return fault.Leaf("validation_min_text_constraint", fmt.Sprintf("Must be at least %d character(s)", p.Min))
	case n > limit:
		return fault.Leaf("validation_max_text_constraint", fmt.Sprintf("Must be no more than %d character(s)", limit))
	case len(s) > maxPasswordBytes:
		return fault.Leaf("validation_max_text_constraint",
			fmt.Sprintf("Must be no more than %d character(s) and %d bytes", limit, maxPasswordBytes))
	}
	return matches(p.re, p.Pattern, s)
}

// Check judges the options of the field.
func (p *Password) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Between(p.Min, 1, maxPassword), "min")
	fails.Set(check.Between(p.Max, p.Min, maxPassword), "max")
	fails.Set(check.Between(p.Cost, 4, 31), "cost")
	fails.Set(checkPattern(p.Pattern), "pattern")
	return fails
}

func (p *Password) clone() Kind { return clonePointer(p) }

func (*Password) load(rows store.Rows, col int) any { return rows.Text(col) }

func (p *Password) compile() { p.re = compiled(p.Pattern) }
