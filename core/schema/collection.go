// Package schema is what a collection is: its fields, rules, indexes and
// options, how they are checked, how values of each kind are cast, validated,
// stored and written as JSON, and which DDL leads from one form to the next.
//
// It holds no database and runs no SQL. A *Collection in a Snapshot is
// immutable; whoever changes one clones it first.
package schema

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// The types of a collection. A collection keeps its type for life.
const (
	Base = "base"
	Auth = "auth"
	View = "view"
)

// Names and ids that the code refers to (docs/wire/records.md §2.11).
const (
	Superusers    = "_superusers"
	ExternalAuths = "_externalAuths"
	MFAs          = "_mfas"
	OTPs          = "_otps"
	AuthOrigins   = "_authOrigins"
)

// InstallerEmail is the address of the superuser with whose token the first real one is
// made. Nobody reads its mails.
const InstallerEmail = "__pbinstaller@example.com"

// AccountReferences returns the system collections whose rows belong to an account of any
// auth collection, which they name by collectionRef and recordRef.
func AccountReferences() []string { return []string{ExternalAuths, MFAs, OTPs, AuthOrigins} }

// InternalTables returns the tables of the server that belong to no collection.
func InternalTables() []string {
	return append(LogTables(), "_collections", "_params", "_migrations", "_changes", "_jobs", "_removals")
}

// LogTables returns the names of the tables of the logs and of the metrics. With SQLite the tables
// are in a separate file. Transfers and restored backups leave the tables unchanged.
func LogTables() []string { return []string{"_logs", "_metrics"} }

// Collection is the definition of one collection.
//
// A rule is nil for superusers only, "" for everyone, else an expression.
type Collection struct {
	ID      string
	Name    string
	Type    string
	System  bool
	Fields  []*Field
	Indexes []string

	ListRule   *string
	ViewRule   *string
	CreateRule *string
	UpdateRule *string
	DeleteRule *string

	// Warnings are what the write that returned the collection has to say about its
	// body, such as unknown keys. They are never stored.
	Warnings []string

	Created string // canonical datetime
	Updated string

	Auth *AuthOptions // set if Type is Auth
	View *ViewOptions // set if Type is View

	GraphQL GraphQLOptions

	// Made by NewSnapshot; nil on a draft.
	byName  map[string]int
	indexes []store.Index
	sorted  []int
}

// IsAuth says whether records of the collection can sign in.
func (c *Collection) IsAuth() bool { return c.Type == Auth }

// IsView says whether the collection is read only.
func (c *Collection) IsView() bool { return c.Type == View }

// Field is the field of that exact name, nil if there is none.
func (c *Collection) Field(name string) *Field {
	if i := c.FieldIndex(name); i >= 0 {
		return c.Fields[i]
	}
	return nil
}

// FieldIndex is the position of the field in Fields, -1 if there is none.
func (c *Collection) FieldIndex(name string) int {
	if c.byName != nil {
		if i, ok := c.byName[name]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(c.Fields, func(f *Field) bool { return f.Name == name })
}

// Sorted are the positions of the fields in the order of their names, which is
// the order in which a record is written. Nil on a draft; not to be changed.
func (c *Collection) Sorted() []int { return c.sorted }

// ViewOptions are what only a view has.
type ViewOptions struct {
	Query string `json:"viewQuery"`

	// Broken is the error of a query that cannot be used, for Validate. Only drafts have it.
	Broken error `json:"-"`
}

// SetBroken says why the query of a draft cannot be run. It does nothing for a draft
// of no view, or with nil.
func (c *Collection) SetBroken(err error) {
	if c.View != nil && err != nil {
		c.View.Broken = err
	}
}

// SetFields gives a draft other fields. It may be in a snapshot that is made to see
// what will be.
func (c *Collection) SetFields(fields []*Field) {
	c.Fields = fields
	c.byName, c.indexes, c.sorted = nil, nil, nil
}
