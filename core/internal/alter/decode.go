// Package alter computes changes of collections: the drafts that bodies describe (decode), the
// effects of new names (indexes, options, queries of views), the validity of a draft (validate),
// and the DDL from one state of the tables to the next (steps).
//
// It only computes: package collection reads, writes and publishes.
package alter

import (
	"bytes"
	"encoding/json"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

const (
	typeUnreadable = "Failed to load the collection type data due to invalid formatting."
	bodyUnreadable = "Failed to load the submitted data due to invalid formatting."
)

// submitted has the properties in a body that collections of every type have. Options of auth
// collections and views are decoded into their own structs.
type submitted struct {
	ID         string
	ListRule   *string
	ViewRule   *string
	CreateRule *string
	UpdateRule *string
	DeleteRule *string
	Name       string
	Type       string
	Fields     *[]*schema.Field // nil: missing
	Indexes    *[]string
	Created    string
	System     bool
	GraphQL    schema.GraphQLOptions
}

// DecodeNew returns the collection that a create body describes: the defaults of its type, then
// the body, then the fields of every collection of the type. s has the ids in use, now is the
// time of creation. The result is a draft for Validate. The error for a body that cannot be
// decoded into a collection is a fault.Invalid.
func DecodeNew(body []byte, s *schema.Snapshot, now string) (*schema.Collection, error) {
	var head struct{ Type, Name string }
	if err := decodeFirst(body, &head); err != nil {
		return nil, fault.Wrap(fault.Invalid, typeUnreadable, err)
	}
	c := &schema.Collection{Name: head.Name, Type: head.Type, Created: now}
	if c.Type == "" {
		c.Type = schema.Base
	}
	// The defaults come first and the body is decoded over them, so that missing options keep
	// their defaults.
	if c.Type == schema.Auth {
		c.Auth = schema.NewAuthOptions(c.Name)
	}
	if c.IsView() {
		c.View = &schema.ViewOptions{}
	}
	if err := mergeBody(c, body, merging{}); err != nil {
		return nil, err
	}
	if c.ID == "" {
		c.ID = standard.CollectionID(c.Type, c.Name, func(id string) bool { return s.ByID(id) != nil })
	}
	c.Created = now
	standard.Complete(c, nil, now)
	return c, nil
}

// DecodeOver returns the stored collection with an update body merged over it: properties that
// the body does not have are kept, nested options are merged, lists are replaced. stored is not
// changed; the result is a draft for Validate. The error for a body that cannot be decoded is a
// fault.Invalid.
func DecodeOver(stored *schema.Collection, body []byte, now string) (*schema.Collection, error) {
	return merged(stored, body, merging{old: stored}, now)
}

// DecodeConverting is DecodeOver for a change that may convert fields to another kind: a field
// without an id is the stored field of the same name, of any kind.
func DecodeConverting(stored *schema.Collection, body []byte, now string) (*schema.Collection, error) {
	return merged(stored, body, merging{old: stored, convert: true}, now)
}

// DecodeImported is DecodeOver for a body from another installation: a field with an unknown id
// is the stored field of the same name and type (with convert, of the same name). Stored fields
// that the body does not have are kept, unless only is set; system fields are always kept.
func DecodeImported(stored *schema.Collection, body []byte, only, convert bool, now string) (*schema.Collection, error) {
	return merged(stored, body, merging{old: stored, convert: convert, imported: true, only: only}, now)
}

// merged clones the collection, merges the body over it and updates indexes and options for
// renamed fields.
func merged(c *schema.Collection, body []byte, m merging, now string) (*schema.Collection, error) {
	d := c.Clone()
	if err := mergeBody(d, body, m); err != nil {
		return nil, err
	}
	said := map[string]json.RawMessage{}
	// An import uses the new names everywhere. In an update, a text that is equal to the stored
	// text is updated for a rename.
	if m.imported {
		if err := decodeFirst(body, &said); err != nil {
			return nil, fault.Wrap(fault.Invalid, bodyUnreadable, err)
		}
	}
	followRenames(d, c, said)
	standard.Complete(d, c, now)
	return d, nil
}

// errOldForm returns the fault for an export of PocketBase before 0.23, whose fields would be
// ignored as unknown keys.
func errOldForm() error {
	return fault.New(fault.Invalid, "The collection is in the form of PocketBase before 0.23 (schema, options), "+
		"whose fields and options would be lost. Export it from a newer version.")
}

// isOldForm reports whether a body has fields or options under the keys of PocketBase
// before 0.23.
func isOldForm(body []byte) bool {
	var old struct{ Schema, Options json.RawMessage }
	if decodeFirst(body, &old) != nil {
		return false
	}
	holds := func(raw json.RawMessage, begin byte) bool { return len(raw) > 0 && raw[0] == begin && !empty(raw) }
	return holds(old.Schema, '[') || holds(old.Options, '{')
}

// mergeBody decodes the body over the draft c, in place.
func mergeBody(c *schema.Collection, body []byte, m merging) error {
	if isOldForm(body) {
		return errOldForm()
	}
	in := submitted{ID: c.ID, ListRule: c.ListRule, ViewRule: c.ViewRule, CreateRule: c.CreateRule,
		UpdateRule: c.UpdateRule, DeleteRule: c.DeleteRule, Name: c.Name, Type: c.Type,
		Created: c.Created, System: c.System, GraphQL: c.GraphQL}
	if err := decodeFirst(body, &in); err != nil {
		return fault.Wrap(fault.Invalid, bodyUnreadable, err)
	}
	if c.Auth != nil {
		if err := decodeFirst(body, c.Auth); err != nil {
			return fault.Wrap(fault.Invalid, bodyUnreadable, err)
		}
	}
	if c.View != nil {
		if err := decodeFirst(body, c.View); err != nil {
			return fault.Wrap(fault.Invalid, bodyUnreadable, err)
		}
	}
	c.ID, c.Name, c.System, c.GraphQL = in.ID, in.Name, in.System, in.GraphQL
	if in.Type != "" {
		c.Type = in.Type
	}
	c.ListRule, c.ViewRule, c.CreateRule = in.ListRule, in.ViewRule, in.CreateRule
	c.UpdateRule, c.DeleteRule = in.UpdateRule, in.DeleteRule
	if created := (&schema.Date{}).Cast(in.Created).(string); created != "" {
		c.Created = created // Wire: an update may overwrite the time of creation
	}
	if in.Indexes != nil {
		c.Indexes = *in.Indexes
	}
	if c.IsView() { // its fields are derived from its query
		return nil
	}
	if in.Fields == nil {
		if !m.only {
			return nil
		}
		in.Fields = new([]*schema.Field)
	}
	// null in the list of fields decodes as a field that is nil.
	for _, f := range *in.Fields {
		if f == nil {
			return fault.New(fault.Invalid, bodyUnreadable)
		}
	}
	c.Fields = m.buildFields(*in.Fields)
	if m.imported {
		c.Fields = append(c.Fields, m.left(c.Fields)...)
	}
	return nil
}

// decodeFirst decodes the first JSON value of the body. Text after it is ignored
// (docs/wire/records.md §1).
func decodeFirst(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(body)).Decode(into)
}
