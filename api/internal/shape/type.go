package shape

import "github.com/loambase/loam/core/schema"

// Base is the type of a single value.
type Base uint8

// The types of single values, with their JSON.
const (
	Text      Base = iota // string
	Email                 // string: an address, or ""
	URL                   // string: an address, or ""
	Moment                // string: 2026-01-31 12:00:00.000Z, or ""
	Number                // number
	Integer               // number without a fraction
	Bool                  // boolean
	JSON                  // any JSON value
	Choice                // string: one of Values
	File                  // string: the name of a stored file, or ""
	Reference             // string: the id of a record, or ""
	Point                 // object: {"lon": 0, "lat": 0}
	Password              // string: "" in a record, the password in a body
	Literal               // string: the only one of Values
)

// Type is the type of a property.
type Type struct {
	Base   Base
	List   bool
	Values []string // the values of a Choice or a Literal
	Empty  bool     // "" is a value too; only for a Choice that is no List
	Target *Record  // the records of a Reference; nil if the Model does not have them
}

// typeOf returns the type of a field.
func typeOf(f *schema.Field, records map[string]*Record) Type {
	switch k := f.Kind.(type) {
	case *schema.Email:
		return Type{Base: Email}
	case *schema.URL:
		return Type{Base: URL}
	case *schema.Number:
		if k.OnlyInt {
			return Type{Base: Integer}
		}
	case *schema.Select:
		return Type{Base: Choice, List: k.Multiple(), Values: k.Values, Empty: !k.Multiple() && !f.Required}
	case *schema.File:
		return Type{Base: File, List: k.Multiple()}
	case *schema.Relation:
		return Type{Base: Reference, List: k.Multiple(), Target: records[k.CollectionID]}
	}
	return Type{Base: baseOf(f.Kind.Class())}
}

// baseOf returns the type of the values of a class, for the kinds that typeOf does not distinguish.
func baseOf(class schema.Class) Base {
	switch class {
	case schema.ClassDate:
		return Moment
	case schema.ClassNumber:
		return Number
	case schema.ClassBool:
		return Bool
	case schema.ClassJSON:
		return JSON
	case schema.ClassPoint:
		return Point
	case schema.ClassPassword:
		return Password
	}
	return Text
}
