// Which subscriptions depend on a field of their own account.

package realtime

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
)

// changedFields are the names of the fields that an update has changed.
func (h *Hub) changedFields(c *change.Change) (names []string) {
	in := h.app.Snapshot().ByID(c.Collection)
	var before map[string]json.RawMessage
	if in == nil || json.Unmarshal(c.Before, &before) != nil {
		return nil
	}
	for _, f := range in.Fields {
		if _, ok := before[f.ID]; ok {
			names = append(names, f.Name)
		}
	}
	return names
}

// reads reports whether the rule or the filter of a topic may read one of those fields of
// who asks. It looks at their text: one that only looks like it costs a reset.
func (h *Hub) reads(t *topic, fields []string) bool {
	if t.options.lister != nil {
		return true // it may read anything
	}
	in := h.app.Snapshot().ByID(t.collection)
	if in == nil {
		return false
	}
	rule := in.ListRule
	if t.record != "" {
		rule = in.ViewRule
	}
	text := t.options.filter
	if rule != nil {
		text += " " + *rule
	}
	return slices.ContainsFunc(fields, func(name string) bool { return strings.Contains(text, "@request.auth."+name) })
}
