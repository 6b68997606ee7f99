// Renamed fields within their collection: its indexes, identity fields and OAuth2 mappings are
// updated. Views are updated in renameviews.go, rules in package collection.

package alter

import (
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/schema"
)

// followRenames updates the indexes and options of c for renamed fields, if they are unchanged in
// the draft. Properties in said were submitted with the new names and are not changed.
func followRenames(c, old *schema.Collection, said map[string]json.RawMessage) {
	renamed := map[string]string{}
	for _, was := range old.Fields {
		if is := c.FieldByID(was.ID); is != nil && is.Name != was.Name {
			renamed[was.Name] = is.Name
		}
	}
	if len(renamed) == 0 {
		return
	}
	for i, text := range c.Indexes {
		if said["indexes"] != nil || !slices.Contains(old.Indexes, text) {
			continue
		}
		if ix, err := sqlindex.Parse(text); err == nil && sqlindex.RenameColumns(&ix, renamed) {
			c.Indexes[i] = ix.String()
		}
	}
	if c.Auth != nil && old.Auth != nil {
		followRenamesInAuth(c.Auth, old.Auth, renamed, said)
	}
}

// followRenamesInAuth is followRenames for the options of an auth collection.
func followRenamesInAuth(o, old *schema.AuthOptions, renamed map[string]string, said map[string]json.RawMessage) {
	if said["passwordAuth"] == nil && slices.Equal(o.PasswordAuth.IdentityFields, old.PasswordAuth.IdentityFields) {
		for i, name := range o.PasswordAuth.IdentityFields {
			if is, ok := renamed[name]; ok {
				o.PasswordAuth.IdentityFields[i] = is
			}
		}
	}
	if is, ok := renamed[o.LanguageField]; ok && said["languageField"] == nil {
		o.LanguageField = is
	}
	if said["oauth2"] != nil || o.OAuth2.MappedFields != old.OAuth2.MappedFields {
		return
	}
	for _, name := range o.OAuth2.MappedFields.All() {
		if is, ok := renamed[*name]; ok {
			*name = is
		}
	}
}
