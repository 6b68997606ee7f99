package shape

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Model lists the records that an audience may request. It is immutable.
type Model struct {
	Superuser bool      // the audience is superusers; false: all other callers
	Records   []*Record // sorted by the names of their collections
}

// Record describes the records of a collection.
type Record struct {
	Collection *schema.Collection
	Name       string // name of the type: unique, an identifier in every language

	// The operations that the audience may request: all for superusers, else the operations whose
	// rule is not nil. Views have no Create, Update and Delete.
	List, View, Create, Update, Delete bool

	Members []Member   // properties of a record that was read, sorted by name
	New     []Input    // properties of the body that creates a record; nil for views
	Changes []Input    // properties of the body that updates a record; nil for views
	Expand  []Relation // relations that the parameter "expand" can add, sorted by name
}

// Member is a property of a record that was read.
type Member struct {
	Name     string
	Type     Type
	Optional bool          // the property is left out for some callers and records
	Field    *schema.Field // nil for collectionId and collectionName
}

// Input is a property of the body of a request.
type Input struct {
	Name     string
	Type     Type
	Required bool
	Field    *schema.Field // nil for passwordConfirm and oldPassword

	// Modifier is the end of Name: "+" adds the value to Field, "-" removes it, "" replaces the
	// value of Field.
	Modifier string
}

// Relation is a property of "expand".
type Relation struct {
	Name   string
	Target *Record
	List   bool
}

// Of returns the model of a snapshot for superusers or for all other callers.
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

// Find returns the Record of the collection with that name, nil if the Model has no such Record.
func (m *Model) Find(collection string) *Record {
	for _, r := range m.Records {
		if r.Collection.Name == collection {
			return r
		}
	}
	return nil
}

// allow sets the operations that the audience has.
func (r *Record) allow(superuser bool) {
	c := r.Collection
	has := func(rule *string) bool { return superuser || rule != nil }
	r.List, r.View = has(c.ListRule), has(c.ViewRule)
	if !c.IsView() {
		r.Create, r.Update, r.Delete = has(c.CreateRule), has(c.UpdateRule), has(c.DeleteRule)
	}
}
