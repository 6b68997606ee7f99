package definition

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/loambase/loam/core/schema"
)

// Own returns the collections that are kept in files, sorted by name: all except system
// collections.
func Own(s *schema.Snapshot) []*schema.Collection {
	list := slices.DeleteFunc(slices.Clone(s.All()), func(c *schema.Collection) bool { return c.System })
	slices.SortFunc(list, func(a, b *schema.Collection) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Diff returns the differences between the collections of two snapshots, as a unified diff of
// their texts; empty if there is none.
func Diff(before, after *schema.Snapshot) ([]byte, error) {
	var out bytes.Buffer
	for _, c := range Own(before) {
		if after.ByID(c.ID) == nil {
			if err := diffOf(&out, c, nil); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range Own(after) {
		if err := diffOf(&out, before.ByID(c.ID), c); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func diffOf(out *bytes.Buffer, was, is *schema.Collection) error {
	var texts [2][]byte
	names := [2]string{"/dev/null", "/dev/null"}
	for i, c := range []*schema.Collection{was, is} {
		if c == nil {
			continue
		}
		text, err := Text(c, JSON)
		if err != nil {
			return err
		}
		texts[i], names[i] = text, []string{"a/", "b/"}[i]+FileName(c, JSON)
	}
	_, err := out.Write(diff.Diff(names[0], texts[0], names[1], texts[1]))
	return err
}

// Destructive returns a sentence for each part of a change that deletes or converts stored values,
// whether there are such values or not.
func Destructive(before, after *schema.Snapshot) (list []string) {
	for _, was := range Own(before) {
		is := after.ByID(was.ID)
		if is == nil {
			if !was.IsView() {
				list = append(list, "The collection "+was.Name+" is deleted.")
			}
			continue
		}
		if was.IsView() {
			continue
		}
		for _, f := range was.Fields {
			i := slices.IndexFunc(is.Fields, func(g *schema.Field) bool { return g.ID == f.ID })
			if i < 0 {
				list = append(list, fmt.Sprintf("The field %s of %s is deleted.", f.Name, was.Name))
			} else if g := is.Fields[i]; g.Type() != f.Type() || g.Multiple() != f.Multiple() {
				list = append(list, fmt.Sprintf("The field %s of %s is converted from %s to %s.", f.Name, was.Name, kind(f), kind(g)))
			}
		}
	}
	return list
}

func kind(f *schema.Field) string {
	if f.Multiple() {
		return "multiple " + f.Type()
	}
	return f.Type()
}
