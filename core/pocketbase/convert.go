// Import of values: each stored value of PocketBase is converted to the form of its field, and
// changed and lost values are counted.

package pocketbase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// cell converts the stored values of one field to the form of this server, and counts the changes
// for the report.
type cell struct {
	field *schema.Field
	from  int  // the column of the source; -1: the source has no such column
	tidy  bool // the engine stores valid text only

	nulls, forms, untidy int64 // NULL replaced by zero, other forms, characters that cannot be stored
	lost                 int64 // values that the field cannot hold: they become zero
	examples             []string
}

// maxExamples is the maximum number of lost values of a field that the report shows.
const maxExamples = 10

// value returns the parameter for the field in the current row. id is the column with the record's
// id, for the report.
func (c *cell) value(rows store.Rows, id int) store.Value {
	if c.from < 0 {
		return c.field.Value(c.field.Kind.Zero())
	}
	stored := rows.Kind(c.from)
	if stored == store.KindNull {
		// A document may be null; for every other field NULL becomes the zero value, which is
		// reported.
		if c.field.Kind.Column() != store.ColumnJSON {
			c.nulls++
		}
		return c.field.Value(c.field.Kind.Zero())
	}
	loaded := c.field.Load(rows, c.from)
	if raw, ok := loaded.(json.RawMessage); c.tidy {
		loaded = c.tidied(loaded)
	} else if ok && !utf8.Valid(raw) { // every answer with it would be unreadable
		c.untidy++
		loaded = json.RawMessage(bytes.ToValidUTF8(raw, []byte("\ufffd")))
	}
	if _, ok := c.field.Kind.(*schema.File); ok {
		loaded = c.insideFolder(loaded, rows, id)
	}
	v := c.field.Value(loaded)
	c.compare(v, stored, rows, id)
	return v
}

// compare detects whether the value differs from the stored one in form, or is lost.
func (c *cell) compare(v store.Value, stored store.ValueKind, rows store.Rows, id int) {
	switch c.field.Kind.Class() {
	case schema.ClassText, schema.ClassPassword:
		if stored != store.KindText {
			c.forms++
		}
	case schema.ClassNumber:
		if stored != store.KindText {
			return
		}
		c.forms++
		// A 0 from a text that is not a number is a lost value, not a converted one.
		if text := rows.Text(c.from); v.AsFloat() == 0 && text != "" {
			if _, err := strconv.ParseFloat(text, 64); err != nil {
				c.lose(text, rows, id)
			}
		}
	case schema.ClassBool:
		if stored == store.KindText {
			c.forms++
		}
	case schema.ClassJSON:
		if stored == store.KindText && v.Kind() == store.KindText && v.AsText() != string(rows.Bytes(c.from)) {
			c.forms++
		}
	case schema.ClassDate:
		if text := rows.Text(c.from); text != v.AsText() {
			c.forms++
			if v.AsText() == "" {
				c.lose(text, rows, id)
			}
		}
	case schema.ClassPoint:
		if stored := rows.Bytes(c.from); v.AsText() != string(stored) {
			c.forms++
			if len(stored) > 0 && !json.Valid(stored) {
				c.lose(string(stored), rows, id)
			}
		}
	case schema.ClassChoice:
		if v.AsText() != string(rows.Bytes(c.from)) {
			c.forms++
		}
	}
}

// lose counts a value that could not be kept, and keeps the first such values as examples.
func (c *cell) lose(value string, rows store.Rows, id int) {
	c.lost++
	if len(c.examples) < maxExamples {
		c.examples = append(c.examples, fmt.Sprintf("%q of the record %s", shortened(value), shortened(rows.Text(id))))
	}
}

// shortened returns a text that is cut for the report.
func shortened(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// insideFolder removes file names that would lead out of the record's folder: the source is not
// trusted.
func (c *cell) insideFolder(v any, rows store.Rows, id int) any {
	outside := func(name string) bool {
		bad := strings.ContainsAny(name, "/\\\x00") || name == "." || name == ".."
		if bad {
			c.lose(name, rows, id)
		}
		return bad
	}
	switch v := v.(type) {
	case string:
		if outside(v) {
			return ""
		}
	case []string:
		kept := make([]string, 0, len(v))
		for _, name := range v {
			if !outside(name) {
				kept = append(kept, name)
			}
		}
		return kept
	}
	return v
}

// tidied returns the value without the characters that PostgreSQL cannot store: U+0000 and invalid
// UTF-8.
func (c *cell) tidied(v any) any {
	switch v := v.(type) {
	case string:
		return c.tidyText(v)
	case []string:
		for i := range v {
			v[i] = c.tidyText(v[i])
		}
	case json.RawMessage:
		return json.RawMessage(c.tidyJSON(v))
	}
	return v
}

// tidyText does the work of tidied for a text.
func (c *cell) tidyText(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	c.untidy++
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

// tidyJSON does the work of tidied for JSON; it also replaces the escape of U+0000, which jsonb
// refuses.
func (c *cell) tidyJSON(raw []byte) []byte {
	if utf8.Valid(raw) && !bytes.Contains(raw, []byte(`\u0000`)) {
		return raw
	}
	if !utf8.Valid(raw) {
		c.untidy++
	}
	raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(raw[i:], []byte(`\u0000`)) {
			// The replacement is as long as the escape, so the text is changed in place.
			copy(raw[i:], `\ufffd`)
			c.untidy++
		}
		i++
	}
	return raw
}

// notes adds the changes of the field's values to the report.
func (c *cell) notes(report *Report, collection string) {
	say := func(n int64, text string) {
		if n > 0 {
			report.note(adjusted, collection, "%s: %s in %d records", c.field.Name, text, n)
		}
	}
	say(c.nulls, "NULL is the zero value now")
	say(c.forms-c.lost, "the value is stored in the form of its type now")
	say(c.untidy, "bytes that are no text, or that the database cannot store, were replaced or left out")
	say(c.lost, "the value is none that the field can have and is empty now")
	for _, example := range c.examples {
		report.note(adjusted, collection, "%s: was %s", c.field.Name, example)
	}
	if int64(len(c.examples)) < c.lost {
		report.note(adjusted, collection, "%s: … and %d more", c.field.Name, c.lost-int64(len(c.examples)))
	}
}
