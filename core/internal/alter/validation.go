// The context and state of a validation, and the checks that its parts share.

package alter

import (
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// ValidationContext has the state against which a collection is validated.
type ValidationContext struct {
	Old      *schema.Collection // the stored collection; nil for a new one
	Snapshot *schema.Snapshot   // the collections after the change, with or without the validated one
	// Names are the names in use: every table, view and index of the database except the tables
	// of collections, and the indexes of the collections under validation.
	Names   []store.CatalogName
	Convert bool // fields may change to another kind

	// Rule checks a rule of the collection against its new fields.
	Rule func(c *schema.Collection, rule string) error

	// WasBroken reports whether a stored rule of Old cannot be resolved, since a name in it no
	// longer exists: such a rule denies everybody and may be saved again. Nil: no rule is broken.
	WasBroken func(rule string) bool
}

// validation collects the failures of one collection.
type validation struct {
	ValidationContext
	c     *schema.Collection
	fails fault.Fields
}

// via refuses names that contain _via_, which paths use for back relations.
func via(name string) *fault.Field {
	if strings.Contains(strings.ToLower(name), "_via_") {
		return fault.Leaf("validation_found_via", `The value cannot contain "_via_"`)
	}
	return nil
}

// systemRuleChange returns the failure of a changed rule of a system collection.
func systemRuleChange() *fault.Field {
	return fault.Leaf("validation_collection_system_rule_change", "System collection API rule cannot be changed")
}

// isStoredBroken reports whether the rule is equal to a stored rule that could not be resolved
// before the change either.
func (v *validation) isStoredBroken(rule string) bool {
	if v.Old == nil || v.WasBroken == nil {
		return false
	}
	stored := false
	v.Old.Clone().MapRules(func(_, text string) string {
		stored = stored || text == rule
		return text
	})
	return stored && v.WasBroken(rule)
}

// rule validates an expression. nil (superusers only) and "" (everybody) are always valid.
func (v *validation) rule(rule *string) *fault.Field {
	if rule == nil || *rule == "" {
		return nil
	}
	if err := v.Rule(v.c, *rule); err != nil && !v.isStoredBroken(*rule) {
		return fault.Leaf("validation_invalid_rule", "Invalid rule. Raw error: "+err.Error())
	}
	return nil
}
