// Import of collections: the rows of PocketBase's _collections become definitions, which are
// completed and made safe.

package pocketbase

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// definition is a collection of the source with the table of its records; table is nil if it is
// missing.
type definition struct {
	collection *schema.Collection
	table      *table
}

// definitions returns all collections in the order of their creation. A database of another
// program, or of PocketBase before 0.23, is an error that says so.
func (m *move) definitions(s *tables) ([]*definition, error) {
	table := s.find("_collections")
	// PocketBase before 0.23 kept its superusers in _admins and the fields of collections in a
	// column schema.
	if s.find("_admins") != nil || table != nil && table.column("schema") >= 0 && table.column("fields") < 0 {
		return nil, errOld
	}
	if table == nil || s.find("_params") == nil || s.find("_migrations") == nil {
		return nil, errNotPocketBase
	}
	for _, name := range []string{"id", "type", "name", "fields", "indexes", "options"} {
		if table.column(name) < 0 {
			return nil, fmt.Errorf("this is not a database of PocketBase: _collections has no column %s", name)
		}
	}
	rows, err := s.all(table)
	if err != nil {
		return nil, unreadable(err)
	}
	defer rows.Close()
	var list []*definition
	names := map[string]string{}
	for rows.Next() {
		d, err := m.definition(s, row{rows, table})
		if err != nil {
			return nil, err
		}
		c := d.collection
		// The source's constraints and letter case are not relied on: the file may be damaged or
		// made by hand.
		for _, name := range []string{"id " + c.ID, "name " + strings.ToLower(c.Name)} {
			if other, ok := names[name]; ok {
				return nil, fmt.Errorf("the collections %s and %s have the same %s", other, c.Name, strings.Fields(name)[0])
			}
			names[name] = c.Name
		}
		list = append(list, d)
	}
	if err := rows.Close(); err != nil {
		return nil, unreadable(err)
	}
	return list, nil
}

// row reads columns of the current row by name. A column that does not exist is NULL.
type row struct {
	store.Rows
	table *table
}

func (r row) text(column string) string {
	if i := r.table.column(column); i >= 0 {
		return r.Text(i)
	}
	return ""
}

// rule returns a rule column; nil for NULL.
func (r row) rule(column string) *string {
	i := r.table.column(column)
	if i < 0 || r.Kind(i) == store.KindNull {
		return nil
	}
	rule := r.Text(i)
	return &rule
}

// json returns a column with JSON text, or the empty document.
func (r row) json(column, empty string) []byte {
	if text := r.text(column); text != "" && text != "null" {
		return []byte(text)
	}
	return []byte(empty)
}

// definition makes a collection from the current row, amends it (alter.Amend) and reports the
// amendments.
func (m *move) definition(s *tables, r row) (*definition, error) {
	c := &schema.Collection{
		ID: r.text("id"), Type: r.text("type"), Name: r.text("name"), System: truth(r.text("system")),
		ListRule: r.rule("listRule"), ViewRule: r.rule("viewRule"), CreateRule: r.rule("createRule"),
		UpdateRule: r.rule("updateRule"), DeleteRule: r.rule("deleteRule"),
		Created: date(r.text("created")), Updated: date(r.text("updated")),
	}
	if err := possible(c); err != nil {
		return nil, err
	}
	fields := m.fieldsOf(c.Name, r.json("fields", "[]"))
	if err := c.LoadJSON(fields, r.json("indexes", "[]"), r.json("options", "{}")); err != nil {
		return nil, err
	}
	if err := m.protect(c); err != nil {
		return nil, err
	}
	d := &definition{collection: c}
	var indexes []string
	if !c.IsView() {
		if d.table = s.find(c.Name); d.table != nil {
			indexes = d.table.indexes
		}
	}
	for _, text := range alter.Amend(c, indexes) {
		m.report.note(adjusted, c.Name, "%s", text)
	}
	return d, nil
}

// possible returns an error for a collection that no installation can have, or whose id could lead
// out of its folder.
func possible(c *schema.Collection) error {
	switch {
	case c.Name == "" || c.ID == "":
		return fmt.Errorf("a collection without a name or an id: %q, %q", c.Name, c.ID)
	case c.Type != schema.Base && c.Type != schema.Auth && c.Type != schema.View:
		return fmt.Errorf("the collection %s is of the unknown type %q", c.Name, c.Type)
	case strings.ContainsAny(c.ID, "/\\\x00") || c.ID == "." || c.ID == "..":
		return refuse(c.ID, "is the id of the collection "+c.Name+" and cannot be the name of a folder")
	case strings.ContainsRune(c.Name, 0):
		return refuse(c.Name, "is no name of a collection")
	}
	if alter.IsReservedName(c.Name) {
		return fmt.Errorf("a collection cannot be called %s: the server or its database uses that name itself", c.Name)
	}
	return nil
}

// fieldsOf returns the list of fields without fields of unknown types, which extensions of
// PocketBase may add. These are reported; their columns are kept.
func (m *move) fieldsOf(collection string, list []byte) []byte {
	var items []json.RawMessage
	if json.Unmarshal(list, &items) != nil {
		return list // a later reader of the list returns the error
	}
	readable := []json.RawMessage{}
	for _, item := range items {
		var field schema.Field
		if err := json.Unmarshal(item, &field); err != nil {
			var named struct{ Name, Type string }
			_ = json.Unmarshal(item, &named) // as far as it can be decoded
			m.report.note(adjusted, collection, "the field %s of the type %q is not known here; its column is kept without a field", named.Name, named.Type)
			continue
		}
		readable = append(readable, item)
	}
	out, err := json.Marshal(readable)
	if err != nil {
		return list
	}
	return out
}

// truth returns the value of a boolean of SQLite.
func truth(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// date returns a date in its stored form, and any other text unchanged.
func date(s string) string {
	if t, ok := schema.ParseTime(s); ok {
		return schema.FormatTime(t)
	}
	return s
}
