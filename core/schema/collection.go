// Package schema has the model of collections: fields, rules, indexes and options, their
// validation, and the casting, validation, storing and JSON encoding of values by the kinds of
// fields.
//
// It uses no database and runs no SQL. A *Collection in a Snapshot is immutable; to change one,
// clone it first.
package schema

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// The types of a collection. The type of a collection never changes.
const (
	Base = "base"
	Auth = "auth"
	View = "view"
)

// Names of the system collections (docs/wire/records.md §2.11).
const (
	Superusers    = "_superusers"
	ExternalAuths = "_externalAuths"
	MFAs          = "_mfas"
	OTPs          = "_otps"
	AuthOrigins   = "_authOrigins"
)

// InstallerEmail is the address of the superuser whose token is used to create the first real
// superuser. It receives no mail.
const InstallerEmail = "__pbinstaller@example.com"

// AccountReferences returns the system collections whose rows belong to an account of any auth
// collection, to which collectionRef and recordRef refer.
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
// A rule is nil for superusers only, "" for everyone, otherwise an expression.
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

	// Warnings are about the body of the write that returned the collection, such as unknown
	// keys. They are never stored.
	Warnings []string

	Created string // canonical datetime
	Updated string

	Auth *AuthOptions // set if Type is Auth
	View *ViewOptions // set if Type is View

	GraphQL GraphQLOptions

	// Set by NewSnapshot; nil in a draft.
	byName  map[string]int
	indexes []store.Index
	sorted  []int
}

// IsAuth reports whether records of the collection can sign in.
func (c *Collection) IsAuth() bool { return c.Type == Auth }

// IsView reports whether the collection is a view, which is read-only.
func (c *Collection) IsView() bool { return c.Type == View }

// Field returns the field with exactly this name, nil if there is none.
func (c *Collection) Field(name string) *Field {
	if i := c.FieldIndex(name); i >= 0 {
		return c.Fields[i]
	}
	return nil
}

// FieldIndex returns the position of the field in Fields, -1 if there is none.
func (c *Collection) FieldIndex(name string) int {
	if c.byName != nil {
		if i, ok := c.byName[name]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(c.Fields, func(f *Field) bool { return f.Name == name })
}

// Sorted returns the positions of the fields in the order of their names, which is the order of a
// record's JSON. It is nil for a draft. The caller must not change the slice.
func (c *Collection) Sorted() []int { return c.sorted }

// ViewOptions are the options that only a view has.
type ViewOptions struct {
	Query string `json:"viewQuery"`

	// Broken is the error of a query that cannot be used, for Validate. It is set only in drafts.
	Broken error `json:"-"`
}

// SetBroken sets the error of a draft's query. It does nothing for a draft that is not a view, or
// for nil.
func (c *Collection) SetBroken(err error) {
	if c.View != nil && err != nil {
		c.View.Broken = err
	}
}

// SetFields replaces the fields of a draft, which may be in a temporary snapshot of a future
// state.
func (c *Collection) SetFields(fields []*Field) {
	c.Fields = fields
	c.byName, c.indexes, c.sorted = nil, nil, nil
}
