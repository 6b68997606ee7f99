package record

import (
	"fmt"
	"testing"

	"github.com/loambase/loam/core/internal/store/sqlite"
	"github.com/loambase/loam/core/schema"
)

// TestUpdateStatements checks new and cached UPDATE statements of sets of fields, also in a
// collection with more fields than the 64 bits of a cache key.
func TestUpdateStatements(t *testing.T) {
	c := &schema.Collection{ID: "wide", Name: "wide", Type: schema.Base}
	for i := range 70 {
		c.Fields = append(c.Fields, &schema.Field{ID: fmt.Sprint("f", i), Name: fmt.Sprint("f", i), Kind: &schema.Text{}})
	}
	c.Fields[0].Name = "id"
	table := newTable(sqlite.Dialect{}, c)
	for range 2 { // a new statement, then the cached statement
		for want, positions := range map[string][]int{
			`UPDATE "wide" SET "f1" = $1 WHERE "id" = $2`:                        {1},
			`UPDATE "wide" SET "f1" = $1, "f63" = $2 WHERE "id" = $3`:            {1, 63},
			`UPDATE "wide" SET "f1" = $1, "f65" = $2 WHERE "id" = $3`:            {1, 65},
			`UPDATE "wide" SET "f64" = $1 WHERE "id" = $2`:                       {64},
			`UPDATE "wide" SET "f2" = $1, "f3" = $2, "f69" = $3 WHERE "id" = $4`: {2, 3, 69},
		} {
			if got := table.updateSQL(positions); got != want {
				t.Errorf("updateSQL(%v) = %s, want %s", positions, got, want)
			}
		}
	}
}
