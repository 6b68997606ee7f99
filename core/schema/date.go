// The field kind date.

package schema

import (
	"fmt"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// Date is a field with a time, in the form of FormatTime; "" for none.
type Date struct {
	Min string `json:"min"` // canonical, "" for none
	Max string `json:"max"`
}

// Type returns "date".
func (*Date) Type() string { return "date" }

// Multiple returns false.
func (*Date) Multiple() bool { return false }

// Class returns ClassDate.
func (*Date) Class() Class { return ClassDate }

// Column returns store.ColumnText.
func (*Date) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Date) Zero() any { return "" }

// Cast converts a date in any accepted form to the canonical form.
func (*Date) Cast(v any) any { return castTime(v) }

// Validate checks the range.
func (d *Date) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	switch { // canonical dates are in order as texts
	case s == "":
		return required(f, true)
	case d.Min != "" && s < d.Min:
		return outside("validation_min_greater_equal_than_required", "less", d.Min)
	case d.Max != "" && s > d.Max:
		return outside("validation_max_less_equal_than_required", "greater", d.Max)
	}
	return nil
}

func outside(code, word, limit string) *fault.Field {
	t, _ := ParseTime(limit)
	return fault.Leaf(code, fmt.Sprintf("Must be no %s than %s", word, t.String()),
		"threshold", t.Format(time.RFC3339Nano))
}

// normalize converts submitted limits to the canonical form.
func (d *Date) normalize() { d.Min, d.Max = castTime(d.Min), castTime(d.Max) }

// Check validates the options of the field.
func (d *Date) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	if d.Min != "" && d.Max != "" && d.Max < d.Min {
		fails.Set(fault.Leaf("validation_date_out_of_range", "The date is out of range"), "max")
	}
	return fails
}

func (d *Date) clone() Kind { return clonePointer(d) }

func (*Date) load(rows store.Rows, col int) any { return castTime(rows.Text(col)) }
