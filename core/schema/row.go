// The stored form of a collection: JSON columns of the table _collections.

package schema

import (
	"encoding/json"
	"fmt"
)

// The parts of a collection that its row in _collections has as JSON.

// FieldsJSON returns the stored form of the fields.
func (c *Collection) FieldsJSON() ([]byte, error) { return json.Marshal(c.Fields) }

// IndexesJSON returns the stored form of the indexes.
func (c *Collection) IndexesJSON() ([]byte, error) { return json.Marshal(c.Indexes) }

// StoredOptions are the options of a collection in the form of its row.
type StoredOptions struct {
	*AuthOptions
	*ViewOptions
	GraphQL *GraphQLOptions `json:"graphql,omitempty"`
}

// StoredOptions returns the options. They are those of the collection, not copies.
func (c *Collection) StoredOptions() StoredOptions {
	o := StoredOptions{AuthOptions: c.Auth, ViewOptions: c.View}
	if c.GraphQL.TypeName != "" {
		o.GraphQL = &c.GraphQL
	}
	return o
}

// OptionsJSON returns the stored form of the options. It has the secrets that MarshalJSON leaves
// out.
func (c *Collection) OptionsJSON() ([]byte, error) { return json.Marshal(c.StoredOptions()) }

// LoadJSON sets fields, indexes and options from their stored form. Type must be set. Options
// that an older version did not store get their defaults.
func (c *Collection) LoadJSON(fields, indexes, options []byte) error {
	if err := json.Unmarshal(fields, &c.Fields); err != nil {
		return fmt.Errorf("collection %s: fields: %w", c.Name, err)
	}
	if err := json.Unmarshal(indexes, &c.Indexes); err != nil {
		return fmt.Errorf("collection %s: indexes: %w", c.Name, err)
	}
	switch c.Type {
	case Auth:
		// These are the defaults of options that an older version did not store.
		c.Auth = NewAuthOptions(c.Name)
	case View:
		c.View = &ViewOptions{}
	}
	err := json.Unmarshal(options, &StoredOptions{c.Auth, c.View, &c.GraphQL})
	if err != nil {
		return fmt.Errorf("collection %s: options: %w", c.Name, err)
	}
	return nil
}
