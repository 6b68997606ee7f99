// Finding an entry by its id without an index.

package logs

import (
	"sort"

	"github.com/loambase/loam/core/internal/store"
)

// byRow selects an entry by its row, with the columns of read.
const byRow = `SELECT "id", "created", "data", "message", "level" FROM "_logs" WHERE "_rowid_" = $1`

// nearRows is the maximum distance in rows between an entry and its place in the order of ids:
// entries of one millisecond are written in any order.
const nearRows = 1000

// rowOf returns the row of an entry.
func rowOf(r store.Reader, id string) (row int64, found bool, err error) {
	near, found, err := placeOf(r, id)
	if err != nil || !found {
		return 0, false, err
	}
	row, found, err = rowNumber(r, `SELECT "_rowid_" FROM "_logs" WHERE "_rowid_" >= $1 AND "_rowid_" <= $2 AND "id" = $3`,
		store.Int(near-nearRows), store.Int(near+nearRows), store.Text(id))
	if err != nil || found {
		return row, found, err
	}
	// The clock was set back when the entry was written, or there is no such entry.
	return rowNumber(r, `SELECT "_rowid_" FROM "_logs" WHERE "id" = $1`, store.Text(id))
}

// placeOf finds by binary search the row near which the entry with an id is stored: ids begin with
// the time, and rows are in the order of their time. found is false if the table is empty.
func placeOf(r store.Reader, id string) (row int64, found bool, err error) {
	first, found, err := rowNumber(r, `SELECT min("_rowid_") FROM "_logs"`)
	if err != nil || !found {
		return 0, false, err
	}
	last, _, err := rowNumber(r, `SELECT max("_rowid_") FROM "_logs"`)
	place := sort.Search(int(last-first), func(i int) bool {
		if err != nil {
			return true
		}
		var next string
		next, err = idFrom(r, first+int64(i))
		return next >= id
	})
	return first + int64(place), true, err
}

// idFrom returns the id of the first entry at or after a row.
func idFrom(r store.Reader, row int64) (id string, err error) {
	rows, err := r.Query(`SELECT "id" FROM "_logs" WHERE "_rowid_" >= $1 ORDER BY "_rowid_" LIMIT 1`, store.Int(row))
	if err != nil {
		return "", err
	}
	if rows.Next() {
		id = rows.Text(0)
	}
	return id, rows.Close()
}

// rowNumber returns the row number that a query returns; found is false for no row and for NULL.
func rowNumber(r store.Reader, sql string, args ...store.Value) (row int64, found bool, err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return 0, false, err
	}
	if rows.Next() && rows.Kind(0) != store.KindNull {
		row, found = rows.Int(0), true
	}
	return row, found, rows.Close()
}
