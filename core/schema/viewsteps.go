package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/viewquery"
)

// The steps that views need.
type (
	// CreateView makes a view.
	CreateView struct {
		Name string
		View store.View
	}
	// DropView drops one.
	DropView struct{ Name string }
)

func (CreateView) step() {}
func (DropView) step()   {}

// ViewChanges is what must happen to the views of the database before and after its
// tables are led from one snapshot to the other, as an engine keeps a table the way it
// is while a view reads it. Views go before and are made after what they read.
func ViewChanges(was, is *Snapshot) (drop []Step, create []*Collection) {
	gone := map[string]bool{} // ids of the views of was that are dropped
	for _, c := range was.ViewOrder() {
		if !keepsForm(c, is) || slices.ContainsFunc(c.sources(was.Named), func(source *Collection) bool {
			return gone[source.ID] || !keepsForm(source, is)
		}) {
			gone[c.ID] = true
			drop = append(drop, DropView{c.Name})
		}
	}
	slices.Reverse(drop)
	for _, c := range is.ViewOrder() {
		if was.ByID(c.ID) == nil || gone[c.ID] {
			create = append(create, c)
		}
	}
	return drop, create
}

// keepsForm says whether the collection is in the snapshot as it was to those who read it.
func keepsForm(c *Collection, is *Snapshot) bool {
	next := is.ByID(c.ID)
	return next != nil && sameForm(c, next)
}

// NewView is the step that makes a view of the snapshot.
func NewView(c *Collection, is *Snapshot) (CreateView, error) {
	_, view, err := DeriveView(c.View.Query, c, is.Named)
	if err != nil {
		return CreateView{}, fmt.Errorf("view %s: %w", c.Name, err)
	}
	return CreateView{c.Name, view}, nil
}

// sameForm says whether two states of a collection are the same to those who read it.
func sameForm(a, b *Collection) bool {
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

// Named is the collection of that name in any letter case, whatever has it for an id:
// that is how queries of views name it.
func (s *Snapshot) Named(name string) *Collection { return s.byName[strings.ToLower(name)] }

// sources are the collections that the query of a view reads, none if it cannot be
// read.
func (c *Collection) sources(find func(name string) *Collection) []*Collection {
	if c.View == nil {
		return nil
	}
	q, err := viewquery.Parse(c.View.Query)
	if err != nil {
		return nil
	}
	var list []*Collection
	for _, name := range q.Tables() {
		if source := find(name); source != nil {
			list = append(list, source)
		}
	}
	return list
}

// reads says whether the query of a view names the collection, which may be gone.
func (c *Collection) reads(other *Collection, find func(name string) *Collection) bool {
	if c.View == nil {
		return false
	}
	q, err := viewquery.Parse(c.View.Query)
	return err == nil && slices.ContainsFunc(q.Tables(), func(name string) bool {
		found := find(name)
		return found == other || found == nil && strings.EqualFold(name, other.Name)
	})
}

// ViewOrder is every view, each one after those that it reads.
func (s *Snapshot) ViewOrder() []*Collection { return viewOrder(s.list, s.Named) }

func viewOrder(list []*Collection, find func(name string) *Collection) []*Collection {
	var ordered []*Collection
	seen := map[*Collection]bool{}
	var visit func(c *Collection)
	visit = func(c *Collection) {
		if c.View == nil || seen[c] {
			return
		}
		seen[c] = true // before its sources: it may read itself
		for _, source := range c.sources(find) {
			visit(source)
		}
		ordered = append(ordered, c)
	}
	for _, c := range list {
		visit(c)
	}
	return ordered
}

// ViewsOf are the names of the views that read the collection, sorted.
func (s *Snapshot) ViewsOf(c *Collection) []string {
	var names []string
	for _, view := range s.list {
		if view != c && view.reads(c, s.Named) {
			names = append(names, view.Name)
		}
	}
	slices.Sort(names)
	return names
}
