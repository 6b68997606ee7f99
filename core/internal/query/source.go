package query

import (
	"slices"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// source is a place that values come from: the selected table, a record known
// before the query, or what is reached from another source. Paths that are
// joined once share one source (docs/wire/records.md §5.7, §5.8).
type source struct {
	how        how
	parent     *source            // that it is reached from, if any
	collection *schema.Collection // of its rows; nil for the items of a list

	field   string // the relation: of the parent (toOne), else of the collection
	list    term   // fromItems: what is unpacked
	id      string // ofRecord
	ids     []string
	virtual []store.Value // ofCandidate: by position of the field

	name  string // @collection: alias, so that each has a source of its own
	space int    // who shares the source: see resolver

	alias    string    // in SQL
	children []*source // in the order of their making
}

// how is the way to a source's rows. Those up to toMember give one row at most.
type how uint8

const (
	ofTable     how = iota // the table that is selected from
	ofCandidate            // a record that is not stored
	ofRecord               // one record known by its id
	ofNothing              // no row, whatever is stored
	toOne                  // the record that a single relation of the parent names
	toOwner                // the only record whose single relation names the parent
	toMember               // the record that an item of a list of ids names

	fromItems   // the items of a list
	fromRefs    // the records whose single relation names the parent
	fromMembers // the records whose list of relations has the parent
	fromAll     // every record of a collection
	fromIDs     // the records with given ids
)

// many says whether there may be more than one row for one of the parent.
func (s *source) many() bool { return s.how >= fromItems }

// joined says whether the source is a join to its parent's row.
func (s *source) joined() bool { return s.how >= toOne && s.how <= toMember }

// scalar says whether the source is one record reached from a record known by
// its id: each of its columns is a query of its own, run once.
func (s *source) scalar() bool {
	for s.joined() {
		s = s.parent
	}
	return s.how == ofRecord
}

// under says whether the source is other or reached through it.
func (s *source) under(other *source) bool {
	for ; s != nil; s = s.parent {
		if s == other {
			return true
		}
	}
	return false
}

// nullable says whether the columns of the source may be NULL: rows of views, and
// rows that may be missing.
func (s *source) nullable() bool { return s.how != ofTable || s.collection.IsView() }

// like says whether two sources reached from the same parent are the same.
func (s *source) like(o *source) bool {
	return s.how == o.how && s.collection == o.collection && s.field == o.field && s.id == o.id &&
		s.name == o.name && (s.space == o.space || !s.many()) && slices.Equal(s.ids, o.ids)
}
