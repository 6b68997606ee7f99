// Import of views: they are created after the collections that they read. A view whose query cannot
// be used is kept without records.

package pocketbase

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/schema"
)

// adoptViews creates the views in the order of their dependencies, which need not be the order of
// their creation, and reports queries that cannot be used.
func (m *move) adoptViews(a *collection.AdoptTx, list []*schema.Collection) error {
	find := func(name string) *schema.Collection {
		if i := slices.IndexFunc(list, func(c *schema.Collection) bool { return strings.EqualFold(c.Name, name) }); i >= 0 {
			return list[i]
		}
		return nil
	}
	// A view that cannot be created has no records and keeps its fields, so that views that read it
	// can be created.
	for _, c := range viewOrder(list) {
		refused, err := a.View(c, find)
		if err != nil {
			return err
		}
		if refused != "" {
			m.report.note(kept, c.Name, "the query of the view cannot be used: until it is corrected the view has no records, and what it reads cannot be changed: %s", refused)
		}
	}
	return nil
}

// viewOrder returns the views in the order of their dependencies.
func viewOrder(list []*schema.Collection) []*schema.Collection {
	copies := make([]*schema.Collection, len(list)) // a snapshot keeps the collections that it is given
	for i, c := range list {
		copies[i] = c.Clone()
	}
	var views []*schema.Collection
	for _, c := range alter.ViewOrder(schema.NewSnapshot(0, copies)) {
		views = append(views, list[slices.Index(copies, c)])
	}
	return views
}
