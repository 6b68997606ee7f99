package shape

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// members sets Members. records holds the Records of the audience by the ids of their collections.
func (r *Record) members(superuser bool, records map[string]*Record) {
	c := r.Collection
	literal := func(text string) Type { return Type{Base: Literal, Values: []string{text}} }
	r.Members = []Member{{Name: "collectionId", Type: literal(c.ID)}, {Name: "collectionName", Type: literal(c.Name)}}
	for _, f := range c.Fields {
		if record.Visible(c, f, superuser) {
			hidden := c.IsAuth() && f.Name == "email" && !superuser
			r.Members = append(r.Members, Member{Name: f.Name, Type: typeOf(f, records), Optional: hidden, Field: f})
		}
	}
	slices.SortStableFunc(r.Members, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
}

// inputs sets New and Changes.
func (r *Record) inputs(superuser bool, records map[string]*Record) {
	c := r.Collection
	for _, f := range c.Fields {
		account := c.IsAuth() && f.Name == "password"
		if _, auto := f.Kind.(*schema.Autodate); auto || f.Hidden && !superuser && !account {
			continue
		}
		t := typeOf(f, records)
		r.New = append(r.New, Input{Name: f.Name, Type: t, Required: f.Required && !generates(f), Field: f})
		if f.IsID() {
			continue
		}
		r.Changes = append(r.Changes, Input{Name: f.Name, Type: t, Field: f})
		for _, m := range modifiers(f) {
			name := f.Name + m
			r.Changes = append(r.Changes, Input{Name: name, Type: t, Field: f, Modifier: m})
		}
	}
	if c.IsAuth() {
		password := Type{Base: Password}
		r.New = append(r.New, Input{Name: "passwordConfirm", Type: password, Required: true})
		r.Changes = append(r.Changes, Input{Name: "passwordConfirm", Type: password}, Input{Name: "oldPassword", Type: password})
	}
	for _, list := range [][]Input{r.New, r.Changes} {
		slices.SortStableFunc(list, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	}
}

// generates reports whether the server generates a value for a field without a value.
func generates(f *schema.Field) bool {
	text, ok := f.Kind.(*schema.Text)
	return ok && text.AutogeneratePattern != ""
}

// modifiers returns the modifiers of a field in a body (docs/wire/records.md §3.16) that do more
// than replace the value.
func modifiers(f *schema.Field) []string {
	if f.Kind.Class() == schema.ClassNumber || f.IsChoice() && f.Multiple() {
		return []string{"+", "-"}
	}
	return nil
}

// relations sets Expand: the relations whose records the audience may view, and whose fields the
// audience sees.
func (r *Record) relations(snapshot *schema.Snapshot, superuser bool, records map[string]*Record) {
	for _, m := range r.Members {
		if t := m.Type.Target; t != nil && t.View {
			r.Expand = append(r.Expand, Relation{m.Name, t, m.Type.List})
		}
	}
	for _, ref := range snapshot.References(r.Collection.ID) {
		source := records[ref.Collection.ID]
		if source == nil || !source.View || !record.Visible(ref.Collection, ref.Field, superuser) {
			continue
		}
		_, unique := ref.Collection.UniqueIndex(ref.Field.Name)
		r.Expand = append(r.Expand, Relation{ref.Collection.Name + "_via_" + ref.Field.Name, source, !unique})
	}
	slices.SortStableFunc(r.Expand, func(a, b Relation) int { return strings.Compare(a.Name, b.Name) })
}
