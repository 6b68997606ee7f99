// The definitions of the types in the schema language.

package model

import (
	"iter"
	"strings"
	"unicode"
)

// DefinitionKind is the kind of a type, by its keyword in the schema language.
type DefinitionKind string

// The kinds of types.
const (
	ObjectType    DefinitionKind = "type"
	InterfaceType DefinitionKind = "interface"
	UnionType     DefinitionKind = "union"
	InputType     DefinitionKind = "input"
	EnumType      DefinitionKind = "enum"
	ScalarType    DefinitionKind = "scalar"
)

// Definition is the definition of a type. It is immutable.
type Definition struct {
	Kind        DefinitionKind
	Name        string
	Description string   // one line
	Interface   string   // the interface of an object type; "" for none
	URL         string   // of the specification of a scalar
	Types       []string // of a union
	Members     []Member
}

// Member is a field of a type, a key of an input or a value of an enum.
type Member struct {
	Name        string
	Type        string // in the syntax of documents; "" for a value of an enum
	Description string // one line
	Arguments   []Argument
}

// Argument is an argument of a field. It has no default.
type Argument struct{ Name, Type string }

// Types yields the definitions of all types except those of GraphQL itself, in the order of the
// SDL. It makes them anew at each call.
func (m *Model) Types() iter.Seq[*Definition] {
	return func(yield func(*Definition) bool) {
		d := &definer{yield: yield}
		d.roots(m)
		d.subscriptions(m.watched)
		d.common()
		d.authPayload(len(m.accounts) > 0)
		if len(m.accounts) > 0 {
			union := &Definition{Kind: UnionType, Name: "AuthRecord", Description: "A record that can sign in."}
			for _, r := range m.accounts {
				union.Types = append(union.Types, r.Name)
			}
			d.add(union)
		}
		for _, r := range m.list {
			d.record(r)
		}
	}
}

// definer yields definitions until the consumer stops.
type definer struct {
	yield func(*Definition) bool
	ended bool
}

func (d *definer) add(def *Definition) {
	if !d.ended {
		d.ended = !d.yield(def)
	}
}

// define adds a type with members.
func (d *definer) define(kind DefinitionKind, name, description string, members []Member) {
	d.add(&Definition{Kind: kind, Name: name, Description: description, Members: members})
}

// oneLine returns a text without line breaks and other control characters.
func oneLine(text string) string {
	if text == "" {
		return ""
	}
	blank := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\ufffd"), blank), " ")
}

func (d *definer) roots(m *Model) {
	members := make([]Member, 0, len(m.order))
	for _, r := range m.order {
		members = append(members, Member{Name: r.Name, Type: r.typeName, Arguments: r.args})
	}
	d.define(ObjectType, "Query", "", members)
	if len(m.changes) == 0 {
		return
	}
	members = make([]Member, 0, len(m.changes))
	for _, c := range m.changes {
		members = append(members, Member{Name: c.Name, Type: c.typeName, Arguments: c.args})
	}
	d.define(ObjectType, "Mutation", "Those of one operation take place in their order in one transaction: all of them or none. Those about accounts stand alone.", members)
}

// record adds the types of a collection.
func (d *definer) record(r *Record) {
	def := &Definition{Kind: ObjectType, Name: r.Name, Members: make([]Member, 0, len(r.order))}
	if f := r.fields["nodeId"]; f != nil && f.Kind == NodeID {
		def.Interface = "Node"
	}
	for _, f := range r.order {
		def.Members = append(def.Members, Member{Name: f.Name, Type: f.typeName, Description: oneLine(f.help), Arguments: f.args})
	}
	d.add(def)
	for _, f := range r.order {
		if f.Enum != nil {
			d.enum(f)
		}
	}
	d.connection(r)
	d.change(r)
	d.filters(r)
	if r.Create {
		d.input(r.Name+"Input", r.Input)
	}
	if r.Update {
		d.input(r.Name+"Patch", r.Change)
	}
	sorts := make([]Member, 0, len(r.sorted))
	for _, key := range r.sorted {
		sorts = append(sorts, Member{Name: key, Type: sortType(r.sort[key])})
	}
	d.define(InputType, r.Name+"Sort", oneKey, sorts)
	if r.List {
		d.aggregate(r)
	}
}

const oneKey = "One key: sort by several with a list of objects."

// filters adds the input types of filters by records and by lists of records.
func (d *definer) filters(r *Record) {
	name := r.Name + "Filter"
	members := make([]Member, 0, len(r.filtered)+3)
	for _, key := range r.filtered {
		members = append(members, Member{Name: key, Type: filterType(r.filter[key])})
	}
	d.define(InputType, name, "", append(members, Member{Name: r.and, Type: "[" + name + "!]"}, Member{Name: r.or, Type: "[" + name + "!]"}, Member{Name: r.not, Type: name}))
	d.define(InputType, r.Name+"ManyFilter", "", []Member{{Name: "some", Type: name}, {Name: "none", Type: name}, {Name: "every", Type: name}})
}

// input adds the input type of creates or updates.
func (d *definer) input(name string, in *Input) {
	members := make([]Member, 0, len(in.order))
	for _, k := range in.order {
		members = append(members, Member{Name: k.Name, Type: k.typeName})
	}
	d.define(InputType, name, "", members)
}

// enum adds the enum of a select field, and the input types of its filters.
func (d *definer) enum(f *Field) {
	e := f.Enum
	members := make([]Member, 0, len(e.names))
	for _, name := range e.names {
		m := Member{Name: name}
		if option := e.byName[name]; option != name {
			m.Description = oneLine(option)
		}
		members = append(members, m)
	}
	d.define(EnumType, e.Name, "", members)
	if f.Kind == Enums {
		d.listFilter(e.Name)
	} else {
		d.operators(e.Name, "eq", "ne", "in", "notIn", "isNull")
	}
}

// connection adds the type of a page of a list.
func (d *definer) connection(r *Record) {
	d.define(ObjectType, r.Name+"Connection", "", []Member{
		{Name: "items", Type: "[" + r.Name + "!]!"}, {Name: "page", Type: "Int!"}, {Name: "perPage", Type: "Int!"}, {Name: "totalItems", Type: "Int!"},
		{Name: "totalPages", Type: "Int!"}, {Name: "edges", Type: "[" + r.Name + "Edge!]!"}, {Name: "pageInfo", Type: "PageInfo!"},
	})
	d.define(ObjectType, r.Name+"Edge", "", []Member{{Name: "cursor", Type: "String!"}, {Name: "node", Type: r.Name + "!"}})
}
