// Validation of the properties of a view: its query, two rules, and no indexes.

package alter

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/check"
)

// maxReason is the maximum length in bytes of the engine's message about a query in a failure.
const maxReason = 500

// view validates the properties of a view, and refuses those that a view must not have.
func (v *validation) view() {
	if v.c.View == nil { // the type was changed, which is reported already
		return
	}
	for _, r := range v.c.Rules() {
		if *r.Text != nil && r.Name != "listRule" && r.Name != "viewRule" {
			v.fails.Set(fault.Leaf("validation_nil", "Must be blank"), r.Name)
		}
	}
	if len(v.c.Indexes) > 0 {
		v.fails.Set(fault.Leaf("validation_indexes_not_supported", "View collections don't support indexes"), "indexes")
	}
	switch broken := v.c.View.Broken; {
	case v.c.View.Query == "":
		v.fails.Set(check.Blank(), "viewQuery")
	case broken != nil:
		v.fails.Set(invalidQuery(broken), "viewQuery")
	}
}

// invalidQuery returns the failure of a query, with the beginning of the reason.
func invalidQuery(broken error) *fault.Field {
	reason := broken.Error()
	return fault.Leaf("validation_invalid_view_query", "Invalid query - "+reason[:min(len(reason), maxReason)])
}
