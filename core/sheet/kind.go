package sheet

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Kinds are the kinds of field that a column of a file may become, as schema.Field.Type has them.
var Kinds = []string{"text", "number", "bool", "date", "email", "url", "json"}

var (
	leadingZero = regexp.MustCompile(`^[+-]?0\d`)
	someEmail   = regexp.MustCompile(`^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$`)
	someURL     = regexp.MustCompile(`^https?://\S+$`)
)

// Kind guesses, of Kinds, what a field for the column would be, from all its values: the first
// kind of which every value is. It is "text" if there are none.
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

// numbers is the way in which the numbers of a column are written.
func (f *file) numbers(column int) string {
	if f.any(column, commaNumber.MatchString) {
		return "comma"
	}
	return "dot"
}

// all reports whether the column has values, and each has the property.
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

// FieldName is the name of a column as that of a field of the collection: letters, digits and
// underscores, and not one that is there.
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
