// Copies of collections for drafts, their API rules, and a walk over all their expressions.

package schema

import "slices"

// Clone returns a draft of the collection, as a deep copy.
func (c *Collection) Clone() *Collection {
	d := *c
	// The data that NewSnapshot has computed is not valid for a draft.
	d.byName, d.indexes, d.sorted, d.Warnings = nil, nil, nil, nil
	d.Fields = make([]*Field, len(c.Fields))
	for i, f := range c.Fields {
		d.Fields[i] = f.Clone()
	}
	d.Indexes = slices.Clone(c.Indexes)
	for _, rule := range d.Rules() {
		*rule.Text = clonePointer(*rule.Text)
	}
	if c.Auth != nil {
		d.Auth = c.Auth.Clone()
	}
	if c.View != nil {
		d.View = clonePointer(c.View)
	}
	return &d
}

// Rule is one of the five API rules of a collection.
type Rule struct {
	Name string   // in JSON: "listRule" …
	Text **string // points to the rule in the collection
}

// Rules returns the API rules of the collection, in the order of the wire format. Writing through
// Text changes the collection.
func (c *Collection) Rules() []Rule {
	return []Rule{
		{"listRule", &c.ListRule}, {"viewRule", &c.ViewRule}, {"createRule", &c.CreateRule},
		{"updateRule", &c.UpdateRule}, {"deleteRule", &c.DeleteRule},
	}
}

// MapRules calls fn for every non-empty expression of the collection and replaces it by the
// result. Properties have their names in JSON. The collection must be a draft.
func (c *Collection) MapRules(fn func(property, text string) string) {
	replace := func(property string, rule **string) {
		if *rule != nil && **rule != "" {
			text := fn(property, **rule)
			*rule = &text
		}
	}
	for _, r := range c.Rules() {
		replace(r.Name, r.Text)
	}
	if c.Auth == nil {
		return
	}
	replace("authRule", &c.Auth.AuthRule)
	replace("manageRule", &c.Auth.ManageRule)
	if c.Auth.MFA.Rule != "" {
		c.Auth.MFA.Rule = fn("mfa.rule", c.Auth.MFA.Rule)
	}
}

// Clone returns a deep copy of the field.
func (f *Field) Clone() *Field {
	d := *f
	d.Kind = f.Kind.clone()
	return &d
}

// FieldByID returns the field with the id, nil if there is none.
func (c *Collection) FieldByID(id string) *Field {
	if i := slices.IndexFunc(c.Fields, func(f *Field) bool { return f.ID == id }); i >= 0 {
		return c.Fields[i]
	}
	return nil
}

// EqualRules reports whether two rules are equal.
func EqualRules(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
