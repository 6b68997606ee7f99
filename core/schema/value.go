package schema

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema/cast"
)

// Value is the bound parameter of a value of the field. What is not a value of
// its kind is cast first.
func (f *Field) Value(v any) store.Value {
	switch f.Kind.Column() {
	case store.ColumnNumber:
		return store.Float(as[float64](f, v))
	case store.ColumnBool:
		return store.Bool(as[bool](f, v))
	case store.ColumnJSON:
		if raw := as[json.RawMessage](f, v); raw != nil {
			return store.Text(string(compactJSON(raw)))
		}
		return store.Null
	case store.ColumnMulti:
		if list := as[[]string](f, v); len(list) > 0 {
			return store.Text(string(AppendStrings(nil, list)))
		}
		return store.Text("[]")
	case store.ColumnGeo:
		return store.Text(string(AppendPoint(nil, as[Point](f, v))))
	}
	return store.Text(as[string](f, v))
}

// compactJSON is without the spaces between tokens, which not every engine leaves
// out when it compares a document. What is not valid stays as it is.
func compactJSON(raw []byte) []byte {
	if !bytes.ContainsAny(raw, " \t\r\n") {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// as is v as the Go type of the field's kind.
func as[T any](f *Field, v any) T {
	if t, ok := v.(T); ok {
		return t
	}
	t, _ := f.Kind.Cast(v).(T)
	return t
}

// Load is the field's value in a row. What is stored in another form than this
// kind's (old databases, a changed option) is cast; NULL is the zero value.
func (f *Field) Load(rows store.Rows, col int) any {
	stored := rows.Kind(col)
	if stored == store.KindNull {
		return f.Kind.Zero()
	}
	switch k := f.Kind.(type) {
	case *Text, *Editor, *Email, *URL, *Password:
		return rows.Text(col)
	case *Date, *Autodate:
		s := rows.Text(col)
		if s == "" || isCanonicalTime(s) {
			return s
		}
		return k.Cast(s)
	case *Number:
		if stored == store.KindText {
			return k.Cast(rows.Text(col))
		}
		return rows.Float(col)
	case *Bool:
		if stored == store.KindText {
			return k.Cast(rows.Text(col))
		}
		return rows.Bool(col)
	case *JSON:
		if stored == store.KindFloat { // a lone number, which SQLite keeps as one
			return json.RawMessage(AppendNumber(nil, rows.Float(col)))
		}
		return loadJSON(rows.Bytes(col))
	case *Select, *File, *Relation:
		if k.Multiple() {
			return parseList(rows.Text(col))
		}
	}
	return f.Kind.Cast(rows.Text(col))
}

func loadJSON(stored []byte) any {
	switch string(stored) {
	case "", "null":
		return json.RawMessage(nil)
	}
	if !json.Valid(stored) {
		return json.RawMessage(AppendString(nil, stored))
	}
	return json.RawMessage(append([]byte(nil), stored...))
}

// parseList reads the stored list of a field. Nearly all of them are plain: no
// escapes, no spaces, no empty or repeated items.
func parseList(s string) []string {
	if s == "[]" {
		return []string{}
	}
	if len(s) < 4 || !strings.HasPrefix(s, `["`) || !strings.HasSuffix(s, `"]`) || strings.IndexByte(s, '\\') >= 0 {
		return cast.List(s)
	}
	list := strings.Split(s[2:len(s)-2], `","`)
	for _, item := range list {
		if strings.IndexByte(item, '"') >= 0 {
			return cast.List(s)
		}
	}
	return cast.Unique(list)
}
