// Package model makes the GraphQL schema of the collections: its types and fields, their names, and
// the stored data behind them. A Model is the schema of one snapshot for one audience. DESIGN.md of
// package graphql describes the naming.
package model

import (
	"github.com/loambase/loam/core/schema"
)

// Model is the schema of a snapshot of collections. It is immutable.
type Model struct {
	Snapshot  *schema.Snapshot
	Superuser bool // it is the schema of superusers, who have no rules and see hidden fields

	Records map[string]*Record // by the name of the type
	Roots   map[string]*Root   // the fields of Query by name

	Mutations map[string]*Mutation // the fields of Mutation by name

	Subscriptions map[string]*Root // the fields of Subscription by name

	byCollection map[string]*Record // by the id of the collection

	list     []*Record // of Records, by the names of the collections
	accounts []*Record // records of auth collections
	order    []*Root   // of Roots, in the order of the schema
	changes  []*Mutation
	watched  []*Root // of Subscriptions
}

// Record is the type of a collection's records.
type Record struct {
	Name       string
	Collection *schema.Collection

	// The operations that the rules allow the audience.
	List, View, Create, Update, Delete bool

	Input, Change *Input // of creates and of updates; nil if there are none

	fields map[string]*Field // of the type
	filter map[string]*Field // keys of the filter input
	sort   map[string]*Field // keys of the sort input

	and, or, not string // keys of the filter input

	figures map[string]*Figure // of the aggregate
	keys    map[string]*Figure // by the options of its enum

	order    []*Field // fields in the order of the type
	filtered []string // keys of filter in the order of the input
	sorted   []string
	figured  []*Figure
	args     []Argument // of a connection
}

// Field returns the named field, nil if there is none.
func (r *Record) Field(name string) *Field { return r.fields[name] }

// Filter returns the field of a key of the filter input, nil for and, or and not.
func (r *Record) Filter(key string) *Field { return r.filter[key] }

// Sort returns the field of a key of the sort input.
func (r *Record) Sort(key string) *Field { return r.sort[key] }

// Connective is the connective that a key of a filter input stands for.
type Connective uint8

// The connectives.
const (
	NoConnective Connective = iota
	And
	Or
	Not
)

// Connective returns the connective of the key.
func (r *Record) Connective(key string) Connective {
	switch key {
	case r.and:
		return And
	case r.or:
		return Or
	case r.not:
		return Not
	}
	return NoConnective
}

// Of returns the type of the collection with that id, nil if the audience has no such type.
func (m *Model) Of(collectionID string) *Record { return m.byCollection[collectionID] }

// Kind is the kind of a field's values.
type Kind uint8

// The kinds of fields. A kind with a plural name holds a list of values.
const (
	NodeID Kind = iota
	ID
	Text
	Float
	Int
	BigInt
	Bool
	Date
	JSON
	Point
	Enum
	Enums
	Texts // a selection of texts that cannot be names
	File
	Files
	RefID  // the id in a relation
	RefIDs // the ids
	One    // the record that a relation refers to, or the only record that refers to this record
	Many   // the records that a relation refers to
	Back   // a connection of the records that refer to this record
)

// Field is a field of a record type.
type Field struct {
	Name     string
	Kind     Kind
	Stored   *schema.Field // nil for NodeID and relations back
	Relation string        // of One, Many and Back: the relation for record.Node
	Target   *Record       // of One, Many and Back: the type of the records
	Required bool          // the value is never null
	Enum     *Enumeration  // of Enum and Enums

	help     string
	typeName string
	args     []Argument
}

// Path returns the path of the field in filters and sorts of the record service.
func (f *Field) Path() string {
	if f.Stored == nil {
		return f.Relation
	}
	return f.Stored.Name
}

// Enumeration maps the options of a select field to names.
type Enumeration struct {
	Name   string
	names  []string // in the order of the options
	byText map[string]string
	byName map[string]string
}

// NameOf returns the name of a stored option; ok is false for an option that was removed.
func (e *Enumeration) NameOf(option string) (name string, ok bool) {
	name, ok = e.byText[option]
	return name, ok
}

// Option returns the stored option with the name.
func (e *Enumeration) Option(name string) string { return e.byName[name] }

// RootKind is the kind of a field of Query or Subscription.
type RootKind uint8

// The fields of Query and Subscription.
const (
	RootList RootKind = iota
	RootOne
	RootMe
	RootNode
	RootNodes
	RootChanged // of Subscription
	RootLive    // of Subscription
	RootAggregate
)

// Root is a field of Query or Subscription.
type Root struct {
	Name   string
	Kind   RootKind
	Record *Record // of RootList, RootOne, RootAggregate, RootChanged and RootLive

	typeName string
	args     []Argument
}
