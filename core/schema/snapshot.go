package schema

import "strings"

// Snapshot is every collection at one moment, immutable and numbered. A request
// takes one at its start and uses no other.
type Snapshot struct {
	Number uint64 // grows with every change of any collection

	list   []*Collection
	byID   map[string]*Collection
	byName map[string]*Collection // lower-case names
}

// NewSnapshot indexes the collections, which must not change afterwards, in the
// order of their creation.
func NewSnapshot(number uint64, list []*Collection) *Snapshot {
	s := &Snapshot{Number: number, list: list,
		byID:   make(map[string]*Collection, len(list)),
		byName: make(map[string]*Collection, len(list))}
	for _, c := range list {
		c.byName = make(map[string]int, len(c.Fields))
		for i, f := range c.Fields {
			c.byName[f.Name] = i
		}
		s.byID[c.ID] = c
		s.byName[strings.ToLower(c.Name)] = c
	}
	return s
}

// All is every collection in the order of creation. Not to be changed.
func (s *Snapshot) All() []*Collection { return s.list }

// ByID is the collection with that id, nil if there is none.
func (s *Snapshot) ByID(id string) *Collection { return s.byID[id] }

// Find is the collection with that id or, case-insensitively, that name.
func (s *Snapshot) Find(idOrName string) *Collection {
	if c := s.byID[idOrName]; c != nil {
		return c
	}
	if c := s.byName[idOrName]; c != nil {
		return c
	}
	return s.byName[strings.ToLower(idOrName)]
}
