// The field kind bool.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
)

// Bool is a field that is true or false.
type Bool struct{}

// Type returns "bool".
func (*Bool) Type() string { return "bool" }

// Multiple returns false.
func (*Bool) Multiple() bool { return false }

// Class returns ClassBool.
func (*Bool) Class() Class { return ClassBool }

// Column returns store.ColumnBool.
func (*Bool) Column() store.ColumnKind { return store.ColumnBool }

// Zero returns false.
func (*Bool) Zero() any { return false }

// Cast converts v to a boolean; the only true texts are 1, t, T, TRUE, true and True.
func (*Bool) Cast(v any) any { return cast.Bool(v) }

// Validate refuses false if the field is required.
func (*Bool) Validate(f *Field, v any) *fault.Field {
	if yes, _ := v.(bool); f.Required && !yes {
		return fault.Leaf("validation_required", "Must be true")
	}
	return nil
}

// Check validates the options of the field.
func (*Bool) Check(*Field) fault.Fields { return nil }

func (*Bool) clone() Kind { return &Bool{} }

func (b *Bool) load(rows store.Rows, col int) any {
	// SQLite may have any value of another program in the column.
	if rows.Kind(col) == store.KindText {
		return b.Cast(rows.Text(col))
	}
	return rows.Bool(col)
}
