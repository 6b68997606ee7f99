// Fields: the common properties of all kinds, and the interface Kind.

package schema

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// Field is one field of a collection: the common properties of all kinds, and its Kind.
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

// Type returns the name of the field's kind in JSON: "text", "number" …
func (f *Field) Type() string { return f.Kind.Type() }

// Multiple reports whether the field has a list of values.
func (f *Field) Multiple() bool { return f.Kind.Multiple() }

// Column returns the table column of the field.
func (f *Field) Column() store.Column {
	return store.Column{Name: f.Name, Kind: f.Kind.Column(), PrimaryKey: f.IsID()}
}

// IsID reports whether the field is the primary key.
func (f *Field) IsID() bool {
	k, ok := f.Kind.(interface{ isPrimaryKey() bool })
	return ok && k.isPrimaryKey()
}

// IsChoice reports whether the field has one or several values of a list, files or records.
func (f *Field) IsChoice() bool { return f.Kind.Class() == ClassChoice }

// IsPassword reports whether the field has hashes, which are never shown.
func (f *Field) IsPassword() bool { return f.Kind.Class() == ClassPassword }

// Class groups the kinds whose values are handled in the same way: read, written, compared and
// rendered. Code that distinguishes kinds switches over the class, so that a new kind of a known
// class needs no change there.
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

// Classes returns all classes, for tests of tables by class.
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
	// Type returns the name in JSON: "text", "number" …
	Type() string

	// Class returns the class of the kind, by which its values are handled.
	Class() Class

	// Multiple reports whether the options allow a list of values.
	Multiple() bool

	// Column returns the kind of the table column for the values.
	Column() store.ColumnKind

	// Zero returns the value of a field that was never set.
	Zero() any

	// Cast converts a value from a JSON body, a form or Go code to a value of the kind. A value
	// that cannot be converted becomes the zero value (docs/wire/records.md §3.1).
	Cast(v any) any

	// Validate checks a cast value against the field's options, without a database. It returns
	// nil for a valid value.
	Validate(f *Field, v any) *fault.Field

	// Check validates the options themselves, when a collection is saved.
	Check(f *Field) fault.Fields

	clone() Kind                       // returns a deep copy
	load(rows store.Rows, col int) any // returns the value of a column that is not NULL
}

// Point is the value of a geoPoint field, in degrees.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// required returns the failure of a required field without a value.
func required(f *Field, empty bool) *fault.Field {
	if f.Required && empty {
		return check.Blank()
	}
	return nil
}

// BodySize returns the number of bytes by which a value of the field may exceed the usual size of
// a request body: 0 for kinds with small values. It is at most 1<<50, so that sums do not
// overflow.
func (f *Field) BodySize() int64 {
	if k, ok := f.Kind.(interface{ bodySize() int64 }); ok {
		return min(k.bodySize(), maxBodySize)
	}
	return 0
}

const maxBodySize = 1 << 50
