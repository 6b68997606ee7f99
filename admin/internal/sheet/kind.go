package sheet

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Kinds lists the field types that Kind may return, as named by schema.Field.Type.
var Kinds = []string{"text", "number", "bool", "date", "email", "url", "json"}

var (
	leadingZero = regexp.MustCompile(`^[+-]?0\d`)
	someEmail   = regexp.MustCompile(`^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$`)
	someURL     = regexp.MustCompile(`^https?://\S+$`)
)

// Kind guesses the type of a new field for the column: the first of number, bool, date, email,
// url and json that fits all values of the column, else text. Empty cells are ignored; a column
// without values is text.
func (j *Job) Kind(column int) string {
	f := j.file
	for _, kind := range []struct {
		name string
		is   func(text string) bool
	}{
		{"number", func(text string) bool {
			_, wrong := numberValue(text, f.numbers(column))
			return wrong == "" && !leadingZero.MatchString(text)
		}},
		{"bool", func(text string) bool { _, wrong := boolValue(text); return wrong == "" }},
		{"date", func(text string) bool {
			_, wrong := timeValue(text, f.readDate(column))
			return wrong == ""
		}},
		{"email", func(text string) bool { return someEmail.MatchString(text) }},
		{"url", func(text string) bool { return someURL.MatchString(text) }},
		{"json", func(text string) bool { return strings.ContainsAny(text[:1], "[{") && json.Valid([]byte(text)) }},
	} {
		if f.all(column, kind.is) {
			return kind.name
		}
	}
	return "text"
}

// numbers guesses the decimal mark of the numbers in a column: "comma" or "dot". A number like
// 1,234 fits both marks. If all numbers do, the guess is "comma" for a file whose cells are
// separated by semicolons, else "dot".
func (f *file) numbers(column int) string {
	has := func(is func(text string) bool) bool { return f.any(column, is) }
	switch {
	case has(commaNumber.MatchString):
		return "comma"
	case f.sep == ';' && has(func(text string) bool { return strings.Contains(text, ",") }) &&
		!has(func(text string) bool { return strings.Contains(text, ".") || strings.Count(text, ",") > 1 }):
		return "comma"
	}
	return "dot"
}

// all reports whether the column has values and each of them satisfies has. Empty cells are
// ignored.
func (f *file) all(column int, has func(text string) bool) bool {
	some := false
	for _, row := range f.rows {
		text, _ := row.cells[column].plain()
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if some = true; !has(text) {
			return false
		}
	}
	return some
}

// FieldName derives the name of a new field from the name of a column. The result consists of ASCII
// letters, digits and underscores, and differs from the names of the collection's fields.
func FieldName(in *schema.Collection, column string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r
		}
		return '_'
	}, column), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "column_" + name
	}
	name = strings.TrimRight(name[:min(len(name), 60)], "_")
	for in.Field(name) != nil {
		name += "_2"
	}
	return name
}
