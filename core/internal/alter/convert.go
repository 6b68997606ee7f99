// Conversion of values when a field changes its kind: the kinds that can be converted, and the
// casts.

package alter

import (
	"encoding/json"
	"math"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// convertible reports whether values of one kind may become values of another. Passwords never: a
// hash must not become readable, and no other value is a hash. No value becomes a file, since
// files come from uploads only.
func convertible(from, to schema.Kind) bool {
	if from.Type() == to.Type() {
		return true
	}
	_, isFile := to.(*schema.File)
	return !isFile && from.Class() != schema.ClassPassword && to.Class() != schema.ClassPassword
}

// converts reports whether stored values of was must be rewritten to be values of is.
func converts(was, is *schema.Field) bool {
	if was.Type() == is.Type() {
		return was.Multiple() != is.Multiple()
	}
	return is.Kind.Class() != schema.ClassText || was.Kind.Column() != store.ColumnText
}

// Convert returns a value of field from as a value of field to, by the cast of to's kind. Lists
// and documents become their JSON text if the target is a text, and are parsed from it. A value
// that cannot be cast becomes the zero value.
func Convert(from, to *schema.Field, v any) any {
	switch value := to.Kind.Cast(source(from, to, v)).(type) {
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return to.Kind.Zero()
		}
		return value
	default:
		return value
	}
}

// source returns the value in the form that suits the cast of the target best.
func source(from, to *schema.Field, v any) any {
	switch v.(type) {
	case float64, bool: // 0 and false are values
	default:
		if from.IsZero(v) {
			return to.Kind.Zero()
		}
	}
	if to.Kind.Class() == schema.ClassJSON {
		if p, ok := v.(schema.Point); ok {
			return json.RawMessage(schema.AppendPoint(nil, p))
		}
		return v
	}
	switch v := v.(type) {
	case []string:
		if !to.Multiple() && !to.IsChoice() {
			return string(schema.AppendStrings(nil, v))
		}
	case schema.Point:
		return string(schema.AppendPoint(nil, v))
	case json.RawMessage:
		// A document that is a text is converted as that text, without its quotes.
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
		// These casts read documents themselves: a list in a document becomes the items of a
		// field.
		switch to.Kind.Column() {
		case store.ColumnNumber, store.ColumnBool, store.ColumnMulti:
			return v
		}
		if !to.IsChoice() {
			return string(v)
		}
	}
	return v
}
