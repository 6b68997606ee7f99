package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema/viewquery"
	"github.com/loambase/loam/core/store"
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

// ViewSteps is what must happen to the views of the database before and after its
// tables are led from one snapshot to the other: an engine keeps a table as it is
// while a view reads it. Sources are dropped after and made before what reads them.
func ViewSteps(was, is *Snapshot) (before, after []Step, err error) {
	affected := map[string]bool{} // ids of the views of was that are dropped
	for _, c := range was.ViewOrder() {
		next := is.ByID(c.ID)
		if next == nil || !sameForm(c, next) || slices.ContainsFunc(c.sources(was.Named), func(source *Collection) bool {
			return affected[source.ID] || is.ByID(source.ID) == nil || !sameForm(source, is.ByID(source.ID))
		}) {
			affected[c.ID] = true
			before = append(before, DropView{c.Name})
		}
	}
	slices.Reverse(before)
	for _, c := range is.ViewOrder() {
		if was.ByID(c.ID) != nil && !affected[c.ID] {
			continue
		}
		_, view, err := DeriveView(c.View.Query, c, is.Named)
		if err != nil {
			return nil, nil, fmt.Errorf("view %s: %w", c.Name, err)
		}
		after = append(after, CreateView{c.Name, view})
	}
	return before, after, nil
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
		if view != c && slices.Contains(view.sources(s.Named), c) {
			names = append(names, view.Name)
		}
	}
	slices.Sort(names)
	return names
}
