package schema

import "encoding/json"

// Scaffolds are what a new collection of each type looks like, as JSON by type: no
// id, no name, and otherwise the defaults.
func Scaffolds() ([]byte, error) {
	all := map[string]*Collection{}
	for _, kind := range []string{Base, Auth, View} {
		c := &Collection{Type: kind, Indexes: []string{}}
		switch kind {
		case Auth:
			c.Auth = newAuthOptions("")
			c.setSystemFields(nil)
			// The indexes need names that no other ones have, whatever becomes of this.
			c.ID = RandomString(10, AlphabetID)
			c.setAuthIndexes()
			c.ID = ""
		case View:
			c.View = &ViewOptions{}
		default:
			c.setSystemFields(nil)
		}
		all[kind] = c
	}
	return json.Marshal(all)
}
