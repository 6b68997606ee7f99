// The field kind autodate: times of creation and update, set by the server.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// Autodate is a field that the server sets to the time of a write. What clients
// send for it is ignored.
type Autodate struct {
	OnCreate bool `json:"onCreate"`
	OnUpdate bool `json:"onUpdate"`
}

// Type is "autodate".
func (*Autodate) Type() string { return "autodate" }

// Multiple is false.
func (*Autodate) Multiple() bool { return false }

// Class is ClassDate.
func (*Autodate) Class() Class { return ClassDate }

// Column is a text column.
func (*Autodate) Column() store.ColumnKind { return store.ColumnText }

// Zero is "".
func (*Autodate) Zero() any { return "" }

// Cast is the canonical form of a date.
func (*Autodate) Cast(v any) any { return castTime(v) }

// Validate accepts everything.
func (*Autodate) Validate(*Field, any) *fault.Field { return nil }

// Check judges the options of the field.
func (a *Autodate) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	if !a.OnCreate && !a.OnUpdate {
		either := fault.Leaf("validation_required", "Either onCreate or onUpdate must be enabled")
		fails.Set(either, "onCreate")
		fails.Set(either, "onUpdate")
	}
	return fails
}

func (a *Autodate) clone() Kind { return clonePointer(a) }

func (*Autodate) load(rows store.Rows, col int) any { return castTime(rows.Text(col)) }
