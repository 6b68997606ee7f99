// The field kind number.

package schema

import (
	"math"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
)

// Number is a field with a double precision number.
type Number struct {
	Min     *float64 `json:"min"`
	Max     *float64 `json:"max"`
	OnlyInt bool     `json:"onlyInt"`
}

// Type returns "number".
func (*Number) Type() string { return "number" }

// Multiple returns false.
func (*Number) Multiple() bool { return false }

// Class returns ClassNumber.
func (*Number) Class() Class { return ClassNumber }

// Column returns store.ColumnNumber.
func (*Number) Column() store.ColumnKind { return store.ColumnNumber }

// Zero returns 0.
func (*Number) Zero() any { return 0.0 }

// Cast converts v to a number. An integer that would lose digits in the column becomes NaN, which
// Validate refuses.
func (*Number) Cast(v any) any {
	if !cast.Exact(v) {
		return math.NaN()
	}
	return cast.Number(v) + 0 // -0 becomes 0, as in the column
}

// Validate checks the number; 0 passes all checks but that of a required field.
func (n *Number) Validate(f *Field, v any) *fault.Field {
	x, _ := v.(float64)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fault.Leaf("validation_not_a_number", "The submitted number is not properly formatted")
	case x == 0 && f.Required:
		return fault.Leaf("validation_required", "Must not be 0")
	case x == 0:
		return nil
	case n.OnlyInt && x != math.Trunc(x):
		return onlyInt()
	case n.Min != nil && x < *n.Min:
		return fault.Leaf("validation_min_number_constraint",
			"Must be greater or equal than "+cast.Decimal(*n.Min), "min", *n.Min)
	case n.Max != nil && x > *n.Max:
		return fault.Leaf("validation_max_number_constraint",
			"Must be less or equal than "+cast.Decimal(*n.Max), "max", *n.Max)
	}
	return nil
}

func onlyInt() *fault.Field {
	return fault.Leaf("validation_only_int_constraint", "Decimal numbers are not allowed")
}

// Check validates the options of the field.
func (n *Number) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	if n.OnlyInt && n.Min != nil && *n.Min != math.Trunc(*n.Min) {
		fails.Set(onlyInt(), "min")
	}
	if n.OnlyInt && n.Max != nil && *n.Max != math.Trunc(*n.Max) {
		fails.Set(onlyInt(), "max")
	}
	if n.Min != nil && n.Max != nil && *n.Max < *n.Min {
		fails.Set(fault.Leaf("validation_min_number_constraint",
			"Must be greater or equal than "+cast.Decimal(*n.Min), "min", *n.Min), "max")
	}
	return fails
}

func (n *Number) clone() Kind {
	return &Number{Min: clonePointer(n.Min), Max: clonePointer(n.Max), OnlyInt: n.OnlyInt}
}

func (n *Number) load(rows store.Rows, col int) any {
	// The column had texts before, or was written by another program.
	if rows.Kind(col) == store.KindText {
		return cast.Number(rows.Text(col)) + 0
	}
	return rows.Float(col)
}
