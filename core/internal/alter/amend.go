// Amendment of collections of another installation (PocketBase) so that tables can be created for
// them: missing standard fields, ids, indexes.

package alter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Amend completes a collection that was defined elsewhere so that a table can be created for it:
// it adds the fields and indexes of every collection of its type, and removes those that no
// collection can have. Nothing else is checked or changed. tableIndexes are the CREATE INDEX
// statements of its table at the source; unique indexes among them that the definition lacks are
// added. notes describes the changes. c is changed in place.
func Amend(c *schema.Collection, tableIndexes []string) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	amendFields(c, note)
	amendKey(c, note)
	if c.IsAuth() {
		for _, standard := range standard.AuthFields() {
			switch f := c.Field(standard.Name); {
			case f == nil:
				c.Fields = append(c.Fields, standard)
				note("the field %s was missing and was added", standard.Name)
			// Token keys and password hashes must be hidden, whatever the source says.
			case f.Type() == standard.Type() && standard.Hidden && !f.Hidden:
				f.Hidden = true
				note("the field %s was not hidden and is now", standard.Name)
			}
		}
		if c.Auth.OAuth2.Providers == nil {
			c.Auth.OAuth2.Providers = schema.Providers{}
		}
		if c.Auth.PasswordAuth.IdentityFields == nil {
			c.Auth.PasswordAuth.IdentityFields = []string{}
		}
	}
	amendIndexes(c, tableIndexes, note)
	return notes
}

// amendFields removes fields without a name and further fields of the same name (in any letter
// case), and assigns ids that are missing or not unique.
func amendFields(c *schema.Collection, note func(string, ...any)) {
	names, ids := map[string]bool{}, map[string]bool{}
	var list []*schema.Field
	for i, f := range c.Fields {
		switch name := strings.ToLower(f.Name); {
		case name == "":
			note("the field at position %d has no name and was left out", i)
			continue
		case names[name]:
			note("a second field %s was left out", f.Name)
			continue
		default:
			names[name] = true
		}
		list = append(list, f)
	}
	c.Fields = list
	for _, f := range c.Fields {
		if f.ID == "" || ids[f.ID] {
			f.ID = standard.FieldID(f.Type(), f.Name, func(id string) bool { return ids[id] || c.FieldByID(id) != nil })
			note("the field %s had no id of its own and has %s now", f.Name, f.ID)
		}
		ids[f.ID] = true
	}
}

// amendKey makes the field id, and no other, the primary key, and adds it if it is missing. Views
// are not changed: their id comes from the query.
func amendKey(c *schema.Collection, note func(string, ...any)) {
	if c.IsView() {
		return
	}
	at := c.FieldIndex("id")
	if at < 0 {
		c.Fields = slices.Insert(c.Fields, 0, standard.IDField())
		note("the field id was missing and was added")
		at = 0
	}
	if c.Fields[at].Type() != "text" {
		was := c.Fields[at]
		c.Fields[at] = standard.IDField()
		// The id is kept, so that the stored values are found by it.
		c.Fields[at].ID = was.ID
		note("the field id was of the type %s and is a text now", was.Type())
	}
	for i, f := range c.Fields {
		if key, ok := f.Kind.(*schema.Text); ok {
			key.PrimaryKey = i == at
		}
	}
}

// amendIndexes removes indexes that cannot be parsed or call forbidden functions, adds unique
// indexes that only the table has (records rely on them), and those of every auth collection.
func amendIndexes(c *schema.Collection, tableIndexes []string, note func(string, ...any)) {
	kept, leftOut := []string{}, map[string]bool{}
	for _, text := range c.Indexes {
		ix, err := sqlindex.Parse(text)
		if err != nil {
			note("the index %q cannot be read and was left out", text)
			continue
		}
		if names := sqlindex.ForbiddenFunctions(ix); len(names) > 0 {
			note("the index %s was left out: the function %s cannot be used in an index", ix.Name, names[0])
			leftOut[strings.ToLower(ix.Name)] = true
			continue
		}
		kept = append(kept, text)
	}
	c.Indexes = kept
	if c.IsView() {
		return
	}
	for _, text := range tableIndexes {
		ix, err := sqlindex.Parse(text)
		// Other indexes of the table only make queries faster; records rely on the unique ones.
		if err != nil || !ix.Unique || hasIndex(c, ix.Name) || leftOut[strings.ToLower(ix.Name)] {
			continue
		}
		if names := sqlindex.ForbiddenFunctions(ix); len(names) > 0 {
			note("the unique index %s of the table was left out: the function %s cannot be used in an index", ix.Name, names[0])
			continue
		}
		c.Indexes = append(c.Indexes, ix.String())
		note("the unique index %s of the table was not among the indexes of the definition and was added", ix.Name)
	}
	standard.SetIndexTable(c)
	if c.IsAuth() {
		before := len(c.Indexes)
		standard.SetAuthIndexes(c)
		for _, text := range c.Indexes[before:] {
			note("an index that every auth collection has was missing and was added: %s", text)
		}
	}
}

// hasIndex reports whether the collection defines an index with the name.
func hasIndex(c *schema.Collection, name string) bool {
	return slices.ContainsFunc(c.ParsedIndexes(), func(ix store.Index) bool { return strings.EqualFold(ix.Name, name) })
}

// AdoptView derives the fields of a view from its query, like DeriveView, and sets them. A field
// of the same name and type keeps its id, so that relations and rules with ids remain valid.
func AdoptView(c *schema.Collection, find func(name string) *schema.Collection) (store.View, error) {
	fields, view, err := DeriveView(c.View.Query, c, find)
	if err != nil {
		return store.View{}, err
	}
	ids := map[string]bool{}
	for _, f := range fields {
		if was := c.Field(f.Name); was != nil && was.Type() == f.Type() {
			f.ID = was.ID
		}
		if ids[f.ID] {
			f.ID = standard.FieldID(f.Type(), f.Name, func(id string) bool { return ids[id] })
		}
		ids[f.ID] = true
	}
	c.Fields = fields
	return view, nil
}

// EmptyView returns the database's view for a collection whose query cannot be used: it has the
// fields as columns, and no rows.
func EmptyView(c *schema.Collection) store.View {
	if c.Field("id") == nil {
		c.Fields = slices.Insert(c.Fields, 0, standard.IDField())
	}
	var columns []string
	var view store.View
	for _, f := range c.Fields {
		columns = append(columns, `NULL AS `+store.Quote(f.Name))
		view.Columns = append(view.Columns, store.ViewColumn{Name: f.Name, Kind: f.Kind.Column(), Key: f.Name == "id"})
	}
	view.Query = "SELECT " + strings.Join(columns, ", ") + " WHERE 1 = 0"
	view.Quoted = view.Query
	return view
}
