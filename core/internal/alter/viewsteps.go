// The views of the database that must be dropped before a schema change and created after it, in
// the order of their dependencies.

package alter

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/viewquery"
	"github.com/loambase/loam/core/schema"
)

// The steps for views.
type (
	// CreateView creates a view.
	CreateView struct {
		Name string
		View store.View
	}
	// DropView drops a view.
	DropView struct{ Name string }
)

func (CreateView) step() {}
func (DropView) step()   {}

// ViewChanges returns the views to drop before the tables change from one snapshot to the other,
// and those to create afterwards: engines do not alter a table that a view reads. A view is
// dropped before, and created after, the views that it reads.
func ViewChanges(was, is *schema.Snapshot) (drop []Step, create []*schema.Collection) {
	gone := map[string]bool{} // ids of the views of was that are dropped
	for _, c := range ViewOrder(was) {
		if !keepsForm(c, is) || slices.ContainsFunc(sources(c, was.Named), func(source *schema.Collection) bool {
			return gone[source.ID] || !keepsForm(source, is)
		}) {
			gone[c.ID] = true
			drop = append(drop, DropView{c.Name})
		}
	}
	// ViewOrder has sources first; a view must be dropped before its sources.
	slices.Reverse(drop)
	for _, c := range ViewOrder(is) {
		if was.ByID(c.ID) == nil || gone[c.ID] {
			create = append(create, c)
		}
	}
	return drop, create
}

// keepsForm reports whether the collection is in the snapshot, unchanged for views that read it.
func keepsForm(c *schema.Collection, is *schema.Snapshot) bool {
	next := is.ByID(c.ID)
	return next != nil && sameForm(c, next)
}

// NewView returns the step that creates a view of the snapshot. The error names the view.
func NewView(c *schema.Collection, is *schema.Snapshot) (CreateView, error) {
	_, view, err := DeriveView(c.View.Query, c, is.Named)
	if err != nil {
		return CreateView{}, fmt.Errorf("view %s: %w", c.Name, err)
	}
	return CreateView{c.Name, view}, nil
}

// sameForm reports whether two states of a collection are equal for views that read it: name,
// fields, query.
func sameForm(a, b *schema.Collection) bool {
	if a == b {
		return true
	}
	if a.Name != b.Name || (a.View == nil) != (b.View == nil) || a.View != nil && a.View.Query != b.View.Query {
		return false
	}
	was, err := a.FieldsJSON()
	if err != nil {
		return false
	}
	is, err := b.FieldsJSON()
	return err == nil && bytes.Equal(was, is)
}

// sources returns the collections that the query of a view reads, none if it cannot be parsed.
func sources(c *schema.Collection, find func(name string) *schema.Collection) []*schema.Collection {
	if c.View == nil {
		return nil
	}
	q, err := viewquery.Parse(c.View.Query)
	if err != nil {
		return nil
	}
	var list []*schema.Collection
	for _, name := range q.Tables() {
		if source := find(name); source != nil {
			list = append(list, source)
		}
	}
	return list
}

// reads reports whether the query of a view names the other collection, which may no longer
// exist.
func reads(c *schema.Collection, other *schema.Collection, find func(name string) *schema.Collection) bool {
	if c.View == nil {
		return false
	}
	q, err := viewquery.Parse(c.View.Query)
	return err == nil && slices.ContainsFunc(q.Tables(), func(name string) bool {
		found := find(name)
		return found == other || found == nil && strings.EqualFold(name, other.Name)
	})
}

// ViewOrder returns every view of the snapshot, each after the views that it reads.
func ViewOrder(s *schema.Snapshot) []*schema.Collection { return viewOrder(s.All(), s.Named) }

// viewOrder sorts views topologically by their sources. Views that read themselves are in the
// result once.
func viewOrder(list []*schema.Collection, find func(name string) *schema.Collection) []*schema.Collection {
	var ordered []*schema.Collection
	seen := map[*schema.Collection]bool{}
	var visit func(c *schema.Collection)
	visit = func(c *schema.Collection) {
		if c.View == nil || seen[c] {
			return
		}
		seen[c] = true // before its sources: it may read itself
		for _, source := range sources(c, find) {
			visit(source)
		}
		ordered = append(ordered, c)
	}
	for _, c := range list {
		visit(c)
	}
	return ordered
}

// ViewsOf returns the sorted names of the views that read the collection.
func ViewsOf(s *schema.Snapshot, c *schema.Collection) []string {
	var names []string
	for _, view := range s.All() {
		if view != c && reads(view, c, s.Named) {
			names = append(names, view.Name)
		}
	}
	slices.Sort(names)
	return names
}
