package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// Field is one field of a collection: what all kinds share, and its Kind.
type Field struct {
	ID          string
	Name        string
	System      bool
	Hidden      bool
	Presentable bool
	Required    bool // all kinds but autodate
	Help        string
	Kind        Kind
}

// Type is the wire name of the field's kind: "text", "number" …
func (f *Field) Type() string { return f.Kind.Type() }

// Multiple says whether the field holds a list of values.
func (f *Field) Multiple() bool { return f.Kind.Multiple() }

// Column is the table column that stores the field.
func (f *Field) Column() store.Column {
	return store.Column{Name: f.Name, Kind: f.Kind.Column(), PrimaryKey: f.IsID()}
}

// IsID says whether the field is the primary key.
func (f *Field) IsID() bool {
	t, ok := f.Kind.(*Text)
	return ok && t.PrimaryKey
}

// Kind is the kind of a field with its options; the dynamic types are the
// pointers *Text, *Editor, *Number, *Bool, *Email, *URL, *Date, *Autodate,
// *Select, *JSON, *File, *Relation, *Password and *GeoPoint, one file each.
//
// The Go type of a value is fixed by its kind:
//
//	text editor email url date autodate password    string
//	select, relation, file that hold one            string
//	select, relation, file that hold several        []string, never nil
//	number                                          float64
//	bool                                            bool
//	json                                            json.RawMessage, nil for null
//	geoPoint                                        Point
type Kind interface {
	Type() string
	Multiple() bool
	Column() store.ColumnKind

	// Zero is the value of a field that was never set.
	Zero() any

	// Cast turns anything that a JSON body, a form or Go code may hold into a
	// value of the kind. What cannot be converted becomes the zero value
	// (docs/wire/records.md §3.1).
	Cast(v any) any

	// Validate judges a cast value by the field's options; it needs no database.
	// nil: valid.
	Validate(f *Field, v any) *fault.Field

	// Check judges the options themselves, when a collection is saved.
	Check(f *Field) fault.Fields
}

// Point is the value of a geoPoint field, in degrees.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}
