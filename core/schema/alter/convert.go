package alter

import (
	"encoding/json"
	"math"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// convertible says whether the values of a field can become those of another kind.
// A password's hash is for nobody to read and nothing else is one; names of files
// come from uploads only.
func convertible(from, to schema.Kind) bool {
	if from.Type() == to.Type() {
		return true
	}
	_, isFile := to.(*schema.File)
	return !isFile && from.Class() != schema.ClassPassword && to.Class() != schema.ClassPassword
}

// converts says whether stored values of was have another form as values of is.
func converts(was, is *schema.Field) bool {
	if was.Type() == is.Type() {
		return was.Multiple() != is.Multiple()
	}
	return is.Kind.Class() != schema.ClassText || was.Kind.Column() != store.ColumnText
}

// Convert is a value of from as one of to: what to's kind makes of it by its cast.
// Lists and documents become their JSON text where a text is wanted, and come back
// from it.
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

// source is the value as to's cast understands it best.
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
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
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
