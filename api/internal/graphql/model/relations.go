// Relations: forward by a field of the record, back by the fields of other records that refer to
// it.

package model

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// relations adds the generated fields of relations, after all stored fields have names.
func (b *builder) relations(r *Record) {
	order := r.order
	r.order = nil
	for _, f := range order {
		if f.Kind == One || f.Kind == Many {
			b.forward(r, f)
		} else {
			r.order = append(r.order, f)
		}
	}
	for _, ref := range b.references(r.Collection) {
		b.back(r, ref)
	}
}

// forward adds the records that the field refers to, if the audience may view them, and their ids.
func (b *builder) forward(r *Record, f *Field) {
	ids := &Field{Kind: RefID, Stored: f.Stored, typeName: "ID"}
	suffix := "Id"
	if f.Kind == Many {
		ids, suffix = &Field{Kind: RefIDs, Stored: f.Stored, typeName: "[ID!]!", Required: true}, "Ids"
	}
	ids.Name = b.names[r].claim(f.Name + suffix)
	if r.Collection.IsView() {
		ids.typeName, ids.Required = strings.TrimSuffix(ids.typeName, "!"), false
	}
	delete(r.fields, f.Name)
	relation, _ := f.Stored.Kind.(*schema.Relation)
	if target := b.model.byCollection[relation.CollectionID]; target != nil && target.View {
		f.Target, f.Relation, f.typeName = target, f.Stored.Name, target.Name
		if f.Kind == Many {
			f.typeName, f.Required = "["+target.Name+"!]!", true
			f.args = []Argument{{"filter", target.Name + "Filter"}, {"sort", "[" + target.Name + "Sort!]"}, {"limit", "Int"}}
		}
		r.add(f)
	} else {
		ids.help = f.help
	}
	r.add(ids)
}

// references returns the relations to a collection from records that the audience may list.
func (b *builder) references(c *schema.Collection) []schema.Reference {
	return slices.DeleteFunc(b.sortedReferences(c), func(ref schema.Reference) bool {
		source := b.model.byCollection[ref.Collection.ID]
		return source == nil || !source.List
	})
}

// sortedReferences returns the relations to a collection by fields that are visible to the
// audience.
func (b *builder) sortedReferences(c *schema.Collection) []schema.Reference {
	list := slices.DeleteFunc(slices.Clone(b.model.Snapshot.References(c.ID)), func(ref schema.Reference) bool {
		return !b.visible(ref.Collection, ref.Field)
	})
	slices.SortFunc(list, func(x, y schema.Reference) int {
		return strings.Compare(x.Collection.Name+"_via_"+x.Field.Name, y.Collection.Name+"_via_"+y.Field.Name)
	})
	return list
}

// back adds the records that refer to the record: a connection or, for a unique field, the only
// record.
func (b *builder) back(r *Record, ref schema.Reference) {
	source := b.model.byCollection[ref.Collection.ID]
	relation := ref.Collection.Name + "_via_" + ref.Field.Name
	f := &Field{Name: b.names[r].claim(relation), Relation: relation, Target: source}
	if isUnique(ref) {
		f.Kind, f.typeName = One, source.Name
	} else {
		f.Kind, f.typeName, f.Required, f.args = Back, source.Name+"Connection!", true, source.arguments()
	}
	r.add(f)
}

// isUnique reports whether at most one record refers to each record.
func isUnique(ref schema.Reference) bool {
	_, unique := ref.Collection.UniqueIndex(ref.Field.Name)
	return unique
}

// arguments returns the arguments of a connection of the records.
func (r *Record) arguments() []Argument {
	if r.args == nil {
		r.args = []Argument{
			{"filter", r.Name + "Filter"}, {"where", "String"}, {"sort", "[" + r.Name + "Sort!]"}, {"page", "Int"}, {"perPage", "Int"},
			{"first", "Int"}, {"after", "String"}, {"last", "Int"}, {"before", "String"},
		}
	}
	return r.args
}
