package schema

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// convertible says whether the values of a field can become those of another kind.
// A password's hash is for nobody to read and nothing else is one; names of files
// come from uploads only.
func convertible(from, to Kind) bool {
	switch to.(type) {
	case *Password, *File:
		return from.Type() == to.Type()
	}
	_, hash := from.(*Password)
	return !hash || from.Type() == to.Type()
}

// converts says whether stored values of was have another form as values of is.
func converts(was, is *Field) bool {
	if was.Type() == is.Type() {
		return was.Multiple() != is.Multiple()
	}
	switch is.Kind.(type) {
	case *Text, *Editor, *Email, *URL:
		return was.Kind.Column() != store.ColumnText
	}
	return true
}

// Convert is a value of from as one of to: what to's kind makes of it by its cast.
// Lists and documents become their JSON text where a text is wanted, and come back
// from it.
func Convert(from, to *Field, v any) any {
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
func source(from, to *Field, v any) any {
	switch v.(type) {
	case float64, bool: // 0 and false are values
	default:
		if from.IsZero(v) {
			return to.Kind.Zero()
		}
	}
	if _, isJSON := to.Kind.(*JSON); isJSON {
		if p, ok := v.(Point); ok {
			return json.RawMessage(AppendPoint(nil, p))
		}
		return v
	}
	switch v := v.(type) {
	case []string:
		if !to.Multiple() && !isChoiceKind(to.Kind) {
			return string(AppendStrings(nil, v))
		}
	case Point:
		return string(AppendPoint(nil, v))
	case json.RawMessage:
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
		switch to.Kind.Column() {
		case store.ColumnNumber, store.ColumnBool, store.ColumnMulti:
			return v
		}
		if !isChoiceKind(to.Kind) {
			return string(v)
		}
	}
	return v
}

func isChoiceKind(k Kind) bool {
	switch k.(type) {
	case *Select, *Relation, *File:
		return true
	}
	return false
}

// IsZero says whether the value, one of the field's kind, is what a required field
// refuses.
func (f *Field) IsZero(v any) bool {
	switch v := v.(type) {
	case []string:
		return len(v) == 0
	case json.RawMessage:
		return v == nil || isBlankJSON(v)
	}
	return v == f.Kind.Zero()
}

// Equal says whether two values of the field's kind are the same.
func (f *Field) Equal(a, b any) bool {
	switch a := a.(type) {
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	case json.RawMessage:
		b, ok := b.(json.RawMessage)
		return ok && reflect.DeepEqual(decodeRaw(a), decodeRaw(b))
	}
	return a == b
}
