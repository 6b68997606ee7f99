package schema

import (
	"hash/crc32"
	"slices"
	"strconv"
)

func checksum(s string) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(s))), 10)
}

// collectionID is the id of a collection that was submitted without one.
func collectionID(kind, name string, taken func(id string) bool) string {
	return firstFree("pbc_"+checksum(kind+name), taken)
}

// fieldID is the id of a field that was submitted without one.
func fieldID(kind, name string, taken func(id string) bool) string {
	return firstFree(kind+checksum(name), taken)
}

func firstFree(id string, taken func(string) bool) string {
	if !taken(id) {
		return id
	}
	for n := 2; ; n++ {
		if next := id + strconv.Itoa(n); !taken(next) {
			return next
		}
	}
}

func none(string) bool { return false }

// systemField is a field that the collections of a type always have.
func systemField(name string, kind Kind) *Field {
	return &Field{ID: fieldID(kind.Type(), name, none), Name: name, System: true, Kind: kind}
}

// idField is the primary key as a new collection gets it.
func idField() *Field {
	f := systemField("id", &Text{Min: IDLength, Max: IDLength, Pattern: IDPattern,
		AutogeneratePattern: IDGenerate, PrimaryKey: true})
	f.Required = true
	return f
}

// authFields are the fields that every auth collection has besides the id.
func authFields() []*Field {
	password := systemField("password", &Password{Min: 8})
	password.Hidden, password.Required = true, true
	tokenKey := systemField("tokenKey", &Text{Min: 30, Max: 60, AutogeneratePattern: `[a-zA-Z0-9]{50}`})
	tokenKey.Hidden, tokenKey.Required = true, true
	email := systemField("email", &Email{})
	email.Required = true
	return []*Field{password, tokenKey, email,
		systemField("emailVisibility", &Bool{}), systemField("verified", &Bool{})}
}

// setSystemFields adds the system fields that are missing, those of old before
// new ones, and forces the flags of those that are there. A field of another
// type under such a name is left to Validate.
func (c *Collection) setSystemFields(old *Collection) {
	if c.Field("id") == nil {
		c.Fields = slices.Insert(c.Fields, 0, storedOr(old, idField()))
	}
	if id := c.Field("id"); id.Type() == "text" {
		id.System, id.Required, id.Hidden = true, true, false
		key := id.Kind.(*Text)
		key.PrimaryKey = true
		if key.Pattern == "" {
			key.Pattern = IDPattern
		}
	}
	if !c.IsAuth() {
		return
	}
	for _, standard := range authFields() {
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

// storedOr is a copy of old's field of the same name and type, else the standard.
func storedOr(old *Collection, standard *Field) *Field {
	if old != nil {
		if f := old.Field(standard.Name); f != nil && f.Type() == standard.Type() {
			return f.clone()
		}
	}
	return standard
}
