// The table _removals.

package removal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// row is a stored entry.
type row struct {
	id string
	Entry
	upload bool      // an upload whose record may yet be stored
	due    time.Time // time from which the row may be claimed; zero: at once
}

func newID() string { return schema.RandomString(schema.IDLength, schema.AlphabetID) }

// rowsAtOnce is the maximum number of rows that one statement inserts or claims.
const rowsAtOnce = 50

func insert(tx store.Tx, rows []row) error {
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		var values []store.Value
		for _, r := range chunk {
			names, err := json.Marshal(r.Names)
			if err != nil {
				return err
			}
			values = append(values, store.Text(r.id), store.Text(r.Folder), store.Text(string(names)),
				number(r.Rest), number(r.upload), millis(r.due))
		}
		const columns = 6
		marks := make([]string, len(chunk))
		for i := range marks {
			marks[i] = "(" + parameters(i*columns+1, columns) + ")"
		}
		sql := `INSERT INTO "_removals" ("id", "folder", "names", "rest", "upload", "due") VALUES ` + strings.Join(marks, ", ")
		if _, err := tx.Exec(sql, values...); err != nil {
			return err
		}
	}
	return nil
}

// execOn runs a statement that ends with the name of a column, for the rows whose column has one of
// the values. args are the parameters before the values.
func execOn(tx store.Tx, sql string, values []string, args ...store.Value) (n int64, err error) {
	for chunk := range slices.Chunk(values, rowsAtOnce) {
		changed, err := tx.Exec(sql+" IN ("+parameters(len(args)+1, len(chunk))+")", append(slices.Clone(args), texts(chunk)...)...)
		if err != nil {
			return 0, err
		}
		n += changed
	}
	return n, nil
}

// due returns up to rowsAtOnce rows that are due, the oldest first.
func due(r store.Reader, now time.Time) ([]row, error) {
	rows, err := r.Query(`SELECT "id", "folder", "names", "rest" FROM "_removals" WHERE "due" <= $1 ORDER BY "due" LIMIT $2`,
		millis(now), store.Int(rowsAtOnce))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		next := row{id: rows.Text(0)}
		next.Folder, next.Rest = rows.Text(1), rows.Int(3) != 0
		if err := json.Unmarshal(rows.Bytes(2), &next.Names); err != nil {
			return nil, fmt.Errorf("names of files that are to go from %s: %w", next.Folder, err)
		}
		list = append(list, next)
	}
	return list, rows.Close()
}

// uploading returns the keys of the files of unfinished uploads in the folders.
func uploading(r store.Reader, folders []string) (map[string]bool, error) {
	keys := map[string]bool{}
	for chunk := range slices.Chunk(folders, rowsAtOnce) {
		rows, err := r.Query(`SELECT "folder", "names" FROM "_removals" WHERE "upload" = 1 AND "folder" IN (`+
			parameters(1, len(chunk))+")", texts(chunk)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var names []string
			if err := json.Unmarshal(rows.Bytes(1), &names); err != nil {
				return nil, fmt.Errorf("names of files that are being stored: %w", err)
			}
			for _, name := range names {
				keys[rows.Text(0)+"/"+name] = true
			}
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// has reports whether the table still has the row.
func has(r store.Reader, id string) (bool, error) {
	rows, err := r.Query(`SELECT 1 FROM "_removals" WHERE "id" = $1`, store.Text(id))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, rows.Close()
}

// parameters returns the placeholders of n parameters; first is the number of the first
// placeholder.
func parameters(first, n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(marks, ", ")
}

func texts(list []string) []store.Value {
	values := make([]store.Value, len(list))
	for i, s := range list {
		values[i] = store.Text(s)
	}
	return values
}

func number(b bool) store.Value {
	if b {
		return store.Int(1)
	}
	return store.Int(0)
}

func millis(t time.Time) store.Value {
	if t.IsZero() {
		return store.Int(0)
	}
	return store.Int(t.UnixMilli())
}
