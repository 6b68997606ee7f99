package shape

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Model has the records that an audience may ask for. It is immutable.
type Model struct {
	Superuser bool      // the audience is superusers, else everybody else
	Records   []*Record // in the order of the names of their collections
}

// Record is how the records of a collection look.
type Record struct {
	Collection *schema.Collection
	Name       string // of the type: unique, an identifier in every language

	// Whether the audience has a rule to do that with records.
	List, View, Create, Update, Delete bool

	Members []Member   // of a record that was read, in the order of their names
	New     []Input    // of the body that creates a record; nil for views
	Changes []Input    // of the body that updates a record; nil for views
	Expand  []Relation // what the parameter "expand" can add, in the order of their names
}

// Member is a property of a record that was read.
type Member struct {
	Name     string
	Type     Type
	Optional bool          // there are callers and records for which it is left out
	Field    *schema.Field // nil for collectionId and collectionName
}

// Input is a property of a body.
type Input struct {
	Name     string
	Type     Type
	Required bool
	Field    *schema.Field // nil for passwordConfirm and oldPassword

	// Modifier tells what Name does to the field that it is made of: "+" adds, "-" removes,
	// "" replaces.
	Modifier string
}

// Relation is a property of "expand".
type Relation struct {
	Name   string
	Target *Record
	List   bool
}

// Of returns the model of a snapshot for superusers or for everybody else.
func Of(snapshot *schema.Snapshot, superuser bool) *Model {
	m := &Model{Superuser: superuser}
	all := slices.SortedFunc(slices.Values(snapshot.All()), func(a, b *schema.Collection) int { return strings.Compare(a.Name, b.Name) })
	names, byID := schema.TypeNames(all), map[string]*Record{}
	for _, c := range all {
		r := &Record{Collection: c, Name: names[c.ID]}
		r.allow(superuser)
		if r.List || r.View || r.Create || r.Update || r.Delete || c.IsAuth() && c.Auth.AuthRule != nil {
			m.Records = append(m.Records, r)
			byID[c.ID] = r
		}
	}
	for _, r := range m.Records {
		r.members(superuser, byID)
		if !r.Collection.IsView() {
			r.inputs(superuser, byID)
		}
		r.relations(snapshot, superuser, byID)
	}
	return m
}

// Find returns the records of the collection with that name, nil if the audience has none.
func (m *Model) Find(collection string) *Record {
	for _, r := range m.Records {
		if r.Collection.Name == collection {
			return r
		}
	}
	return nil
}

// allow finds out for which operations the audience has a rule.
func (r *Record) allow(superuser bool) {
	c := r.Collection
	has := func(rule *string) bool { return superuser || rule != nil }
	r.List, r.View = has(c.ListRule), has(c.ViewRule)
	if !c.IsView() {
		r.Create, r.Update, r.Delete = has(c.CreateRule), has(c.UpdateRule), has(c.DeleteRule)
	}
}
