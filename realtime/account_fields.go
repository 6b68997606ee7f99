// Subscriptions that depend on a field of the account of their client.

package realtime

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/loambase/loam/core/change"
)

// changedFields returns the names of the fields that an update has changed.
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

// reads reports whether the rule or the filter of a topic may read one of the fields of the account
// of the client. reads searches the texts for the names: a false match costs a reset.
func (h *Hub) reads(t *topic, fields []string) bool {
	if t.options.lister != nil {
		return true // a lister may read any field
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
