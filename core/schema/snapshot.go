// Snapshots: all collections at one time, indexed by id, name and reference.

package schema

import (
	"slices"
	"strings"
)

// Snapshot has all collections at one time. It is immutable and numbered. A request takes one at
// its start and uses no other.
type Snapshot struct {
	Number uint64 // increases with every change of any collection

	list   []*Collection
	byID   map[string]*Collection
	byName map[string]*Collection // lower-case names
	refs   map[string][]Reference // by the id of the target
}

// Reference is a relation field and the collection that has it.
type Reference struct {
	Collection *Collection
	Field      *Field
	Relation   *Relation // the field's kind
}

// NewSnapshot returns the snapshot of the collections, which must not change afterwards. They are
// in the order of their creation.
func NewSnapshot(number uint64, list []*Collection) *Snapshot {
	s := &Snapshot{Number: number, list: list,
		byID:   make(map[string]*Collection, len(list)),
		byName: make(map[string]*Collection, len(list)),
		refs:   map[string][]Reference{}}
	for _, c := range list {
		c.prepare()
		s.byID[c.ID] = c
		s.byName[strings.ToLower(c.Name)] = c
	}
	// References are in the order of names, so that deletions cascade in the same order after
	// every start.
	byName := slices.SortedStableFunc(slices.Values(list), func(a, b *Collection) int {
		return strings.Compare(a.Name, b.Name)
	})
	for _, c := range byName {
		for _, f := range c.Fields {
			if r, ok := f.Kind.(*Relation); ok {
				s.refs[r.CollectionID] = append(s.refs[r.CollectionID], Reference{c, f, r})
			}
		}
	}
	return s
}

// prepare computes the data that reads of the collection need repeatedly. A collection that is
// already in an older snapshot is not changed: others may be reading it.
func (c *Collection) prepare() {
	if c.byName != nil {
		return
	}
	c.indexes = parseIndexes(c.Indexes)
	byName := make(map[string]int, len(c.Fields))
	c.sorted = make([]int, len(c.Fields))
	for i, f := range c.Fields {
		byName[f.Name] = i
		c.sorted[i] = i
		if k, ok := f.Kind.(interface{ compile() }); ok {
			k.compile()
		}
	}
	slices.SortFunc(c.sorted, func(a, b int) int { return strings.Compare(c.Fields[a].Name, c.Fields[b].Name) })
	c.byName = byName
}

// All returns every collection in the order of creation. The caller must not change the slice.
func (s *Snapshot) All() []*Collection { return s.list }

// ByID returns the collection with the id, nil if there is none.
func (s *Snapshot) ByID(id string) *Collection { return s.byID[id] }

// Find returns the collection with the id or, in any letter case, the name; nil if there is none.
func (s *Snapshot) Find(idOrName string) *Collection {
	if c := s.byID[idOrName]; c != nil {
		return c
	}
	if c := s.byName[idOrName]; c != nil {
		return c
	}
	return s.byName[strings.ToLower(idOrName)]
}

// References returns the relation fields that refer to the collection, including its own, in the
// order of the names of their collections. The caller must not change the slice.
func (s *Snapshot) References(collectionID string) []Reference { return s.refs[collectionID] }

// Named returns the collection with the name in any letter case; ids are ignored. Queries of
// views refer to collections in this way.
func (s *Snapshot) Named(name string) *Collection { return s.byName[strings.ToLower(name)] }
