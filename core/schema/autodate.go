// The field kind autodate: times of creation and update, set by the server.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// Autodate is a field that the server sets to the time of a write. Values from clients are
// ignored.
type Autodate struct {
	OnCreate bool `json:"onCreate"`
	OnUpdate bool `json:"onUpdate"`
}

// Type returns "autodate".
func (*Autodate) Type() string { return "autodate" }

// Multiple returns false.
func (*Autodate) Multiple() bool { return false }

// Class returns ClassDate.
func (*Autodate) Class() Class { return ClassDate }

// Column returns store.ColumnText.
func (*Autodate) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Autodate) Zero() any { return "" }

// Cast converts a date to its canonical form.
func (*Autodate) Cast(v any) any { return castTime(v) }

// Validate accepts everything.
func (*Autodate) Validate(*Field, any) *fault.Field { return nil }

// Check validates the options of the field.
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
