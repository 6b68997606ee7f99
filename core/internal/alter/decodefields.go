// Matching of the fields of a body to stored fields, by id or by name, so that a field that is
// sent again keeps its column and data.

package alter

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

// merging determines how the fields of a body are matched to the stored ones.
type merging struct {
	old      *schema.Collection // the stored collection; nil for none
	convert  bool               // the type of a field may change
	imported bool               // ids may come from another database
	only     bool               // of an import: stored fields that the body does not have are deleted
}

// buildFields returns the field list of a body (docs/wire/records.md §2.3). A field without an id
// gets the id of the stored field of its name, which keeps column and data, otherwise a derived
// id. Of two fields with one id the later one wins.
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

// matchNames gives a submitted field without a known id the id of the stored field of its name,
// unless that field is submitted by its id. So a field sent by name is the stored field, of any
// kind, and never replaces it silently. Only an import that deletes missing fields may replace a
// field by one of another kind.
func (m merging) matchNames(submitted []*schema.Field) {
	if m.old == nil {
		return
	}
	for _, f := range submitted {
		if f.ID != "" && m.old.FieldByID(f.ID) != nil {
			continue
		}
		// An unknown id may come from another installation: the name is the same in both.
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

// named returns the stored field with the name, preferably in the same letter case; nil if there
// is none.
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

// hasID reports whether a field of the list has the id.
func hasID(list []*schema.Field, id string) bool {
	return slices.ContainsFunc(list, func(f *schema.Field) bool { return f.ID == id })
}

// left returns copies of the stored fields that are kept although an import does not contain
// them.
func (m merging) left(fields []*schema.Field) []*schema.Field {
	var list []*schema.Field
	for _, f := range m.old.Fields {
		if (f.System || !m.only) && !hasID(fields, f.ID) {
			list = append(list, f.Clone())
		}
	}
	return list
}
