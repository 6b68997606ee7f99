// Rehearsals: temporary tables that stand before those of the same names, to try an index on.

package postgres

import (
	"context"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Rehearser = (*DB)(nil)

// beginRehearsal takes one state, and may write: what it makes is temporary.
const beginRehearsal = `BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; SELECT "version" FROM "_loam_state"`

// Rehearse implements store.Rehearser. The connection is closed afterwards, since what is prepared
// on it speaks of the copies.
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
	t.discard, t.meter = true, store.NewMeter(0, nil) // the figures are those of the real tables
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

// copyTable makes a temporary table with the first rows and the indexes of another one of its name,
// and returns how many rows it has.
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

// UsedIndexes implements store.Rehearser: PostgreSQL counts the uses, for all programs that read
// the database.
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
