// Fields: what all kinds share, and the interface Kind.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
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
	k, ok := f.Kind.(interface{ isPrimaryKey() bool })
	return ok && k.isPrimaryKey()
}

// IsChoice says whether the field holds one or several of something: values of a list,
// files or records.
func (f *Field) IsChoice() bool { return f.Kind.Class() == ClassChoice }

// IsPassword says whether the field holds hashes, which are shown to nobody.
func (f *Field) IsPassword() bool { return f.Kind.Class() == ClassPassword }

// Class groups the kinds whose values are handled alike: read, written, compared and
// rendered. Code that treats kinds differently switches over it, so that a new kind of
// a known class needs no change there.
type Class int

// The classes, with the Go type of their values.
const (
	ClassText     Class = iota // string: any text
	ClassDate                  // string: a canonical datetime, or ""
	ClassNumber                // float64
	ClassBool                  // bool
	ClassJSON                  // json.RawMessage: any document
	ClassChoice                // string, or []string if the field is Multiple
	ClassPassword              // string: a hash
	ClassPoint                 // Point
)

// Classes are all classes, for the tests of tables that must know each.
func Classes() []Class {
	return []Class{ClassText, ClassDate, ClassNumber, ClassBool, ClassJSON, ClassChoice, ClassPassword, ClassPoint}
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
	// Type is the name on the wire: "text", "number" …
	Type() string

	// Class tells how values of the kind are handled.
	Class() Class

	// Multiple says whether the options allow a list of values.
	Multiple() bool

	// Column is the kind of the table column that stores the values.
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

	clone() Kind                       // a copy that shares nothing
	load(rows store.Rows, col int) any // the value of a column that is not NULL
}

// Point is the value of a geoPoint field, in degrees.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// required is the failure of a field that must have a value and has none.
func required(f *Field, empty bool) *fault.Field {
	if f.Required && empty {
		return check.Blank()
	}
	return nil
}

// BodySize is how many bytes the options of the field allow a value to add to a request
// body beyond what every body may have: 0 for kinds whose values are small. It is at
// most 1<<50, so that sums do not overflow.
func (f *Field) BodySize() int64 {
	if k, ok := f.Kind.(interface{ bodySize() int64 }); ok {
		return min(k.bodySize(), maxBodySize)
	}
	return 0
}

const maxBodySize = 1 << 50
