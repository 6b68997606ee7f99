// The indexes of a collection, parsed.

package schema

import (
	"strings"

	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// Index is a parsed CREATE INDEX statement. String returns the canonical text of the statement.
type Index = store.Index

// IndexColumn is a column of an Index: a name or an expression.
type IndexColumn = store.IndexColumn

// ParseIndex parses a CREATE INDEX statement in any letter case, and removes the quotes around
// names. Any other text, and more than one statement, is an error.
func ParseIndex(text string) (Index, error) { return sqlindex.Parse(text) }

// RenameIndexColumns replaces column names in the index, in its expressions and in its condition.
// It changes ix in place. renamed maps old names, in any letter case, to new names.
func RenameIndexColumns(ix *Index, renamed map[string]string) { sqlindex.RenameColumns(ix, renamed) }

// ParsedIndexes returns the collection's indexes in their order. Invalid indexes, which only a
// draft can have, are left out.
func (c *Collection) ParsedIndexes() []store.Index {
	if c.byName != nil {
		return c.indexes
	}
	return parseIndexes(c.Indexes)
}

// parseIndexes returns the parsed indexes, without invalid ones.
func parseIndexes(texts []string) []store.Index {
	list := make([]store.Index, 0, len(texts))
	for _, text := range texts {
		if ix, err := sqlindex.Parse(text); err == nil {
			list = append(list, ix)
		}
	}
	return list
}

// IndexesOf returns the CREATE INDEX statements of the collection's indexes for another table. The
// suffix is appended to the name of each index; a name that would be too long is cut first.
func (c *Collection) IndexesOf(table, suffix string) []string {
	texts := []string{}
	for _, ix := range c.ParsedIndexes() {
		ix.Table, ix.Name = table, ix.Name[:min(len(ix.Name), check.MaxName-len(suffix))]+suffix
		texts = append(texts, ix.String())
	}
	return texts
}

// UniqueIndex returns the unique index over the field alone, if the collection has such an index.
// The caller must check the condition and the collation of the index.
func (c *Collection) UniqueIndex(field string) (ix store.Index, ok bool) {
	for _, ix := range c.ParsedIndexes() {
		if ix.Unique && len(ix.Columns) == 1 && strings.EqualFold(ix.Columns[0].Name, field) {
			return ix, true
		}
	}
	return store.Index{}, false
}

// FoldsCase reports whether a unique index over the field alone is COLLATE NOCASE, so that the
// field identifies records in any letter case.
func (c *Collection) FoldsCase(field string) bool {
	for _, ix := range c.ParsedIndexes() {
		if ix.Unique && len(ix.Columns) == 1 && strings.EqualFold(ix.Columns[0].Name, field) && strings.EqualFold(ix.Columns[0].Collate, "NOCASE") {
			return true
		}
	}
	return false
}
