// Records that keep a unique index from being created.

package store

import (
	"strconv"
	"strings"
)

// FindClashes implements Catalog.Clashes for an index whose keys and condition are in the SQL of
// the engine.
func FindClashes(r Reader, table string, keys []string, where string, limit int) (groups [][]string, err error) {
	// In a unique index NULL is not equal to NULL.
	conditions := make([]string, 0, len(keys)+1)
	for _, key := range keys {
		conditions = append(conditions, "("+key+") IS NOT NULL")
	}
	if where != "" {
		conditions = append(conditions, "("+where+")")
	}
	rows, err := r.Query(`SELECT "id", "r" = "first" FROM (` +
		`SELECT "id", _rowid_ AS "r", MIN(_rowid_) OVER "equal" AS "first", COUNT(*) OVER "equal" AS "n" FROM ` + Quote(table) +
		` WHERE ` + strings.Join(conditions, " AND ") + ` WINDOW "equal" AS (PARTITION BY ` + strings.Join(keys, ", ") + `)` +
		`) AS "t" WHERE "n" > 1 ORDER BY "first", "r" LIMIT ` + strconv.Itoa(limit))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		if rows.Bool(1) {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, rows.Text(0))
	}
	return groups, rows.Close()
}
