// The JSON of collections and fields for clients, without secrets.

package schema

import (
	"encoding/json"
	"fmt"
)

// wireCollection is the JSON of a collection for clients, in the order of its keys.
type wireCollection struct {
	ID         string   `json:"id"`
	ListRule   *string  `json:"listRule"`
	ViewRule   *string  `json:"viewRule"`
	CreateRule *string  `json:"createRule"`
	UpdateRule *string  `json:"updateRule"`
	DeleteRule *string  `json:"deleteRule"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Fields     []*Field `json:"fields"`
	Indexes    []string `json:"indexes"`
	Created    string   `json:"created"`
	Updated    string   `json:"updated"`
	System     bool     `json:"system"`
	*AuthOptions
	*ViewOptions
	GraphQL  *GraphQLOptions `json:"graphql,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
}

// MarshalJSON writes the collection for clients, without secrets.
func (c *Collection) MarshalJSON() ([]byte, error) {
	w := wireCollection{
		ID: c.ID, ListRule: c.ListRule, ViewRule: c.ViewRule, CreateRule: c.CreateRule,
		UpdateRule: c.UpdateRule, DeleteRule: c.DeleteRule, Name: c.Name, Type: c.Type,
		Fields: c.Fields, Indexes: c.Indexes, Created: c.Created, Updated: c.Updated, System: c.System,
		ViewOptions: c.View, Warnings: c.Warnings,
	}
	if name := c.GraphQL.TypeName; name != "" && name != typeName(c.Name) { // otherwise it is redundant
		w.GraphQL = &c.GraphQL
	}
	// Clients expect lists, not null.
	if w.Fields == nil {
		w.Fields = []*Field{}
	}
	if w.Indexes == nil {
		w.Indexes = []string{}
	}
	if c.Auth != nil {
		// Embedded: the options are properties of the collection, not in a separate object.
		w.AuthOptions = c.Auth.public()
	}
	return Marshal(w)
}

// wireField has the common properties of all fields.
type wireField struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	System      bool   `json:"system"`
	Hidden      bool   `json:"hidden"`
	Presentable bool   `json:"presentable"`
	Required    bool   `json:"required"`
	Help        string `json:"help"`
}

// MarshalJSON writes the field with its options, the keys in alphabetical order.
func (f *Field) MarshalJSON() ([]byte, error) {
	merged := map[string]json.RawMessage{} // maps are written in the order of their keys
	for _, part := range []any{f.Kind, wireField{f.ID, f.Name, f.Type(), f.System, f.Hidden, f.Presentable, f.Required, f.Help}} {
		raw, err := Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if err := json.Unmarshal(raw, &merged); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	if _, ok := f.Kind.(*Autodate); ok {
		// Wire: autodate fields do not have these properties.
		delete(merged, "required")
		delete(merged, "help")
	}
	return Marshal(merged)
}

// UnmarshalJSON decodes a field. An unknown type is an error, an unknown option is ignored, a
// missing option gets its zero value.
func (f *Field) UnmarshalJSON(body []byte) error {
	var w wireField
	if err := json.Unmarshal(body, &w); err != nil {
		return err
	}
	kind, err := newKind(w.Type)
	if err != nil {
		return err
	}
	// Properties and options are in one object, so it is decoded twice.
	if err := json.Unmarshal(body, kind); err != nil {
		return err
	}
	switch k := kind.(type) {
	case *Date:
		k.normalize()
	case *Autodate:
		w.Required, w.Help = false, ""
	}
	*f = Field{ID: w.ID, Name: w.Name, System: w.System, Hidden: w.Hidden,
		Presentable: w.Presentable, Required: w.Required, Help: w.Help, Kind: kind}
	return nil
}
