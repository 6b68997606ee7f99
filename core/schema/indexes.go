package schema

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/store"
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

// followRenames rewrites the column names of indexes that were left as they were
// stored while the fields that they are over got new names.
func (c *Collection) followRenames(old *Collection) {
	renamed := map[string]string{}
	for _, was := range old.Fields {
		if is := c.fieldByID(was.ID); is != nil && is.Name != was.Name {
			renamed[was.Name] = is.Name
		}
	}
	if len(renamed) == 0 {
		return
	}
	for i, text := range c.Indexes {
		ix, err := ParseIndex(text)
		if err != nil || !slices.Contains(old.Indexes, text) {
			continue
		}
		changed := false
		for j := range ix.Columns {
			if name, ok := renamed[ix.Columns[j].Name]; ok {
				ix.Columns[j].Name = name
				changed = true
			}
		}
		if changed {
			c.Indexes[i] = ix.String()
		}
	}
}
