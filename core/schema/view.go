package schema

import (
	"errors"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/viewquery"
)

// ViewOptions are what only a view has.
type ViewOptions struct {
	Query string `json:"viewQuery"`

	// Broken is why the query of a draft cannot be used, if so: for Validate.
	Broken error `json:"-"`
}

// SetBroken says why the query of a draft cannot be run. It does nothing for a draft
// of no view, or with nil.
func (c *Collection) SetBroken(err error) {
	if c.View != nil && err != nil {
		c.View.Broken = err
	}
}

var (
	errNoID   = errors.New("missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)")
	errNoName = errors.New("a computed column needs a name (you can use `expression as name`)")
)

// DeriveView is what the query of a view makes it (docs/wire/records.md §2.9): its
// fields, and what the database is to be told. find knows the collections that it may
// read by their names. Fields keep the ids that they have in old, if it is not nil.
// If only the id is missing the fields are given beside the error.
func DeriveView(query string, old *Collection, find func(name string) *Collection) ([]*Field, store.View, error) {
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
	v := store.View{Query: q.String(), Quoted: q.Quoted(tables)}
	for _, col := range columns {
		if col.Name == "" {
			return nil, store.View{}, errNoName
		}
		f := d.field(col)
		d.fields = append(d.fields, f)
		v.Columns = append(v.Columns, store.ViewColumn{Name: f.Name, Kind: f.Kind.Column(), Key: f.IsID(),
			Stored: d.stored(col, f), Secret: slices.ContainsFunc(col.Origins, d.secret)})
	}
	if !slices.ContainsFunc(d.fields, (*Field).IsID) {
		return d.fields, v, errNoID
	}
	return d.fields, v, nil
}

// tablesOf are the collections as a query sees them.
func tablesOf(find func(name string) *Collection) viewquery.Find {
	return func(name string) *viewquery.Table {
		c := find(name)
		if c == nil {
			return nil
		}
		t := &viewquery.Table{Name: c.Name}
		for _, f := range c.Fields {
			t.Columns = append(t.Columns, f.Name)
		}
		return t
	}
}

type derivation struct {
	find   func(name string) *Collection
	old    *Collection
	fields []*Field
}

func (d *derivation) field(col viewquery.Column) *Field {
	if col.Name == "id" {
		f := idField()
		f.Kind = &Text{Pattern: IDPattern, PrimaryKey: true}
		return f
	}
	f := d.shown(col)
	if f == nil {
		f = &Field{Name: col.Name, Kind: computed(col)}
	}
	// What may not be seen as a field is not seen under another name either.
	f.Hidden = f.Hidden || slices.ContainsFunc(col.Origins, func(o viewquery.Origin) bool { return d.at(o).Hidden })
	if f.ID == "" {
		f.ID = fieldID(f.Type(), f.Name, d.taken)
	}
	return f
}

// shown is the copy of the field that a column shows, without an id if that is to be
// derived; nil if it shows none.
func (d *derivation) shown(col viewquery.Column) *Field {
	if col.Source == nil {
		return nil
	}
	source := d.at(*col.Source)
	if source.IsID() {
		return &Field{Name: col.Name, Kind: &Relation{CollectionID: d.find(col.Source.Table).ID, MaxSelect: 1}}
	}
	f := source.clone()
	f.Name, f.ID = col.Name, d.cloneID(source, col.Name)
	return f
}

const clonePrefix = "_clone_"

// cloneID is the id that a copy of such a field has already, or a new one.
func (d *derivation) cloneID(source *Field, name string) string {
	if d.old != nil {
		was := d.old.Field(name)
		if was != nil && was.Type() == source.Type() && strings.HasPrefix(was.ID, clonePrefix) && !d.taken(was.ID) {
			return was.ID
		}
	}
	for {
		if id := clonePrefix + RandomString(4, AlphabetID); !d.taken(id) {
			return id
		}
	}
}

func (d *derivation) taken(id string) bool {
	return slices.ContainsFunc(d.fields, func(f *Field) bool { return f.ID == id })
}

// computed is the kind of what shows no field.
func computed(col viewquery.Column) Kind {
	switch {
	case col.Count:
		return &Number{OnlyInt: true}
	case col.Total:
		return &Number{}
	}
	switch col.Cast {
	case "real", "decimal", "numeric":
		return &Number{}
	case "int", "integer":
		return &Number{OnlyInt: true}
	case "text":
		return &Text{}
	case "boolean", "bool":
		return &Bool{}
	}
	return &JSON{MaxSize: 1}
}

// stored says whether the column is one of the field's kind in each part of the query.
func (d *derivation) stored(col viewquery.Column, f *Field) bool {
	if col.Source == nil || !col.Everywhere {
		return false
	}
	return !slices.ContainsFunc(append(col.Also, *col.Source), func(o viewquery.Origin) bool {
		return d.at(o).Kind.Column() != f.Kind.Column()
	})
}

// at is the field of an origin, which exists.
func (d *derivation) at(o viewquery.Origin) *Field { return d.find(o.Table).Field(o.Column) }

// secret says whether nobody is ever shown the values.
func (d *derivation) secret(o viewquery.Origin) bool {
	if _, ok := d.at(o).Kind.(*Password); ok {
		return true
	}
	return d.find(o.Table).IsAuth() && o.Column == "tokenKey"
}
