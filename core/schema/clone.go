// Copies of collections for drafts, their API rules, and a walk over all their expressions.

package schema

import "slices"

// Clone is a draft of the collection that shares nothing with it.
func (c *Collection) Clone() *Collection {
	d := *c
	// What NewSnapshot has computed is not true of a draft any more.
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
	Name string   // on the wire: "listRule" …
	Text **string // the place of it in the collection
}

// Rules are the API rules of the collection, in the order of the wire. They point into
// it: to write through Text changes the collection.
func (c *Collection) Rules() []Rule {
	return []Rule{
		{"listRule", &c.ListRule}, {"viewRule", &c.ViewRule}, {"createRule", &c.CreateRule},
		{"updateRule", &c.UpdateRule}, {"deleteRule", &c.DeleteRule},
	}
}

// MapRules gives every expression of the collection, none of them empty, to fn and
// replaces it by what fn returns. Properties are named as on the wire. The
// collection is a draft.
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

// Clone is a copy of the field that shares nothing with it.
func (f *Field) Clone() *Field {
	d := *f
	d.Kind = f.Kind.clone()
	return &d
}

// FieldByID is the field with that id, nil if there is none.
func (c *Collection) FieldByID(id string) *Field {
	if i := slices.IndexFunc(c.Fields, func(f *Field) bool { return f.ID == id }); i >= 0 {
		return c.Fields[i]
	}
	return nil
}

// EqualRules says whether two rules are the same.
func EqualRules(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
