package alter

import (
	"slices"

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
// What comes without an id takes that of the stored field of the same name and
// type, so that its column and data are kept, else a derived one.
func (m merging) buildFields(submitted []*schema.Field) []*schema.Field {
	var list []*schema.Field
	index := func(match func(*schema.Field) bool) int { return slices.IndexFunc(list, match) }
	for _, f := range submitted {
		at := -1
		if f.ID != "" {
			at = index(func(o *schema.Field) bool { return o.ID == f.ID })
		} else if at = index(func(o *schema.Field) bool { return o.Name == f.Name }); at >= 0 {
			f.ID = list[at].ID
		}
		if at >= 0 {
			list[at] = f
			continue
		}
		if f.ID == "" {
			f.ID = m.missingID(f, submitted, list)
		}
		list = append(list, f)
	}
	return list
}

// missingID is the id for a submitted field that has none.
func (m merging) missingID(f *schema.Field, submitted, list []*schema.Field) string {
	if stored := m.named(f); stored != nil && !hasID(list, stored.ID) && !hasID(submitted, stored.ID) {
		return stored.ID
	}
	return standard.FieldID(f.Type(), f.Name, func(id string) bool { return hasID(list, id) || hasID(submitted, id) })
}

// named is the stored field that a submitted one is by its name, nil if there is none.
func (m merging) named(f *schema.Field) *schema.Field {
	if m.old == nil {
		return nil
	}
	stored := m.old.Field(f.Name)
	if stored == nil || stored.Type() != f.Type() && !(m.convert && convertible(stored.Kind, f.Kind)) {
		return nil
	}
	return stored
}

func hasID(list []*schema.Field, id string) bool {
	return slices.ContainsFunc(list, func(f *schema.Field) bool { return f.ID == id })
}

// knownIDs gives those submitted fields whose id is not known here that of the stored
// one of their name, unless that one is submitted too.
func (m merging) knownIDs(submitted []*schema.Field) {
	for _, f := range submitted {
		if f.ID == "" || m.old.FieldByID(f.ID) != nil {
			continue
		}
		if stored := m.named(f); stored != nil && !hasID(submitted, stored.ID) {
			f.ID = stored.ID
		}
	}
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
