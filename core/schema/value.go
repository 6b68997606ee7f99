// Conversion of field values to parameters, and from rows.

package schema

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
)

// Value returns a value of the field as a bound parameter. A value of another type is cast first.
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
	// An empty list is stored as [], never as NULL: conditions on its length need no second case.
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

// compactJSON removes the spaces between tokens, which some engines compare. Invalid JSON is
// returned unchanged.
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

// as returns v as the Go type of the field's kind, cast if necessary.
func as[T any](f *Field, v any) T {
	if t, ok := v.(T); ok {
		return t
	}
	t, _ := f.Kind.Cast(v).(T)
	return t
}

// Load returns the field's value in a row. A value in the form of another kind (old databases, a
// changed option) is cast; NULL becomes the zero value.
func (f *Field) Load(rows store.Rows, col int) any {
	if rows.Kind(col) == store.KindNull {
		return f.Kind.Zero()
	}
	return f.Kind.load(rows, col)
}

// AppendValue appends the JSON of a value of the field. A password is always the empty string.
func AppendValue(dst []byte, f *Field, v any) []byte {
	if f.IsPassword() {
		return append(dst, `""`...)
	}
	switch v := v.(type) {
	case string:
		return AppendString(dst, v)
	case float64:
		return AppendNumber(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case []string:
		return AppendStrings(dst, v)
	case json.RawMessage:
		return AppendJSON(dst, v)
	case Point:
		return AppendPoint(dst, v)
	}
	return AppendValue(dst, f, f.Kind.Cast(v))
}
