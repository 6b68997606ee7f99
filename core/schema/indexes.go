package schema

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// ParsedIndexes are the collection's indexes in their order. What cannot be
// parsed (only a draft can hold such) is left out.
func (c *Collection) ParsedIndexes() []store.Index {
	if c.byName != nil {
		return c.indexes
	}
	return parseIndexes(c.Indexes)
}

func parseIndexes(texts []string) []store.Index {
	list := make([]store.Index, 0, len(texts))
	for _, text := range texts {
		if ix, err := ParseIndex(text); err == nil {
			list = append(list, ix)
		}
	}
	return list
}

// UniqueIndex is the collection's unique index over that one field, if it has
// one; its condition and collation are the caller's to judge.
func (c *Collection) UniqueIndex(field string) (ix store.Index, ok bool) {
	for _, ix := range c.ParsedIndexes() {
		if ix.Unique && len(ix.Columns) == 1 && strings.EqualFold(ix.Columns[0].Name, field) {
			return ix, true
		}
	}
	return store.Index{}, false
}

// setAuthIndexes adds the unique indexes that an auth collection must have.
func (c *Collection) setAuthIndexes() {
	for _, field := range []string{"tokenKey", "email"} {
		if _, ok := c.UniqueIndex(field); ok {
			continue
		}
		ix := store.Index{Name: authIndexName(field, c.ID), Table: c.Name, Unique: true,
			Columns: []store.IndexColumn{{Name: field}}}
		if field == "email" {
			ix.Where = "`email` != ''"
		}
		c.Indexes = append(c.Indexes, ix.String())
	}
}

func authIndexName(field, collectionID string) string {
	name := "idx_" + field + "_" + collectionID
	return name[:min(len(name), maxName)]
}

// setIndexTable rewrites the indexes that name another table than the
// collection's, in canonical form.
func (c *Collection) setIndexTable() {
	for i, text := range c.Indexes {
		ix, err := ParseIndex(text)
		if err != nil || ix.Table == c.Name {
			continue
		}
		ix.Table = c.Name
		c.Indexes[i] = ix.String()
	}
}
