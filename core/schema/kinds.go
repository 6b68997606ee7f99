// The table of all field kinds.

package schema

import "fmt"

// Kinds returns all kinds in the order of the documentation, each with every option at its zero
// value. The list is new at each call. A new kind must be added only here; tests of tables by
// kind loop over it.
func Kinds() []Kind {
	return []Kind{
		&Text{}, &Editor{}, &Number{}, &Bool{}, &Email{}, &URL{}, &Date{}, &Autodate{},
		&Select{}, &JSON{}, &File{}, &Relation{}, &Password{}, &GeoPoint{},
	}
}

// newKind returns the kind with the name in JSON, with every option at its zero value.
func newKind(wireType string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Type() == wireType {
			return k, nil
		}
	}
	return nil, fmt.Errorf("schema: unknown field type %q", wireType)
}
