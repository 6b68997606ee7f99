// The fields of a view, derived from its query: the fields that columns show, the kinds of
// computed columns, and hidden and secret fields.

package alter

import (
	"errors"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/viewquery"
	"github.com/loambase/loam/core/schema"
)

var (
	errNoID   = errors.New("missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)")
	errNoName = errors.New("a computed column needs a name (you can use `expression as name`)")
)

// DeriveView derives a view from its query (docs/wire/records.md §2.9): the fields of the
// collection, and the view of the database. find resolves the collections that the query may
// read. Fields keep their ids in old, if it is not nil. The error is for the author of the query.
// If only the column id is missing, the fields are returned together with the error.
func DeriveView(query string, old *schema.Collection, find func(name string) *schema.Collection) ([]*schema.Field, store.View, error) {
	q, err := viewquery.Parse(query)
	if err != nil {
		return nil, store.View{}, err
	}
	tables := tablesOf(find)
	columns, err := q.Columns(tables)
	if err != nil {
		return nil, store.View{}, err
	}
	d := derivation{find: find, old: old}
	v := store.View{Query: q.SQL(tables), Quoted: q.Quoted(tables)}
	for _, col := range columns {
		if col.Name == "" {
			return nil, store.View{}, errNoName
		}
		f := d.field(col)
		d.fields = append(d.fields, f)
		v.Columns = append(v.Columns, store.ViewColumn{Name: f.Name, Kind: f.Kind.Column(), Key: f.IsID(),
			Truth:  f.Kind.Column() == store.ColumnJSON && col.Source == nil && col.Kind == viewquery.Truth,
			Stored: d.stored(col, f), Secret: slices.ContainsFunc(col.Origins, d.secret)})
	}
	if !slices.ContainsFunc(d.fields, (*schema.Field).IsID) {
		return d.fields, v, errNoID
	}
	return d.fields, v, nil
}

// tablesOf returns the collections as tables of package viewquery.
func tablesOf(find func(name string) *schema.Collection) viewquery.Find {
	return func(name string) *viewquery.Table {
		c := find(name)
		if c == nil {
			return nil
		}
		t := &viewquery.Table{Name: c.Name}
		for _, f := range c.Fields {
			t.Columns = append(t.Columns, f.Name)
			t.Kinds = append(t.Kinds, viewKind(f))
			if isSecret(c, f) {
				t.Secret = append(t.Secret, f.Name)
			}
		}
		return t
	}
}

// viewKind returns the kind of a field in package viewquery.
func viewKind(f *schema.Field) viewquery.Kind {
	switch f.Kind.Column() {
	case store.ColumnText:
		return viewquery.Text
	case store.ColumnBool:
		return viewquery.Truth
	case store.ColumnJSON, store.ColumnMulti, store.ColumnGeo:
		return viewquery.JSON
	}
	return viewquery.Other
}

// derivation is the state of deriving the fields of one view.
type derivation struct {
	find   func(name string) *schema.Collection
	old    *schema.Collection
	fields []*schema.Field
}

// field returns the field of a column: a copy of the field that it shows, otherwise a field of
// the computed kind.
func (d *derivation) field(col viewquery.Column) *schema.Field {
	if col.Name == "id" {
		f := standard.IDField()
		f.Kind = &schema.Text{Pattern: schema.IDPattern, PrimaryKey: true}
		return f
	}
	f := d.shown(col)
	if f == nil {
		f = &schema.Field{Name: col.Name, Kind: computed(col)}
	}
	// A field that is hidden is also hidden under another name.
	f.Hidden = f.Hidden || slices.ContainsFunc(col.Origins, func(o viewquery.Origin) bool { return d.at(o).Hidden })
	if f.ID == "" {
		f.ID = standard.FieldID(f.Type(), f.Name, d.taken)
	}
	return f
}

// shown returns a copy of the field that a column shows, nil if the column is computed. The id of
// another collection becomes a relation to it.
func (d *derivation) shown(col viewquery.Column) *schema.Field {
	if col.Source == nil {
		return nil
	}
	source := d.at(*col.Source)
	// The id of another collection in a view is like a relation field: it can be expanded.
	if source.IsID() {
		return &schema.Field{Name: col.Name, Kind: &schema.Relation{CollectionID: d.find(col.Source.Table).ID, MaxSelect: 1}}
	}
	f := source.Clone()
	f.Name, f.ID = col.Name, d.cloneID(source, col.Name)
	return f
}

// clonePrefix is the prefix of the ids of copied fields, as in PocketBase.
const clonePrefix = "_clone_"

// cloneID returns the id of the copy of a field in the stored view, otherwise a new one.
func (d *derivation) cloneID(source *schema.Field, name string) string {
	if d.old != nil {
		was := d.old.Field(name)
		if was != nil && was.Type() == source.Type() && strings.HasPrefix(was.ID, clonePrefix) && !d.taken(was.ID) {
			return was.ID
		}
	}
	for {
		if id := clonePrefix + schema.RandomString(4, schema.AlphabetID); !d.taken(id) {
			return id
		}
	}
}

// taken reports whether a field of this view has the id.
func (d *derivation) taken(id string) bool {
	return slices.ContainsFunc(d.fields, func(f *schema.Field) bool { return f.ID == id })
}

// computed returns the kind of a computed column, from its function, cast or expression. It is
// JSON if the kind is unknown, since JSON can hold any value.
func computed(col viewquery.Column) schema.Kind {
	switch {
	case col.Count:
		return &schema.Number{OnlyInt: true}
	case col.Total:
		return &schema.Number{}
	}
	switch col.Cast {
	case "real", "decimal", "numeric":
		return &schema.Number{}
	case "int", "integer":
		return &schema.Number{OnlyInt: true}
	case "text":
		return &schema.Text{}
	case "boolean", "bool":
		return &schema.Bool{}
	}
	if col.Kind == viewquery.Text {
		return &schema.Text{}
	}
	return &schema.JSON{MaxSize: 1}
}

// stored reports whether the column has stored values of the field's kind in every part of a
// UNION.
func (d *derivation) stored(col viewquery.Column, f *schema.Field) bool {
	if col.Source == nil || !col.Everywhere {
		return false
	}
	return !slices.ContainsFunc(append(col.Also, *col.Source), func(o viewquery.Origin) bool {
		return d.at(o).Kind.Column() != f.Kind.Column()
	})
}

// at returns the field of an origin, which must exist.
func (d *derivation) at(o viewquery.Origin) *schema.Field { return d.find(o.Table).Field(o.Column) }

// secret reports whether the origin is a secret field.
func (d *derivation) secret(o viewquery.Origin) bool {
	return isSecret(d.find(o.Table), d.at(o))
}

// isSecret reports whether the values of a field are never shown: password hashes and token keys.
func isSecret(c *schema.Collection, f *schema.Field) bool {
	return f.IsPassword() || c.IsAuth() && f.Name == "tokenKey"
}
