// Validation of a collection: id, type, name, rules and indexes, with the codes of the wire
// format. Fields, auth options and views have separate files.

package alter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/check"
)

// Validate returns the first failure of each property of a collection (docs/wire/records.md
// §2.5); empty if it is valid. It changes nothing.
func Validate(c *schema.Collection, s ValidationContext) fault.Fields {
	v := validation{c: c, ValidationContext: s, fails: fault.Fields{}}
	// Each check sets the first failure of its property; later failures do not replace it.
	v.fails.Set(v.id(), "id")
	v.fails.Set(v.system(), "system")
	v.fails.Set(v.kind(), "type")
	v.fails.Set(v.name(), "name")
	v.fails.Set(v.typeName(), "graphql", "typeName")
	v.fields()
	if c.IsView() {
		v.view()
	} else {
		v.indexes()
	}
	for _, r := range c.Rules() {
		v.apiRule(r)
	}
	if c.Auth != nil {
		v.auth()
	}
	return v.fails
}

// id validates the id of a new collection.
func (v *validation) id() *fault.Field {
	if v.Old != nil {
		return nil
	}
	if fail := check.First(check.Filled(v.c.ID), check.Length(v.c.ID, 1, 100), check.Word(v.c.ID)); fail != nil {
		return fail
	}
	// A collection may be referred to by its id instead of its name, and ids are looked up first:
	// an id that is the name of another collection would hide it.
	if slices.ContainsFunc(v.Snapshot.All(), func(o *schema.Collection) bool {
		return o != v.c && (o.ID == v.c.ID || strings.EqualFold(o.Name, v.c.ID))
	}) {
		return fault.Leaf("validation_invalid_or_existing_id", "The model id is invalid or already exists")
	}
	return nil
}

// system forbids a change of the system flag.
func (v *validation) system() *fault.Field {
	if v.Old != nil && v.Old.System != v.c.System {
		return fault.Leaf("validation_collection_system_flag_change", "System collection state cannot be changed")
	}
	return nil
}

// kind validates the type, which cannot be changed.
func (v *validation) kind() *fault.Field {
	if v.c.Type != schema.Base && v.c.Type != schema.Auth && v.c.Type != schema.View {
		return fault.Leaf("validation_in_invalid", "Must be a valid value")
	}
	if v.Old != nil && v.Old.Type != v.c.Type {
		return fault.Leaf("validation_collection_type_change", "Collection type cannot be changed")
	}
	return nil
}

// typePattern matches names of GraphQL types.
var typePattern = regexp.MustCompile(`^(_?[A-Za-z][0-9A-Za-z_]*|_[0-9A-Za-z]*)$`)

// typeName validates the name of the GraphQL type: its form, and that it is not in use.
func (v *validation) typeName() *fault.Field {
	name := v.c.GraphQL.TypeName
	switch {
	case name == "":
		return nil
	case len(name) > 255 || !typePattern.MatchString(name):
		return fault.Leaf("validation_match_invalid", "Must be in a valid format")
	case schema.ReservedTypeName(name) || slices.ContainsFunc(v.Snapshot.All(), func(o *schema.Collection) bool {
		return o != v.c && o.GraphQL.TypeName == name
	}):
		return fault.Leaf("validation_not_unique", "Value must be unique")
	}
	return nil
}

// name validates the name: its form, that no other collection has it in any letter case, and that
// the database does not use it.
func (v *validation) name() *fault.Field {
	name := v.c.Name
	if fail := check.First(check.Filled(name), check.NameLength(name), via(name), check.Word(name)); fail != nil {
		return fail
	}
	// The stored name is not checked again, so that a collection of an older version can be
	// saved.
	if v.Old != nil && v.Old.Name == name {
		return nil
	}
	if v.Old != nil && v.Old.System {
		return fault.Leaf("validation_collection_system_name_change", "System collection name cannot be changed")
	}
	for _, other := range v.Snapshot.All() {
		if other.ID == v.c.ID {
			continue
		}
		if strings.EqualFold(other.Name, name) {
			return fault.Leaf("validation_collection_name_exists", "Collection name must be unique (case insensitive)")
		}
		if other.ID == name {
			return fault.Leaf("validation_collection_name_id_duplicate", "The name must not match an existing collection id")
		}
	}
	if v.internal(name) {
		return fault.Leaf("validation_collection_name_invalid", "The name shouldn't match with an existing internal table")
	}
	return nil
}

// internal reports whether the database uses the name: for a table of the server, for an index,
// or as a reserved name.
func (v *validation) internal(name string) bool {
	return IsReservedName(name) || slices.ContainsFunc(v.Names, func(n store.CatalogName) bool { return strings.EqualFold(n.Name, name) })
}

// IsReservedName reports whether no collection may have the name, in any letter case, on any
// engine: tables of the server and of the engines, and functions of SQLite that a table of that
// name would hide from the server's own statements.
func IsReservedName(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"sqlite_", "pg_", "pragma_", "_loam_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	if version, ok := strings.CutPrefix(name, "fts"); ok && version != "" && version[0] >= '0' && version[0] <= '9' {
		return true
	}
	if slices.Contains(schema.InternalTables(), name) {
		return true
	}
	switch name {
	case "json_each", "json_tree", "jsonb_each", "jsonb_tree", "generate_series", "dbstat", "bytecode", "tables_used":
		return true
	}
	return false
}

// apiRule validates an API rule. Those of system collections cannot be changed.
func (v *validation) apiRule(r schema.Rule) {
	rule := *r.Text
	v.fails.Set(v.rule(rule), r.Name)
	if v.Old == nil || !v.Old.System {
		return
	}
	for _, old := range v.Old.Rules() {
		if old.Name == r.Name && !schema.EqualRules(*old.Text, rule) {
			v.fails.Set(systemRuleChange(), r.Name)
		}
	}
}

// indexes validates all indexes, and that unique indexes on system fields remain.
func (v *validation) indexes() {
	parsed := make([]store.Index, len(v.c.Indexes))
	for i, text := range v.c.Indexes {
		ix, err := sqlindex.Parse(text)
		if err != nil || v.newOddName(ix) {
			v.fails.Set(fault.Leaf("validation_invalid_index_expression", "Invalid CREATE INDEX expression"), "indexes", fault.Index(i))
			continue
		}
		v.fails.Set(v.index(ix, parsed[:i]), "indexes", fault.Index(i))
		parsed[i] = ix
	}
	if v.Old == nil {
		return
	}
	for _, was := range v.Old.ParsedIndexes() {
		if name := v.lostUnique(was, parsed); name != "" {
			v.fails.Set(fault.Leaf("validation_invalid_unique_system_field_index",
				fmt.Sprintf("Unique index definition on system fields (%s) is invalid or missing", name), "fieldName", name), "indexes")
		}
	}
}

// newOddName reports whether an index gets a name with quotes, brackets or white space. Imported
// indexes keep their names.
func (v *validation) newOddName(ix store.Index) bool {
	return strings.ContainsAny(ix.Name, "`\"'[]\t\r\n") && (v.Old == nil ||
		!slices.ContainsFunc(v.Old.ParsedIndexes(), func(was store.Index) bool { return was.Name == ix.Name }))
}

// newFunctions returns the forbidden functions that an index calls, without those that the stored
// index of the same name calls, too: stored indexes remain valid.
func (v *validation) newFunctions(ix store.Index) []string {
	names := sqlindex.ForbiddenFunctions(ix)
	if v.Old == nil || len(names) == 0 {
		return names
	}
	for _, was := range v.Old.ParsedIndexes() {
		if strings.EqualFold(was.Name, ix.Name) {
			stored := sqlindex.ForbiddenFunctions(was)
			names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(stored, name) })
		}
	}
	return names
}

// index validates one index against the indexes before it and those of other tables.
func (v *validation) index(ix store.Index, before []store.Index) *fault.Field {
	if fail := check.NameLength(ix.Name); fail != nil {
		return fail
	}
	if names := v.newFunctions(ix); len(names) > 0 {
		return fault.Leaf("validation_invalid_index_expression",
			fmt.Sprintf("Failed to create index %s - the function %s cannot be used in an index", ix.Name, names[0]))
	}
	for _, other := range before {
		if strings.EqualFold(other.Name, ix.Name) {
			return fault.Leaf("validation_duplicated_index_name", "The index name already exists")
		}
	}
	for _, n := range v.Names {
		// Indexes of all tables share one namespace in the database.
		own := strings.EqualFold(n.Table, v.c.Name)
		if n.Kind == "index" && strings.EqualFold(n.Name, ix.Name) && !own {
			return fault.Leaf("validation_existing_index_name",
				fmt.Sprintf("The index name is already used in %s collection", n.Table), "usedTableName", n.Table)
		}
	}
	for _, other := range before {
		if other.Name != "" && sqlindex.SameDefinition(other, ix) {
			return fault.Leaf("validation_duplicated_index_definition", "The index definition already exists")
		}
	}
	return nil
}

// lostUnique returns the system field that would lose its unique index was, since no new index is
// unique over the same columns; "" if there is none.
func (v *validation) lostUnique(was store.Index, now []store.Index) string {
	if !was.Unique || slices.ContainsFunc(now, func(ix store.Index) bool { return ix.Unique && sqlindex.SameColumns(ix, was) }) {
		return ""
	}
	for _, column := range was.Columns {
		if f := v.Old.Field(column.Name); f != nil && f.System {
			return f.Name
		}
	}
	return ""
}
