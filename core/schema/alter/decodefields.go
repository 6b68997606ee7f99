package alter

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/standard"
)

// merging is how the fields of a body meet the stored ones.
type merging struct {
	old      *schema.Collection // nil: there are none
	convert  bool               // the type of a field may change
	imported bool               // ids may be of another database
	only     bool               // of an import: stored fields that the body leaves out go
}

// buildFields makes a field list of submitted ones (docs/wire/records.md §2.3).
// What comes without an id of its own takes that of the stored field of the same name,
// so that its column and data are kept, else a derived one.
func (m merging) buildFields(submitted []*schema.Field) []*schema.Field {
	m.matchNames(submitted)
	var list []*schema.Field
	for _, f := range submitted {
		if f.ID == "" {
			f.ID = standard.FieldID(f.Type(), f.Name, func(id string) bool { return hasID(list, id) || hasID(submitted, id) })
		} else if at := slices.IndexFunc(list, func(o *schema.Field) bool { return o.ID == f.ID }); at >= 0 {
			list[at] = f
			continue
		}
		list = append(list, f)
	}
	return list
}

// matchNames gives those submitted fields that have no id of a stored one that of the
// stored one of their name, unless that one is submitted by its id: a field that is sent
// by name is the stored one, of whatever kind, and never one that takes its place. Only
// an import that deletes what it does not contain replaces a field by one of another kind.
func (m merging) matchNames(submitted []*schema.Field) {
	if m.old == nil {
		return
	}
	for _, f := range submitted {
		if f.ID != "" && m.old.FieldByID(f.ID) != nil {
			continue
		}
		stored := m.named(f.Name)
		if stored == nil || hasID(submitted, stored.ID) {
			continue
		}
		if m.only && stored.Type() != f.Type() && !(m.convert && convertible(stored.Kind, f.Kind)) {
			continue
		}
		f.ID = stored.ID
	}
}

// named is the stored field of a name, in the same letter case if there is one, nil if
// there is none.
func (m merging) named(name string) *schema.Field {
	if f := m.old.Field(name); f != nil {
		return f
	}
	for _, f := range m.old.Fields {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

func hasID(list []*schema.Field, id string) bool {
	return slices.ContainsFunc(list, func(f *schema.Field) bool { return f.ID == id })
}

// left are copies of the stored fields that an import keeps though they are not among
// those that it brings.
func (m merging) left(fields []*schema.Field) []*schema.Field {
	var list []*schema.Field
	for _, f := range m.old.Fields {
		if (f.System || !m.only) && !hasID(fields, f.ID) {
			list = append(list, f.Clone())
		}
	}
	return list
}
