// Writes: the keys of input objects, and the fields of Mutation.

package model

import (
	"slices"

	"github.com/loambase/loam/core/schema"
)

// KeyKind is the kind of a key of an input object.
type KeyKind uint8

// The kinds of keys.
const (
	KeySet    KeyKind = iota // sets a field
	KeyModify                // adds to the value, or removes from it
	KeyTo                    // creates the record that a relation will refer to
	KeyFrom                  // creates records that refer to the record
)

// Key is a key of the input of a record.
type Key struct {
	Name string
	Kind KeyKind
	// Body is the equivalent key of a body. For KeyTo it is the relation and, for KeyFrom, the
	// relation of the other records.
	Body   string
	Field  *Field  // of KeySet and KeyModify; nil for a password, and for its confirmation
	Single bool    // of KeyFrom: one record, not a list
	Target *Record // of KeyTo and KeyFrom: the type of the created record

	typeName string
}

// Input is an input type. It is immutable.
type Input struct {
	keys  map[string]*Key
	order []*Key
}

// Key returns the named key.
func (in *Input) Key(name string) *Key { return in.keys[name] }

// MutationKind is the kind of a field of Mutation.
type MutationKind uint8

// The fields of Mutation.
const (
	CreateOne MutationKind = iota
	CreateMany
	UpdateOne
	UpdateMany
	UpsertOne
	DeleteOne
	DeleteMany
	Auth // a sign-in or an account flow, by the name of the field
)

// Mutation is a field of Mutation.
type Mutation struct {
	Name   string
	Kind   MutationKind
	Record *Record // nil for Auth

	typeName string
	args     []Argument
}

// writes sets the keys of the inputs of a record type. Names of stored fields take precedence, so
// they are given before all generated names.
func (b *builder) writes(r *Record) {
	if !r.Create && !r.Update {
		return
	}
	r.Input, r.Change = b.input(r, false), b.input(r, true)
	// A collection may have no field that an update can change.
	r.Update = r.Update && len(r.Change.order) > 0
}

// input makes the input of creates or of updates.
func (b *builder) input(r *Record, update bool) *Input {
	in, taken := &Input{keys: make(map[string]*Key, 2*len(r.order))}, make(names, 2*len(r.order))
	stored := map[*Field]*Key{}
	for _, f := range b.stored[r] {
		if typeName := inputType(f); typeName != "" && !(update && f.Kind == ID) {
			stored[f] = &Key{Name: taken.claim(b.storedNames[f]), Body: f.Stored.Name, Field: f, typeName: typeName}
		}
	}
	add := func(suffix string, k *Key) {
		k.Name = taken.claim(k.Name + suffix)
		in.add(k)
	}
	for _, f := range b.stored[r] {
		k := stored[f]
		if k == nil {
			continue
		}
		in.add(k)
		if update {
			for _, m := range modifiers(f) {
				add(m.suffix, &Key{Name: k.Name, Kind: KeyModify, Body: f.Stored.Name + m.sign, Field: f, typeName: m.typeName(k)})
			}
		}
		if target := b.linked(f); target != nil {
			add("_create", &Key{Name: k.Name, Kind: KeyTo, Body: f.Stored.Name, Target: target, typeName: target.Name + "Input"})
		}
	}
	for _, name := range b.passwords(r, update) {
		add("", &Key{Name: fieldName(name), Body: name, typeName: "String"})
	}
	for _, ref := range b.referring(r.Collection) {
		source := b.model.byCollection[ref.Collection.ID]
		k := &Key{Name: fieldName(ref.Collection.Name + "_via_" + ref.Field.Name), Kind: KeyFrom, Body: ref.Field.Name, Target: source}
		if k.typeName = source.Name + "Input"; !isUnique(ref) {
			k.typeName = "[" + k.typeName + "!]"
		} else {
			k.Single = true
		}
		add("_create", k)
	}
	return in
}

func (in *Input) add(k *Key) {
	in.keys[k.Name] = k
	in.order = append(in.order, k)
}

// modifier is a way to change a value that depends on the value before.
type modifier struct {
	suffix string // of the name of its key
	sign   string // after the name of the field, in a body
	part   bool   // it takes items of the list by their names, not new items
}

// typeName returns the type of the modifier's values.
func (m modifier) typeName(k *Key) string {
	if m.part && k.Field.Kind == Files {
		return "[String!]"
	}
	return k.typeName
}

// modifiers returns the modifiers of a field.
func modifiers(f *Field) []modifier {
	switch f.Kind {
	case Float, Int, BigInt:
		return []modifier{{"_inc", "+", false}}
	case Enums, Texts, Files, Many:
		return []modifier{{"_add", "+", false}, {"_remove", "-", true}}
	}
	return nil
}

// inputType returns the type of the values of a field in an input, "" for a field that only the
// server sets.
func inputType(f *Field) string {
	if _, auto := f.Stored.Kind.(*schema.Autodate); auto {
		return ""
	}
	switch f.Kind {
	case ID, One:
		return "ID"
	case Text:
		return "String"
	case Float:
		return "Float"
	case Int:
		return "Int"
	case BigInt:
		return "BigInt"
	case Bool:
		return "Boolean"
	case Date:
		return "DateTime"
	case JSON:
		return "JSON"
	case Point:
		return "GeoPointInput"
	case Enum:
		return f.Enum.Name
	case Enums:
		return "[" + f.Enum.Name + "!]"
	case Texts:
		return "[String!]"
	case File:
		return "Upload"
	case Files:
		return "[Upload!]"
	case Many:
		return "[ID!]"
	}
	return ""
}

// passwords returns the keys for passwords.
func (b *builder) passwords(r *Record, update bool) (list []string) {
	for _, f := range r.Collection.Fields {
		if !f.IsPassword() {
			continue
		}
		list = append(list, f.Name)
		if r.Collection.IsAuth() && f.Name == "password" {
			list = append(list, "passwordConfirm")
			if update {
				list = append(list, "oldPassword")
			}
		}
	}
	return list
}

// linked returns the type of the records that may be created for a relation to one record, nil if
// none may be created.
func (b *builder) linked(f *Field) *Record {
	if f.Kind != One {
		return nil
	}
	relation, _ := f.Stored.Kind.(*schema.Relation)
	if target := b.model.byCollection[relation.CollectionID]; target != nil && target.Create {
		return target
	}
	return nil
}

// referring returns the relations to a collection from records that the audience may create.
func (b *builder) referring(c *schema.Collection) []schema.Reference {
	return slices.DeleteFunc(b.sortedReferences(c), func(ref schema.Reference) bool {
		source := b.model.byCollection[ref.Collection.ID]
		return source == nil || !source.Create
	})
}

// mutations makes the fields of Mutation. Names are given for all collections, those for single
// records first, so that neither a rule nor a name like many_posts renames another field.
func (b *builder) mutations() {
	taken := make(names, 7*len(b.all))
	type named struct {
		kind   MutationKind
		before string
	}
	one := []named{{CreateOne, "create"}, {UpdateOne, "update"}, {UpsertOne, "upsert"}, {DeleteOne, "delete"}}
	many := []named{{CreateMany, "createMany"}, {UpdateMany, "updateMany"}, {DeleteMany, "deleteMany"}}
	found := map[*Record][]*Mutation{}
	for _, kinds := range [][]named{one, many} {
		for _, r := range b.all {
			for _, n := range kinds {
				m := &Mutation{Name: taken.claim(n.before + r.Name), Kind: n.kind, Record: r}
				if m.allowed() {
					m.sign()
					found[r] = append(found[r], m)
				}
			}
		}
	}
	for _, r := range b.all {
		for _, m := range found[r] {
			b.model.Mutations[m.Name] = m
			b.model.changes = append(b.model.changes, m)
		}
	}
	b.authMutations()
}

// allowed reports whether the audience has the mutation.
func (m *Mutation) allowed() bool {
	r := m.Record
	switch m.Kind {
	case CreateOne, CreateMany:
		return r.Create
	case UpdateOne:
		return r.Update
	case UpdateMany:
		return r.Update && r.List
	case UpsertOne:
		return r.Create && r.Update
	case DeleteMany:
		return r.Delete && r.List
	}
	return r.Delete
}

// sign sets the type and the arguments of the mutation.
func (m *Mutation) sign() {
	name := m.Record.Name
	id := Argument{"id", "ID!"}
	input := Argument{"input", name + "Input!"}
	some := []Argument{{"filter", name + "Filter!"}, {"atMost", "Int!"}}
	switch m.Kind {
	case CreateOne, UpsertOne:
		m.typeName, m.args = name, []Argument{input}
	case CreateMany:
		m.typeName, m.args = "["+name+"]", []Argument{{"inputs", "[" + name + "Input!]!"}}
	case UpdateOne:
		m.typeName, m.args = name, []Argument{id, {"input", name + "Patch!"}}
	case UpdateMany:
		m.typeName, m.args = "["+name+"!]", []Argument{some[0], {"set", name + "Patch!"}, some[1]}
	case DeleteOne:
		m.typeName, m.args = "ID", []Argument{id}
	case DeleteMany:
		m.typeName, m.args = "[ID!]", some
	}
}
