// The field kind text.

package schema

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/pattern"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// The id field as every collection has it unless its definition says otherwise.
const (
	IDPattern  = `^[a-z0-9]+$`
	IDGenerate = `[a-z0-9]{15}`
	IDLength   = 15
)

// defaultTextMax is the longest text of a field whose Max is 0.
const defaultTextMax = 5000

// Text is a field of plain text. Lengths are in Unicode code points.
type Text struct {
	Min                 int    `json:"min"`
	Max                 int    `json:"max"` // 0: 5000
	Pattern             string `json:"pattern"`
	AutogeneratePattern string `json:"autogeneratePattern"`
	PrimaryKey          bool   `json:"primaryKey"`

	re    *regexp.Regexp   // Pattern, compiled by NewSnapshot
	texts *pattern.Pattern // AutogeneratePattern, likewise
}

// Type is "text".
func (*Text) Type() string { return "text" }

// Multiple is false.
func (*Text) Multiple() bool { return false }

// Class is ClassText.
func (*Text) Class() Class { return ClassText }

// Column is a text column.
func (*Text) Column() store.ColumnKind { return store.ColumnText }

// Zero is "".
func (*Text) Zero() any { return "" }

// Cast is the text of a scalar.
func (*Text) Cast(v any) any { return cast.Text(v) }

// Limit is the greatest allowed length.
func (t *Text) Limit() int {
	if t.Max > 0 {
		return t.Max
	}
	return defaultTextMax
}

// StandardID says whether the texts are ids of the default form, so that the
// database's own comparison is enough to tell them apart.
func (t *Text) StandardID() bool { return t.Pattern == IDPattern }

// Validate judges length, pattern and, of a primary key, what no id may be.
// Whether an id exists already, or is being changed, is not known here.
func (t *Text) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	if fail := check.Storable(s); fail != nil {
		return fail
	}
	// Standard ids have none of the characters in question, and are judged by their pattern
	// alone.
	if t.PrimaryKey && !t.StandardID() {
		if fail := validateID(s); fail != nil {
			return fail
		}
	}
	switch n := utf8.RuneCountInString(s); {
	case n < t.Min:
		return fault.Leaf("validation_min_text_constraint",
			fmt.Sprintf("Must be at least %d character(s)", t.Min), "min", t.Min)
	case n > t.Limit():
		return fault.Leaf("validation_max_text_constraint",
			fmt.Sprintf("Must be no more than %d character(s)", t.Limit()), "max", t.Limit())
	}
	return matches(t.re, t.Pattern, s)
}

// validateID refuses what would be unsafe in a path or a file name.
func validateID(s string) *fault.Field {
	if i := strings.IndexAny(s, "./\\|\"'`<>:?*%$\x00\t\n\r "); i >= 0 {
		ch := s[i : i+1]
		return fault.Leaf("validation_forbidden_pk_character",
			fmt.Sprintf("'%s' is not a valid primary key character", ch), "ch", ch)
	}
	if reserved := deviceName(s); reserved != "" {
		return fault.Leaf("validation_reserved_pk",
			fmt.Sprintf("The primary key '%s' is reserved and cannot be used", reserved), "reserved", reserved)
	}
	return nil
}

// deviceName is the Windows device that s names, in upper case, or "".
func deviceName(s string) string {
	name := strings.ToUpper(s)
	switch name {
	case "CON", "PRN", "AUX", "NUL":
		return name
	}
	if len(name) == 4 && (strings.HasPrefix(name, "COM") || strings.HasPrefix(name, "LPT")) && name[3] >= '1' && name[3] <= '9' {
		return name
	}
	return ""
}

// Check judges the options of the field.
func (t *Text) Check(f *Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Between(t.Min, 0, check.MaxSafe), "min")
	fails.Set(check.Between(t.Max, t.Min, check.MaxSafe), "max")
	fails.Set(checkPattern(t.Pattern), "pattern")
	if t.PrimaryKey {
		t.checkKey(f, fails)
	}
	if t.AutogeneratePattern != "" && len(fails) == 0 {
		fails.Set(t.checkGenerate(f), "autogeneratePattern")
	}
	return fails
}

// checkKey judges what a primary key must be: named id, limited by a pattern, and visible.
func (t *Text) checkKey(f *Field, fails fault.Fields) {
	if f.Name != "id" {
		fails.Set(fault.Leaf("validation_in_invalid", `The primary key must be named "id"`), "name")
	}
	if t.Pattern == "" {
		fails.Set(check.Blank(), "pattern")
	}
	if f.Hidden {
		fails.Set(fault.Leaf("validation_empty", "Must be blank"), "hidden")
	}
}

// checkGenerate makes a few texts and judges them by the other options.
func (t *Text) checkGenerate(f *Field) *fault.Field {
	// A pattern may match the options only most of the time; ten texts find that out nearly
	// always.
	for range 10 {
		s, err := t.Generate()
		if err != nil {
			return fault.Leaf("validation_invalid_autogenerate_pattern", err.Error())
		}
		if fail := t.Validate(f, s); fail != nil {
			return fault.Leaf("validation_invalid_autogenerate_pattern_value",
				fmt.Sprintf("The generated value %q does not satisfy the other options of the field", s))
		}
	}
	return nil
}

// clone leaves out what is compiled: the texts of a draft may change.
func (t *Text) clone() Kind {
	c := clonePointer(t)
	c.re, c.texts = nil, nil
	return c
}

func (*Text) load(rows store.Rows, col int) any { return rows.Text(col) }

func (t *Text) isPrimaryKey() bool { return t.PrimaryKey }

func (t *Text) compile() {
	t.re = compiled(t.Pattern)
	t.texts, _ = pattern.Parse(t.AutogeneratePattern) // of a wrong one Generate is the error
}

// Generate is a random text by AutogeneratePattern. It is an error of a pattern for which
// no text can be made.
func (t *Text) Generate() (string, error) {
	if t.texts == nil {
		return pattern.Generate(t.AutogeneratePattern)
	}
	return t.texts.Generate()
}
