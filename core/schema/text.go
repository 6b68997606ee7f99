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

// The options of the id field of a collection, unless its definition has others.
const (
	IDPattern  = `^[a-z0-9]+$`
	IDGenerate = `[a-z0-9]{15}`
	IDLength   = 15
)

// defaultTextMax is the maximum length of a text if Max is 0.
const defaultTextMax = 5000

// Text is a field with plain text. Lengths are in Unicode code points.
type Text struct {
	Min                 int    `json:"min"`
	Max                 int    `json:"max"` // 0: 5000
	Pattern             string `json:"pattern"`
	AutogeneratePattern string `json:"autogeneratePattern"`
	PrimaryKey          bool   `json:"primaryKey"`

	re    *regexp.Regexp   // Pattern, compiled by NewSnapshot
	texts *pattern.Pattern // AutogeneratePattern, likewise
}

// Type returns "text".
func (*Text) Type() string { return "text" }

// Multiple returns false.
func (*Text) Multiple() bool { return false }

// Class returns ClassText.
func (*Text) Class() Class { return ClassText }

// Column returns store.ColumnText.
func (*Text) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Text) Zero() any { return "" }

// Cast converts a scalar to its text.
func (*Text) Cast(v any) any { return cast.Text(v) }

// Limit returns the maximum length.
func (t *Text) Limit() int {
	if t.Max > 0 {
		return t.Max
	}
	return defaultTextMax
}

// StandardID reports whether the texts are ids of the default form, so that the comparison of the
// database is enough to distinguish them.
func (t *Text) StandardID() bool { return t.Pattern == IDPattern }

// Validate checks length, pattern and, for a primary key, forbidden ids. It does not check
// whether an id exists already, or is being changed.
func (t *Text) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	if fail := check.Storable(s); fail != nil {
		return fail
	}
	// Standard ids have no forbidden characters, so the pattern is enough.
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

// validateID refuses ids that would be unsafe in a path or a file name.
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

// deviceName returns the Windows device that s names, in upper case, or "".
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

// Check validates the options of the field.
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

// checkKey checks a primary key: it must be named id, have a pattern, and be visible.
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

// checkGenerate generates a few texts and validates them against the other options.
func (t *Text) checkGenerate(f *Field) *fault.Field {
	// A pattern may satisfy the options only most of the time; ten texts nearly always reveal
	// that.
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

// clone leaves out the compiled patterns: the patterns of a draft may change.
func (t *Text) clone() Kind {
	c := clonePointer(t)
	c.re, c.texts = nil, nil
	return c
}

func (*Text) load(rows store.Rows, col int) any { return rows.Text(col) }

func (t *Text) isPrimaryKey() bool { return t.PrimaryKey }

func (t *Text) compile() {
	t.re = compiled(t.Pattern)
	t.texts, _ = pattern.Parse(t.AutogeneratePattern) // Generate returns the error of an invalid pattern
}

// Generate returns a random text of AutogeneratePattern. It fails for a pattern for which no text
// can be generated.
func (t *Text) Generate() (string, error) {
	if t.texts == nil {
		return pattern.Generate(t.AutogeneratePattern)
	}
	return t.texts.Generate()
}
