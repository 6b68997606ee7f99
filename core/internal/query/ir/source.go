// Sources of values: tables, joins, lists and parameters, as a tree of paths.

package ir

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Source is a source of values: the selected table, a record known before the query, or a source
// reached from another one. Paths with a common join share one source (docs/wire/records.md §5.7,
// §5.8).
type Source struct {
	Kind       SourceKind
	Parent     *Source            // the source from which it is reached, if any
	Collection *schema.Collection // of its rows; nil for the items of a list

	Field     string        // the relation field: of the parent (ToOne), otherwise of the collection
	List      Term          // EachItem: the list that is unpacked; EachElement: a Path to it
	ID        string        // FromRecord
	IDs       []string      // EachID, FromCallers
	Candidate []store.Value // FromCandidate: by position of the field
	Known     *Column       // FromTable: a text column whose value is known for all rows
	KnownText string        // the value of Known

	Name  string // @collection: its alias in the text; each alias has a separate source
	Scope int    // MultiRow: paths of the same scope share the source

	Alias    string    // the alias in SQL
	Children []*Source // in the order of their creation
}

// SourceKind is the relation of a source's rows to those of its parent. The kinds up to ToMember
// have at most one row.
type SourceKind uint8

const (
	FromTable     SourceKind = iota // the selected table
	FromCandidate                   // a record that is not stored
	FromRecord                      // a record known by its id
	FromNothing                     // no row, whatever is stored
	FromCallers                     // the ids of many callers, one row for each
	ToOne                           // the record that a single relation of the parent refers to
	ToOwner                         // the only record whose single relation refers to the parent
	ToMember                        // the record whose id is an item of a list of ids

	EachItem    // the items of a list
	EachElement // the elements of a list in a JSON document
	EachRef     // the records whose single relation refers to the parent
	EachMember  // the records whose list of relations contains the parent
	EachRecord  // every record of a collection
	EachID      // the records with given ids
)

// MultiRow reports whether there may be more than one row for a row of the parent.
func (s *Source) MultiRow() bool { return s.Kind >= EachItem }

// Joined reports whether the source is a join to its parent's row.
func (s *Source) Joined() bool { return s.Kind >= ToOne && s.Kind <= ToMember }

// Scalar reports whether the source is one record reached from a record known by its id: each of
// its columns is a separate subquery, which runs once.
func (s *Source) Scalar() bool {
	for s.Joined() {
		s = s.Parent
	}
	return s.Kind == FromRecord
}

// Under reports whether the source is other or reached through it.
func (s *Source) Under(other *Source) bool {
	for ; s != nil; s = s.Parent {
		if s == other {
			return true
		}
	}
	return false
}

// Nullable reports whether the columns of the source may be NULL: in rows of views, and in rows
// that may be missing.
func (s *Source) Nullable() bool { return s.Kind != FromTable || s.Collection.IsView() }

// Like reports whether two sources reached from the same parent are the same.
func (s *Source) Like(o *Source) bool {
	return s.Kind == o.Kind && s.Collection == o.Collection && s.Field == o.Field && s.ID == o.ID &&
		s.Name == o.Name && (s.Scope == o.Scope || !s.MultiRow()) && slices.Equal(s.IDs, o.IDs)
}
