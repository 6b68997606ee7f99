// Indexes that the server maintains: unique e-mail and token key of auth collections, and
// the table name in every definition.

package standard

import (
	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/check"
)

// foldCase is the collation of addresses in collections that the server itself creates or
// proposes: people ignore the letter case of addresses.
const foldCase = "NOCASE"

// SetAuthIndexes adds the unique indexes that an auth collection must have and lacks.
//
// Wire: the index on addresses is case-sensitive, since the submitter may rely on that.
func SetAuthIndexes(c *schema.Collection) { setAuthIndexes(c, "") }

// setAuthIndexes adds the missing indexes; the index on addresses gets the collation.
func setAuthIndexes(c *schema.Collection, collation string) {
	for _, field := range []string{"tokenKey", "email"} {
		if _, ok := c.UniqueIndex(field); ok {
			continue
		}
		ix := store.Index{Name: authIndexName(field, c.ID), Table: c.Name, Unique: true,
			Columns: []store.IndexColumn{{Name: field}}}
		if field == "email" {
			ix.Where, ix.Columns[0].Collate = "`email` != ''", collation
		}
		c.Indexes = append(c.Indexes, ix.String())
	}
}

// authIndexName returns the name of such an index, cut to the length that engines allow.
func authIndexName(field, collectionID string) string {
	name := "idx_" + field + "_" + collectionID
	return name[:min(len(name), check.MaxName)]
}

// SetIndexTable rewrites the indexes that name another table than the collection's, in canonical
// form.
func SetIndexTable(c *schema.Collection) {
	for i, text := range c.Indexes {
		ix, err := sqlindex.Parse(text)
		if err != nil || ix.Table == c.Name {
			continue
		}
		ix.Table = c.Name
		c.Indexes[i] = ix.String()
	}
}
