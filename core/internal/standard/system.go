// Package standard has the parts of collections that the server itself defines: derived ids, the
// system fields and indexes of each type, the system collections of an installation, and the
// scaffolds of new collections.
package standard

import (
	"slices"

	"github.com/loambase/loam/core/schema"
)

// systemField returns a field that every collection of a type has, with its derived id.
func systemField(name string, kind schema.Kind) *schema.Field {
	return &schema.Field{ID: FieldID(kind.Type(), name, nil), Name: name, System: true, Kind: kind}
}

// IDField returns the primary key of a new collection.
func IDField() *schema.Field {
	f := systemField("id", &schema.Text{Min: schema.IDLength, Max: schema.IDLength, Pattern: schema.IDPattern,
		AutogeneratePattern: schema.IDGenerate, PrimaryKey: true})
	f.Required = true
	return f
}

// AuthFields returns new copies of the fields that every auth collection has besides the id.
func AuthFields() []*schema.Field {
	password := systemField("password", &schema.Password{Min: 8})
	password.Hidden, password.Required = true, true
	tokenKey := systemField("tokenKey", &schema.Text{Min: 30, Max: 60, AutogeneratePattern: `[a-zA-Z0-9]{50}`})
	tokenKey.Hidden, tokenKey.Required = true, true
	email := systemField("email", &schema.Email{})
	email.Required = true
	return []*schema.Field{password, tokenKey, email,
		systemField("emailVisibility", &schema.Bool{}), systemField("verified", &schema.Bool{})}
}

// setSystemFields adds missing system fields, preferably copies of the stored ones, and sets the
// flags of existing ones. Validation refuses a field of another type under such a name.
func setSystemFields(c, old *schema.Collection) {
	if c.Field("id") == nil {
		c.Fields = slices.Insert(c.Fields, 0, storedOr(old, IDField()))
	}
	if id := c.Field("id"); id.Type() == "text" {
		id.System, id.Required, id.Hidden = true, true, false
		key := id.Kind.(*schema.Text)
		key.PrimaryKey = true
		if key.Pattern == "" {
			key.Pattern = schema.IDPattern
		}
	}
	if !c.IsAuth() {
		return
	}
	for _, standard := range AuthFields() {
		f := c.Field(standard.Name)
		switch {
		case f == nil:
			c.Fields = append(c.Fields, storedOr(old, standard))
		case f.Type() == standard.Type():
			f.System = true
			f.Hidden = standard.Hidden || f.Hidden && f.Name != "email"
			if standard.Hidden {
				f.Required = true
			}
		}
	}
}

// storedOr returns a copy of old's field of the same name and type, otherwise the standard field.
func storedOr(old *schema.Collection, standard *schema.Field) *schema.Field {
	if old != nil {
		if f := old.Field(standard.Name); f != nil && f.Type() == standard.Type() {
			return f.Clone()
		}
	}
	return standard
}
