// Values of fields as parameters, and back from rows.

package schema

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
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
	// An empty list is stored as one, never as NULL: conditions on its length need no second
	// case.
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
	if rows.Kind(col) == store.KindNull {
		return f.Kind.Zero()
	}
	return f.Kind.load(rows, col)
}

// AppendValue appends a value of the field as its wire JSON. A password is
// always the empty string.
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
