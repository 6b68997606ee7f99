// Validation of fields: the list as a whole, each field by its kind, relations, and the allowed
// changes of a stored field.

package alter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/check"
)

// fields validates the list as a whole, then each field, then each field against the stored one.
// After duplicates it stops, since positions would be ambiguous.
func (v *validation) fields() {
	if v.duplicates() {
		return
	}
	if fail := v.missing(); fail != nil {
		v.fails.Set(fail, "fields")
		return
	}
	for i, f := range v.c.Fields {
		for option, fail := range v.field(f) {
			v.fails.Set(fail, "fields", fault.Index(i), option)
		}
	}
	if v.Old != nil && !v.c.IsView() {
		v.changedFields()
	}
}

// duplicates reports fields that share an id, or a name in any letter case.
func (v *validation) duplicates() bool {
	ids, names := map[string]bool{}, map[string]bool{}
	found := false
	for i, f := range v.c.Fields {
		name := strings.ToLower(f.Name)
		switch {
		case ids[f.ID]:
			v.fails.Set(fault.Leaf("validation_duplicated_field_id",
				fmt.Sprintf("Duplicated or invalid field id %s", f.ID), "fieldId", f.ID), "fields", fault.Index(i), "id")
			found = true
		case names[name]:
			v.fails.Set(fault.Leaf("validation_duplicated_field_name",
				fmt.Sprintf("Duplicated or invalid field name %s", f.Name), "fieldName", f.Name), "fields", fault.Index(i), "name")
			found = true
		}
		ids[f.ID], names[name] = true, true
	}
	return found
}

// missing returns the failure of a list without the id, without a field of every auth collection,
// or without a system field of the stored collection.
func (v *validation) missing() *fault.Field {
	if v.c.View != nil && v.c.View.Broken != nil && v.c.Field("id") != nil || len(v.c.Fields) == 0 {
		return check.Blank()
	}
	if id := v.c.Field("id"); id == nil || !id.IsID() {
		return fault.Leaf("validation_missing_primary_key", `Missing or invalid "id" PK field`)
	}
	if v.c.IsAuth() {
		for _, standard := range standard.AuthFields() {
			if f := v.c.Field(standard.Name); f == nil || f.Type() != standard.Type() {
				return fault.Leaf("validation_missing_"+standard.Name+"_field",
					fmt.Sprintf("System %q field is required", standard.Name))
			}
		}
	}
	if v.Old == nil || v.c.IsView() {
		return nil
	}
	for _, was := range v.Old.Fields {
		if is := v.c.FieldByID(was.ID); was.System && (is == nil || is.Name != was.Name) {
			return fault.Leaf("validation_system_field_change", "System fields cannot be deleted or renamed")
		}
	}
	return nil
}

// field validates the common properties of a field, then the options of its kind.
func (v *validation) field(f *schema.Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.First(check.Filled(f.ID), check.Length(f.ID, 1, 100)), "id")
	fails.Set(v.fieldName(f.Name), "name")
	fails.Set(check.Length(f.Help, 1, 300), "help")
	for option, fail := range f.Kind.Check(f) {
		fails.Set(fail, option)
	}
	if f.IsID() && slices.ContainsFunc(v.c.Fields, func(other *schema.Field) bool { return other != f && other.IsID() }) {
		fails.Set(fault.Leaf("validation_unsupported_composite_pk", "Composite PKs are not supported and the collection must have only 1 PK"), "primaryKey")
	}
	if r, ok := f.Kind.(*schema.Relation); ok {
		fails.Set(v.relation(f, r), "collectionId")
	}
	return fails
}

// fieldName validates a name: its form, and that it is not reserved by an engine or for a key of
// a record's JSON.
func (v *validation) fieldName(name string) *fault.Field {
	if fail := check.First(check.Filled(name), check.NameLength(name), check.Word(name)); fail != nil {
		return fail
	}
	if slices.Contains([]string{"null", "true", "false", "collectionId", "collectionName", "expand",
		"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}, name) || strings.EqualFold(name, "_rowid_") {
		return fault.Leaf("validation_not_in_invalid", "Must not be in list")
	}
	if v.c.IsAuth() && (name == "passwordConfirm" || name == "oldPassword") {
		return fault.Leaf("validation_reserved_field_name", "The field name is reserved and cannot be used")
	}
	return via(name)
}

// relation validates the target of a relation: it must exist, must not change, and may be a view
// only if the collection is a view.
func (v *validation) relation(f *schema.Field, r *schema.Relation) *fault.Field {
	if v.Old != nil && !v.c.IsView() {
		if was := v.Old.FieldByID(f.ID); was != nil {
			if old, ok := was.Kind.(*schema.Relation); ok && old.CollectionID != r.CollectionID {
				return fault.Leaf("validation_field_relation_change", "The relation collection cannot be changed")
			}
		}
	}
	if r.CollectionID == v.c.ID {
		return nil
	}
	target := v.Snapshot.ByID(r.CollectionID)
	if target == nil {
		return fault.Leaf("validation_field_relation_missing_collection", "The relation collection doesn't exist")
	}
	if target.IsView() && !v.c.IsView() {
		return fault.Leaf("validation_relation_field_non_view_base_collection",
			"Non view collections are not allowed to have a view relation")
	}
	return nil
}

// changedFields validates each field against the stored field with the same id. A change of kind
// needs Convert, and kinds that can be converted.
func (v *validation) changedFields() {
	for i, f := range v.c.Fields {
		was := v.Old.FieldByID(f.ID)
		switch {
		case was == nil:
		case was.Type() != f.Type():
			if was.System || !v.Convert || !convertible(was.Kind, f.Kind) {
				v.fails.Set(fault.Leaf("validation_field_type_change", "Field type cannot be changed"), "fields", fault.Index(i))
			}
		case was.System:
			v.systemDates(i, f, was)
		}
	}
}

// systemDates forbids changes of onCreate and onUpdate of a system autodate.
func (v *validation) systemDates(i int, f, was *schema.Field) {
	is, ok := f.Kind.(*schema.Autodate)
	if !ok {
		return
	}
	stored := was.Kind.(*schema.Autodate)
	changed := fault.Leaf("validation_values_mismatch", "Values don't match")
	if is.OnCreate != stored.OnCreate {
		v.fails.Set(changed, "fields", fault.Index(i), "onCreate")
	}
	if is.OnUpdate != stored.OnUpdate {
		v.fails.Set(changed, "fields", fault.Index(i), "onUpdate")
	}
}
