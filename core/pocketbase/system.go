// System collections of an import: they get the type, flag and rules of every installation,
// whatever the source has.

package pocketbase

import (
	"fmt"
	"strings"

	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

// protect restores type, flag and rules of a system collection and reports each difference.
// They cannot be changed later, and an open rule would let everybody become a superuser.
func (m *move) protect(c *schema.Collection) error {
	for _, own := range standard.SystemCollections(c.Created) {
		if !strings.EqualFold(own.Name, c.Name) {
			continue
		}
		if own.Name != c.Name || own.Type != c.Type {
			return fmt.Errorf("the collection %s of the type %s stands in the place of the system collection %s of the type %s",
				c.Name, c.Type, own.Name, own.Type)
		}
		if !c.System {
			m.report.note(adjusted, c.Name, "it was no system collection and is one now")
			c.System = true
		}
		theirs := c.Rules()
		for i, rule := range own.Rules() {
			m.protectRule(c.Name, rule.Name, theirs[i].Text, *rule.Text)
		}
		if own.Auth != nil && c.Auth != nil {
			m.protectRule(c.Name, "authRule", &c.Auth.AuthRule, own.Auth.AuthRule)
			m.protectRule(c.Name, "manageRule", &c.Auth.ManageRule, own.Auth.ManageRule)
		}
	}
	return nil
}

// protectRule restores one rule.
func (m *move) protectRule(collection, name string, rule **string, own *string) {
	if schema.EqualRules(*rule, own) {
		return
	}
	m.report.note(adjusted, collection, "the %s of a system collection was %s and is %s again", name, spelledRule(*rule), spelledRule(own))
	*rule = own
}

// spelledRule describes a rule in words.
func spelledRule(rule *string) string {
	if rule == nil {
		return "for superusers only"
	}
	return fmt.Sprintf("%q", *rule)
}
