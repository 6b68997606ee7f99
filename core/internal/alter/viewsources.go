// Changes of the sources of a view: its query gets their new names (renameviews.go), and its
// fields are derived again.

package alter

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/viewquery"
	"github.com/loambase/loam/core/schema"
)

// FollowViews returns the list of collections with updated views: renames are applied to their
// queries, and their fields are derived anew. list has all collections after the change,
// including drafts; was is the stored state.
//
// A draft for which sent returns true is completed in place, and the error of its query is put
// into View.Broken for validation. Other views are replaced by drafts if they change; if one of
// them would no longer work, the error names it.
func FollowViews(was *schema.Snapshot, list []*schema.Collection, sent func(*schema.Collection) bool, now string) ([]*schema.Collection, error) {
	f := following{was: was, now: now, list: slices.Clone(list), sent: sent, named: map[string]*schema.Collection{}}
	renames := f.renames()
	for i, c := range f.list {
		if c.View == nil {
			continue
		}
		var err error
		if f.list[i], err = f.rename(c, renames); err != nil {
			return nil, fmt.Errorf("view %s: %w", c.Name, err)
		}
	}
	all := map[string]*schema.Collection{}
	for _, c := range f.list {
		all[strings.ToLower(c.Name)] = c
		if c.View == nil {
			f.named[strings.ToLower(c.Name)] = c
		}
	}
	findAll := func(name string) *schema.Collection { return all[strings.ToLower(name)] }
	for _, c := range f.list {
		if f.sent(c) && readsItself(c, findAll) {
			c.SetBroken(errCycle)
		}
	}
	for _, c := range viewOrder(f.list, findAll) {
		if err := f.derive(c); err != nil {
			return nil, fmt.Errorf("view %s: %w", c.Name, err)
		}
	}
	return f.list, nil
}

// errCycle is the error of a view that reads itself, directly or through other views.
var errCycle = errors.New("the view reads itself")

// readsItself reports whether the view is among its sources, or theirs.
func readsItself(c *schema.Collection, find func(name string) *schema.Collection) bool {
	seen := map[*schema.Collection]bool{}
	var reaches func(from *schema.Collection) bool
	reaches = func(from *schema.Collection) bool {
		return slices.ContainsFunc(sources(from, find), func(source *schema.Collection) bool {
			if source == c {
				return true
			}
			known := seen[source]
			seen[source] = true
			return !known && reaches(source)
		})
	}
	return reaches(c)
}

// following is the state of FollowViews.
type following struct {
	was   *schema.Snapshot
	now   string
	list  []*schema.Collection
	sent  func(*schema.Collection) bool // reports whether the collection was submitted; its client gets its errors
	named map[string]*schema.Collection // collections that may be read already, by lower-case name
}

// find returns a collection that may be read already: a table, or a view that is ready.
func (f *following) find(name string) *schema.Collection { return f.named[strings.ToLower(name)] }

// derive sets the fields of a view whose sources are ready, and marks it ready.
func (f *following) derive(c *schema.Collection) error {
	old := f.was.ByID(c.ID)
	if c == old && !slices.ContainsFunc(sources(c, f.find), f.changed) {
		f.ready(c)
		return nil
	}
	fields, _, err := DeriveView(c.View.Query, old, f.find)
	switch {
	case f.sent(c):
		c.SetFields(fields)
		c.SetBroken(err)
		f.ready(c)
		return nil
	case slices.ContainsFunc(sources(c, f.find), func(source *schema.Collection) bool { return source.View != nil && source.View.Broken != nil }):
		f.ready(c) // its source is broken, which is reported for the source
		return nil
	}
	if err == nil {
		err = f.lost(old)
	}
	if err != nil {
		return err
	}
	is := c
	if c == old {
		is = c.Clone()
	}
	is.SetFields(fields)
	if c == old && sameForm(c, is) {
		f.ready(c)
		return nil
	}
	is.Updated = f.now
	f.list[slices.Index(f.list, c)] = is
	f.ready(is)
	return nil
}

// ready allows the later views in the order to read the collection.
func (f *following) ready(c *schema.Collection) { f.named[strings.ToLower(c.Name)] = c }

// lost returns an error if the view uses a column that one of its sources, a view itself, no
// longer has. SQLite would treat the unknown name as a text, without an error.
func (f *following) lost(old *schema.Collection) error {
	dropped := map[viewquery.Origin]bool{}
	for _, source := range sources(old, f.was.Named) {
		i := slices.IndexFunc(f.list, func(c *schema.Collection) bool { return c.ID == source.ID })
		if source.View == nil || i < 0 || f.list[i] == source {
			continue
		}
		for _, field := range source.Fields {
			if f.list[i].Field(field.Name) == nil {
				dropped[viewquery.Origin{Table: source.Name, Column: field.Name}] = true
			}
		}
	}
	q, err := viewquery.Parse(old.View.Query)
	if err == nil {
		_, err = q.Rename(tablesOf(f.was.Named), viewquery.Renames{Dropped: dropped})
	}
	return err
}

// changed reports whether the collection differs from the stored one for views that read it.
func (f *following) changed(c *schema.Collection) bool {
	old := f.was.ByID(c.ID)
	return old == nil || !sameForm(old, c)
}
