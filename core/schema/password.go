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
	maxPasswordBytes = 72 // limit of bcrypt
)

// Password is a field with a bcrypt hash. The value of a record is the hash; the plain text is in
// memory only while the password is being set.
type Password struct {
	Min     int    `json:"min"`
	Max     int    `json:"max"` // 0: 71
	Pattern string `json:"pattern"`
	Cost    int    `json:"cost"` // cost of bcrypt; 0: the cost in the configuration of the app

	re *regexp.Regexp // Pattern, compiled by NewSnapshot
}

// Type returns "password".
func (*Password) Type() string { return "password" }

// Multiple returns false.
func (*Password) Multiple() bool { return false }

// Class returns ClassPassword.
func (*Password) Class() Class { return ClassPassword }

// Column returns store.ColumnText.
func (*Password) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Password) Zero() any { return "" }

// Cast converts a scalar to its text.
func (*Password) Cast(v any) any { return cast.Text(v) }

// Validate checks a new plain password, not a stored hash. A password that is too long for bcrypt
// is refused, even if it has few code points.
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

// Check validates the options of the field.
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
