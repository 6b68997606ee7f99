// The field kind bool.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
)

// Bool is a field that is true or false.
type Bool struct{}

// Type is "bool".
func (*Bool) Type() string { return "bool" }

// Multiple is false.
func (*Bool) Multiple() bool { return false }

// Class is ClassBool.
func (*Bool) Class() Class { return ClassBool }

// Column is a bool column.
func (*Bool) Column() store.ColumnKind { return store.ColumnBool }

// Zero is false.
func (*Bool) Zero() any { return false }

// Cast is the truth of v; of texts only 1, t, T, TRUE, true and True are true.
func (*Bool) Cast(v any) any { return cast.Bool(v) }

// Validate fails a required field that is false.
func (*Bool) Validate(f *Field, v any) *fault.Field {
	if yes, _ := v.(bool); f.Required && !yes {
		return fault.Leaf("validation_required", "Must be true")
	}
	return nil
}

// Check judges the options of the field.
func (*Bool) Check(*Field) fault.Fields { return nil }

func (*Bool) clone() Kind { return &Bool{} }

func (b *Bool) load(rows store.Rows, col int) any {
	// SQLite keeps whatever other programs have put into the column.
	if rows.Kind(col) == store.KindText {
		return b.Cast(rows.Text(col))
	}
	return rows.Bool(col)
}
