// Zero values and equality of field values.

package schema

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/loambase/loam/core/internal/cast"
)

// IsZero reports whether a required field refuses the value, which must be of the field's kind.
func (f *Field) IsZero(v any) bool {
	switch v := v.(type) {
	case []string:
		return len(v) == 0
	case json.RawMessage:
		return v == nil || isBlankJSON(v)
	}
	return v == f.Kind.Zero()
}

// Equal reports whether two values of the field's kind are equal.
func (f *Field) Equal(a, b any) bool {
	switch a := a.(type) {
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	case json.RawMessage:
		b, ok := b.(json.RawMessage)
		return ok && reflect.DeepEqual(cast.Decode(a), cast.Decode(b))
	}
	return a == b
}
