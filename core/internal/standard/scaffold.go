// Scaffolds: the defaults of a new collection of each type, for consoles.

package standard

import (
	"github.com/loambase/loam/core/schema"
)

// Scaffolds returns a JSON object with a new collection of each type, by type: with the defaults,
// but without id and name.
func Scaffolds() ([]byte, error) {
	all := map[string]*schema.Collection{}
	for _, kind := range []string{schema.Base, schema.Auth, schema.View} {
		c := &schema.Collection{Type: kind, Indexes: []string{}}
		switch kind {
		case schema.Auth:
			c.Auth = schema.NewAuthOptions("")
			setSystemFields(c, nil)
			// The indexes need names that are unique in any case.
			c.ID = schema.RandomString(10, schema.AlphabetID)
			setAuthIndexes(c, foldCase)
			c.ID = ""
		case schema.View:
			c.View = &schema.ViewOptions{}
		default:
			setSystemFields(c, nil)
		}
		all[kind] = c
	}
	return schema.Marshal(all)
}
