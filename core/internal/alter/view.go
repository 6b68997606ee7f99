// Fields of a view derived from its query: which column shows which field, what kind
// computed columns have, and which are hidden or secret.

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
// collection, and the view of the database. find resolves the collections that it may read.
// Fields keep the ids that they have in old, if it is not nil. The error says in words for
// the author what is wrong. If only the column id is missing, the fields are returned
// beside the error.
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

// tablesOf presents the collections to package viewquery.
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

// viewKind is the kind of a field as package viewquery knows kinds.
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

// field returns the field of a column: a copy of the field that it shows, else one of the
// computed kind.
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
	// What may not be seen as a field is not seen under another name either.
	f.Hidden = f.Hidden || slices.ContainsFunc(col.Origins, func(o viewquery.Origin) bool { return d.at(o).Hidden })
	if f.ID == "" {
		f.ID = standard.FieldID(f.Type(), f.Name, d.taken)
	}
	return f
}

// shown returns a copy of the field that a column shows; the id of another collection
// becomes a relation to it. nil if the column is computed.
func (d *derivation) shown(col viewquery.Column) *schema.Field {
	if col.Source == nil {
		return nil
	}
	source := d.at(*col.Source)
	// An id of another collection in a view is as good as a relation field: it can be expanded.
	if source.IsID() {
		return &schema.Field{Name: col.Name, Kind: &schema.Relation{CollectionID: d.find(col.Source.Table).ID, MaxSelect: 1}}
	}
	f := source.Clone()
	f.Name, f.ID = col.Name, d.cloneID(source, col.Name)
	return f
}

// clonePrefix begins the ids of copied fields, as in PocketBase.
const clonePrefix = "_clone_"

// cloneID returns the id that the copy of a field has already in the stored view, else a
// new one.
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

// computed returns the kind of a computed column, from its function, cast or expression.
// JSON can hold whatever is not known.
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

// stored reports whether the column holds stored values of the field's kind in every part
// of a UNION.
func (d *derivation) stored(col viewquery.Column, f *schema.Field) bool {
	if col.Source == nil || !col.Everywhere {
		return false
	}
	return !slices.ContainsFunc(append(col.Also, *col.Source), func(o viewquery.Origin) bool {
		return d.at(o).Kind.Column() != f.Kind.Column()
	})
}

// at returns the field of an origin, which exists.
func (d *derivation) at(o viewquery.Origin) *schema.Field { return d.find(o.Table).Field(o.Column) }

// secret reports whether the origin is a secret field.
func (d *derivation) secret(o viewquery.Origin) bool {
	return isSecret(d.find(o.Table), d.at(o))
}

// isSecret reports whether nobody is ever shown the values of a field: password hashes and
// token keys.
func isSecret(c *schema.Collection, f *schema.Field) bool {
	return f.IsPassword() || c.IsAuth() && f.Name == "tokenKey"
}
