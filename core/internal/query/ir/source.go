// Sources: tables, joins, lists and parameters that values come from, as a tree of paths.

package ir

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Source is a place that values come from: the selected table, a record known
// before the query, or what is reached from another source. Paths that are
// joined once share one source (docs/wire/records.md §5.7, §5.8).
type Source struct {
	Kind       SourceKind
	Parent     *Source            // that it is reached from, if any
	Collection *schema.Collection // of its rows; nil for the items of a list

	Field     string        // the relation: of the parent (ToOne), else of the collection
	List      Term          // EachItem: the list that is unpacked; EachElement: a Path to it
	ID        string        // FromRecord
	IDs       []string      // EachID, FromCallers
	Candidate []store.Value // FromCandidate: by position of the field

	Name  string // @collection: its alias in the text; each alias has a source of its own
	Scope int    // MultiRow: paths of the same scope share the source

	Alias    string    // in SQL
	Children []*Source // in the order of their making
}

// SourceKind is the way to a source's rows. Those up to ToMember give one row at most.
type SourceKind uint8

const (
	FromTable     SourceKind = iota // the table that is selected from
	FromCandidate                   // a record that is not stored
	FromRecord                      // one record known by its id
	FromNothing                     // no row, whatever is stored
	FromCallers                     // the ids of many callers, each a row of its own
	ToOne                           // the record that a single relation of the parent names
	ToOwner                         // the only record whose single relation names the parent
	ToMember                        // the record that an item of a list of ids names

	EachItem    // the items of a list
	EachElement // the elements of a list in a JSON document
	EachRef     // the records whose single relation names the parent
	EachMember  // the records whose list of relations has the parent
	EachRecord  // every record of a collection
	EachID      // the records with given ids
)

// MultiRow says whether there may be more than one row for one of the parent.
func (s *Source) MultiRow() bool { return s.Kind >= EachItem }

// Joined says whether the source is a join to its parent's row.
func (s *Source) Joined() bool { return s.Kind >= ToOne && s.Kind <= ToMember }

// Scalar says whether the source is one record reached from a record known by
// its id: each of its columns is a query of its own, run once.
func (s *Source) Scalar() bool {
	for s.Joined() {
		s = s.Parent
	}
	return s.Kind == FromRecord
}

// Under says whether the source is other or reached through it.
func (s *Source) Under(other *Source) bool {
	for ; s != nil; s = s.Parent {
		if s == other {
			return true
		}
	}
	return false
}

// Nullable says whether the columns of the source may be NULL: rows of views, and
// rows that may be missing.
func (s *Source) Nullable() bool { return s.Kind != FromTable || s.Collection.IsView() }

// Like says whether two sources reached from the same parent are the same.
func (s *Source) Like(o *Source) bool {
	return s.Kind == o.Kind && s.Collection == o.Collection && s.Field == o.Field && s.ID == o.ID &&
		s.Name == o.Name && (s.Scope == o.Scope || !s.MultiRow()) && slices.Equal(s.IDs, o.IDs)
}
