// Rehearsals: indexes are tried on temporary tables, which shadow the tables of the same names.

package postgres

import (
	"context"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Rehearser = (*DB)(nil)

// beginRehearsal begins a transaction that reads one state of the database. It may write, since
// creating temporary tables is a write.
const beginRehearsal = `BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; ` + readVersion

// Rehearse implements store.Rehearser. The connection is closed afterwards, since statements that
// were prepared on it refer to the copies.
func (db *DB) Rehearse(ctx context.Context, tables []string, rows int, fn func(tx store.Tx, whole bool) error) error {
	leave, err := db.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, exclusiveTimeout)
	defer cancel()
	s, err := db.begin(ctx, db.readers, beginRehearsal)
	if err != nil {
		return err
	}
	t := &tx{session: *s, growth: &growth{}}
	t.discard, t.meter = true, store.NewMeter(0, nil) // statements on copies must not be counted
	defer t.finish()
	whole := true
	for _, table := range tables {
		n, err := t.copyTable(table, rows)
		if err != nil {
			return err
		}
		whole = whole && n < int64(rows)
	}
	return fn(t, whole)
}

// copyTable copies the first rows and the indexes of a table into a temporary table of the same
// name, and returns the number of rows in the copy.
func (t *tx) copyTable(table string, limit int) (n int64, err error) {
	name := store.Quote(table)
	from := store.Quote(t.db.schema) + "." + name
	if _, err := t.Exec(`CREATE TEMPORARY TABLE ` + name + ` (LIKE ` + from + ` INCLUDING DEFAULTS INCLUDING INDEXES) ON COMMIT DROP`); err != nil {
		return 0, err
	}
	n, err = t.Exec(`INSERT INTO pg_temp.` + name + ` SELECT * FROM ` + from + ` ORDER BY "_rowid_" LIMIT ` + strconv.Itoa(limit))
	if err != nil {
		return 0, err
	}
	return n, t.control(t.ctx, `ANALYZE pg_temp.`+name)
}

// UsedIndexes implements store.Rehearser, by the statistics of PostgreSQL, which count the uses of
// an index by all programs.
func (db *DB) UsedIndexes(ctx context.Context, _ []string) (map[string]bool, error) {
	used := map[string]bool{}
	err := db.Read(ctx, func(r store.Reader) error {
		names, err := store.Texts(r, `SELECT "indexrelname" FROM pg_stat_user_indexes WHERE "schemaname" = current_schema() AND "idx_scan" > 0`)
		for _, name := range names {
			used[name] = true
		}
		return err
	})
	return used, err
}
