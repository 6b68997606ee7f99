// Modifiers in the keys of a body: field+, field-, +field, field:autogenerate.

package record

import (
	"math"
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// modifier is the operation of a key of a body on the field that the key names
// (docs/wire/records.md §3.16).
type modifier uint8

const (
	replace  modifier = iota // name
	add                      // name+: append, add
	prepend                  // +name
	subtract                 // name-: remove, subtract
	generate                 // name:autogenerate
)

// target returns the position of the field that the key of a body addresses, and the
// modifier in the key. ok is false for a key that addresses no field.
func target(c *schema.Collection, key string) (field int, m modifier, ok bool) {
	if i := c.FieldIndex(key); i >= 0 {
		return i, replace, true
	}
	name, m := cutModifier(key)
	if m == replace {
		return 0, 0, false
	}
	i := c.FieldIndex(name)
	return i, m, i >= 0 && takes(c.Fields[i], m)
}

// cutModifier splits a key of a body into a name and its modifier; without a modifier, m is
// replace.
func cutModifier(key string) (name string, m modifier) {
	if name, ok := strings.CutSuffix(key, "+"); ok {
		return name, add
	}
	if name, ok := strings.CutSuffix(key, "-"); ok {
		return name, subtract
	}
	if name, ok := strings.CutPrefix(key, "+"); ok {
		return name, prepend
	}
	if name, ok := strings.CutSuffix(key, ":autogenerate"); ok {
		return name, generate
	}
	return key, replace
}

// takes reports whether fields of that kind have the modifier.
func takes(f *schema.Field, m modifier) bool {
	switch f.Kind.Class() {
	case schema.ClassNumber:
		return m == add || m == subtract
	case schema.ClassChoice:
		return m != generate
	}
	_, isText := f.Kind.(*schema.Text)
	return isText && m == generate
}

// apply returns the value of the field after the assignment; old is the value before.
func (a *assignment) apply(f *schema.Field, old any) any {
	if a.modifier == replace {
		return f.Kind.Cast(a.value)
	}
	if f.Kind.Class() == schema.ClassNumber {
		before, _ := old.(float64)
		delta, _ := f.Kind.Cast(a.value).(float64)
		if a.modifier == subtract {
			delta = -delta
		}
		after := before + delta
		if math.Abs(after) >= 1<<53 && delta == math.Trunc(delta) && after-before != delta {
			return math.NaN() // digits would be lost: Validate refuses NaN
		}
		return after
	}
	list, items := choices(old), castChoices(a.value)
	switch a.modifier {
	case add:
		list = slices.Concat(list, items)
	case prepend:
		list = slices.Concat(items, list)
	case subtract:
		list = without(list, items)
	}
	return f.Kind.Cast(list)
}

// choices returns the value of a select, file or relation field as a list.
func choices(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		if v != "" {
			return []string{v}
		}
	}
	return nil
}

// castChoices returns v as a list, even for a field that holds a single choice: a list of items to
// remove counts as a whole, not only its last item.
func castChoices(v any) []string {
	list, _ := (&schema.Select{MaxSelect: 2}).Cast(v).([]string)
	return list
}

// without returns the items of list that are not in items, as a new list.
func without(list, items []string) []string {
	kept := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(items, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
