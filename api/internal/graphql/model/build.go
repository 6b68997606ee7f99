// Building a schema: types for the collections of the audience, their fields, and the fields of
// Query.

package model

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// Build returns the schema of a snapshot for superusers or for all other callers. The keys of
// broken are ids of broken views: Build leaves out these collections, and the relations from and to
// them. The names of all other types stay the same.
func Build(snapshot *schema.Snapshot, superuser bool, broken map[string]string) *Model {
	b := &builder{
		model: &Model{Snapshot: snapshot, Superuser: superuser, Records: map[string]*Record{},
			Roots: map[string]*Root{}, Subscriptions: map[string]*Root{}, Mutations: map[string]*Mutation{}, byCollection: map[string]*Record{}},
		stored: map[*Record][]*Field{}, storedNames: map[*Field]string{},
	}
	b.collections = slices.SortedFunc(slices.Values(snapshot.All()), func(a, c *schema.Collection) int {
		return strings.Compare(a.Name, c.Name)
	})
	b.records(broken)
	for _, r := range b.model.list {
		b.fields(r)
	}
	for _, r := range b.model.list {
		b.relations(r)
	}
	for _, r := range b.model.list {
		b.inputs(r)
		b.writes(r)
		b.aggregates(r)
	}
	b.roots()
	b.mutations()
	b.subscriptions()
	return b.model
}

// builder is the state of a Build.
type builder struct {
	model       *Model
	collections []*schema.Collection // all, by name
	all         []*Record            // by the name of the collection
	types       names
	names       map[*Record]names
	stored      map[*Record][]*Field // of stored fields
	storedNames map[*Field]string
}

// records names a type for every collection, even for those that the audience does not have: a rule
// that opens a collection must not rename another type.
func (b *builder) records(broken map[string]string) {
	typeNames, suffixes := schema.TypeNames(b.collections), schema.GeneratedSuffixes()
	b.types = make(names, len(b.collections)*(len(suffixes)+4))
	for _, name := range schema.BuiltinTypes() {
		b.types[name] = true
	}
	b.names = map[*Record]names{}
	for _, c := range b.collections {
		name := typeNames[c.ID]
		b.types[name] = true
		for _, suffix := range suffixes {
			b.types[name+suffix] = true
		}
		room := len(c.Fields) + 2
		r := &Record{Name: name, Collection: c, fields: make(map[string]*Field, room), filter: make(map[string]*Field, room), sort: make(map[string]*Field, room)}
		b.allow(r)
		b.all = append(b.all, r)
		if _, out := broken[c.ID]; out {
			continue
		}
		if !r.List && !r.View && !r.Create && !r.Update {
			continue
		}
		b.model.list, b.names[r] = append(b.model.list, r), make(names, room)
		b.model.Records[name], b.model.byCollection[c.ID] = r, r
		if c.IsAuth() {
			b.model.accounts = append(b.model.accounts, r)
		}
	}
}

// allow sets the operations that the rules allow the audience.
func (b *builder) allow(r *Record) {
	c := r.Collection
	has := func(rule *string) bool { return b.model.Superuser || rule != nil }
	r.List, r.View = has(c.ListRule), has(c.ViewRule)
	if !c.IsView() {
		r.Create, r.Update, r.Delete = has(c.CreateRule), has(c.UpdateRule), has(c.DeleteRule)
	}
}

// visible reports whether the audience sees a field at all. Hashes and token keys are visible to
// nobody.
func (b *builder) visible(c *schema.Collection, f *schema.Field) bool {
	if f.IsPassword() || c.IsAuth() && f.Name == "tokenKey" {
		return false
	}
	return b.model.Superuser || !f.Hidden
}

// fields makes the fields of stored fields. They are named before all generated fields.
func (b *builder) fields(r *Record) {
	taken := b.names[r]
	nodeID := &Field{Kind: NodeID, Required: true, typeName: "ID!"}
	stored := map[string]string{}
	for _, f := range r.Collection.Fields {
		if b.visible(r.Collection, f) {
			stored[f.Name] = taken.claim(f.Name)
		}
	}
	if nodeID.Name = "nodeId"; !taken["nodeId"] {
		taken["nodeId"] = true
		r.add(nodeID)
	}
	for _, f := range r.Collection.Fields {
		name, ok := stored[f.Name]
		if !ok {
			continue
		}
		field := b.field(r, f)
		field.Name, field.Stored, field.help = name, f, f.Help
		b.stored[r], b.storedNames[field] = append(b.stored[r], field), name
		if r.Collection.IsView() && !f.IsID() { // a column of a query may be null, whatever its kind
			field.typeName, field.Required = strings.TrimSuffix(field.typeName, "!"), false
		}
		r.add(field)
	}
}

func (r *Record) add(f *Field) {
	r.fields[f.Name] = f
	r.order = append(r.order, f)
}

// field returns the field for a stored field (contract §3). Required is set only if storage
// guarantees a value, whatever the options of the field were or will be.
func (b *builder) field(r *Record, f *schema.Field) *Field {
	must := func(kind Kind, name string) *Field { return &Field{Kind: kind, typeName: name + "!", Required: true} }
	may := func(kind Kind, name string) *Field { return &Field{Kind: kind, typeName: name} }
	switch k := f.Kind.(type) {
	case *schema.Number:
		switch {
		case !k.OnlyInt:
			return must(Float, "Float")
		case fits32(k):
			return may(Int, "Int")
		}
		return may(BigInt, "BigInt")
	case *schema.Bool:
		return must(Bool, "Boolean")
	case *schema.Date:
		return may(Date, "DateTime")
	case *schema.Autodate:
		return must(Date, "DateTime")
	case *schema.JSON:
		return may(JSON, "JSON")
	case *schema.GeoPoint:
		return may(Point, "GeoPoint")
	case *schema.Select:
		return b.selection(r, f, k)
	case *schema.File:
		if k.Multiple() {
			return must(Files, "[File!]")
		}
		return may(File, "File")
	case *schema.Relation:
		if k.Multiple() {
			return must(Many, "")
		}
		return may(One, "")
	}
	switch {
	case f.IsID():
		return must(ID, "ID")
	case r.Collection.IsAuth() && f.Name == "email": // an account may hide its address
		return may(Text, "String")
	}
	return must(Text, "String")
}

// fits32 reports whether the options keep an integer within 32 bits.
func fits32(n *schema.Number) bool {
	return n.Min != nil && n.Max != nil && *n.Min >= -1<<31 && *n.Max < 1<<31
}

// selection makes an enum of the options, if they have different names.
func (b *builder) selection(r *Record, f *schema.Field, k *schema.Select) *Field {
	e, ok := enumeration(k.Values)
	switch {
	case ok:
		e.Name = b.types.claimAll(r.Name+schema.Pascal(fieldName(f.Name)), "", "Filter", "ManyFilter")
		if k.Multiple() {
			return &Field{Kind: Enums, typeName: "[" + e.Name + "]!", Required: true, Enum: e}
		}
		return &Field{Kind: Enum, typeName: e.Name, Enum: e}
	case k.Multiple():
		return &Field{Kind: Texts, typeName: "[String!]!", Required: true}
	}
	return &Field{Kind: Text, typeName: "String"}
}
