// Purging: entries that are too old, too many or below the level are deleted in small transactions,
// and unused space is returned.

package logs

import (
	"context"
	"errors"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

const (
	// purgeRows is the maximum number of rows that one transaction deletes.
	purgeRows = 2000
	// The size is checked when 1/lookPart of its limit was written since the last check, but at
	// least lookBytes.
	lookPart  = 20
	lookBytes = 1 << 20
	// sampled is the number of rows from which the average size of a row is taken.
	sampled = 500
	// rowOverhead and compactOverhead are the bytes of a row in the plain and the compact form
	// without message and data: id, time, level.
	rowOverhead     = 80
	compactOverhead = 25
)

// Changed starts a purge if the settings of logs have changed.
func (s *Service) Changed(old, now *settings.Settings) {
	if old.Logs != now.Logs && s.active.Load() {
		signal(s.purges)
	}
}

// Purge deletes the entries that the settings do not keep any more: entries older than
// logs.maxDays, entries below logs.minLevel, and the oldest entries beyond logs.maxSize. Then the
// database returns the unused space, if it can. With logs.maxDays 0 Purge deletes all entries, and
// all samples of the metrics.
func (s *Service) Purge(ctx context.Context) error {
	keep := s.cfg.Settings().Logs
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	if keep.MaxDays <= 0 {
		return errors.Join(deleteSamples(ctx, db), s.clear(ctx))
	}
	old, err := s.deleteOld(ctx, db, keep.MaxDays)
	if err != nil {
		return fmt.Errorf("old entries: %w", err)
	}
	below, err := deleteBelow(ctx, db, keep.MinLevel)
	if err != nil {
		return fmt.Errorf("entries below the level: %w", err)
	}
	beyond, err := s.deleteBeyond(ctx, db, keep.MaxSize)
	if err != nil {
		return fmt.Errorf("entries beyond the size: %w", err)
	}
	if old+below+beyond == 0 {
		return nil
	}
	return shrink(ctx, db)
}

// Truncate deletes all entries. For callers who are not superusers the fault is that of
// record.Caller.RequireSuperuser.
func (s *Service) Truncate(ctx context.Context, caller record.Caller) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return s.clear(ctx)
}

// clear deletes all written entries. Queued entries are written later and stay.
func (s *Service) clear(ctx context.Context) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(`DELETE FROM ` + db.rows)
		return err
	}); err != nil {
		return err
	}
	return shrink(ctx, db)
}

// watchSize deletes entries beyond the size limit, if enough was written since its last check.
func (s *Service) watchSize(ctx context.Context) {
	limit := s.cfg.Settings().Logs.MaxSize
	if limit <= 0 || s.written < max(lookBytes, min(limit, settings.MaxLogSize)<<20/lookPart) {
		return
	}
	s.written = 0
	db, err := s.open(ctx)
	if err != nil {
		return // the next write reports the error
	}
	n, err := s.deleteBeyond(ctx, db, limit)
	if err == nil && n > 0 {
		err = shrink(ctx, db)
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Console.Warn("purge the logs", "error", err)
	}
}

func shrink(ctx context.Context, db *database) error {
	if can, ok := db.Store.(store.Shrinker); ok {
		return can.Shrink(ctx)
	}
	return nil
}

// deleteOld deletes entries that are older than the number of days. Rows are nearly in the order of
// their time, so deleteOld reads the first rows only, and needs no index.
func (s *Service) deleteOld(ctx context.Context, db *database, days int) (deleted int64, err error) {
	const most = 100 * 365 // the text of an earlier time might not sort before later ones
	before := schema.FormatTime(s.cfg.Now().AddDate(0, 0, -min(days, most)))
	for {
		n := int64(0)
		err := db.Write(ctx, func(tx store.Tx) error {
			last, found, err := leading(tx, before)
			if err != nil || !found {
				return err
			}
			n, err = tx.Exec(`DELETE FROM `+db.rows+` WHERE "_rowid_" IN (SELECT "_rowid_" FROM "_logs" WHERE "_rowid_" <= $1 AND "created" < $2)`,
				store.Int(last), store.Text(before))
			return err
		})
		deleted += n
		if err != nil || n < purgeRows {
			return deleted, err
		}
	}
}

// leading returns the number of the last row of those at the beginning of the table, at most
// purgeRows, that are older than before. found is false if the first row is not older.
func leading(r store.Reader, before string) (last int64, found bool, err error) {
	rows, err := r.Query(`SELECT "_rowid_", "created" FROM "_logs" ORDER BY "_rowid_" LIMIT $1`, store.Int(purgeRows))
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() && rows.Text(1) < before {
		last, found = rows.Int(0), true
	}
	return last, found, rows.Err()
}

// deleteBelow deletes entries below the level, one range of rows after the other.
func deleteBelow(ctx context.Context, db *database, level int) (deleted int64, err error) {
	first, last, err := bounds(ctx, db)
	if err != nil {
		return 0, err
	}
	for ; first <= last; first += purgeRows {
		err := db.Write(ctx, func(tx store.Tx) error {
			n, err := tx.Exec(`DELETE FROM `+db.rows+` WHERE "_rowid_" >= $1 AND "_rowid_" < $2 AND "level" < $3`,
				store.Int(first), store.Int(first+purgeRows), store.Float(float64(level)))
			deleted += n
			return err
		})
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// deleteBeyond deletes the oldest entries if all entries take more than the megabytes, until the
// rest takes nine tenths of the megabytes; 0 means no limit. The size is estimated from the newest
// entries.
func (s *Service) deleteBeyond(ctx context.Context, db *database, megabytes int) (deleted int64, err error) {
	if megabytes <= 0 {
		return 0, nil
	}
	limit := int64(min(megabytes, settings.MaxLogSize)) << 20
	first, last, err := bounds(ctx, db)
	if err != nil {
		return 0, err
	}
	size, err := db.averageSize(ctx)
	if err != nil || (last-first+1)*size <= limit { // within the limit even if the row numbers have no gaps
		return 0, err
	}
	count, err := queryNumber(ctx, db, `SELECT count(*) FROM "_logs"`)
	if err != nil || count*size <= limit {
		return 0, err
	}
	for excess := count - limit/10*9/size; excess > 0; excess -= purgeRows {
		err := db.Write(ctx, func(tx store.Tx) error {
			n, err := tx.Exec(`DELETE FROM `+db.rows+` WHERE "_rowid_" IN (SELECT "_rowid_" FROM "_logs" ORDER BY "_rowid_" LIMIT $1)`,
				store.Int(min(excess, purgeRows)))
			deleted += n
			return err
		})
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// bounds returns the numbers of the first and the last row; 0 and 0 for an empty table.
func bounds(ctx context.Context, db store.Store) (first, last int64, err error) {
	if first, err = queryNumber(ctx, db, `SELECT min("_rowid_") FROM "_logs"`); err != nil {
		return 0, 0, err
	}
	last, err = queryNumber(ctx, db, `SELECT max("_rowid_") FROM "_logs"`)
	return first, last, err
}

// averageSize returns the estimated size of an entry in bytes; never 0.
func (db *database) averageSize(ctx context.Context) (int64, error) {
	size, overhead := `length("message") + length(CAST("data" AS TEXT))`, int64(rowOverhead)
	if db.compact {
		size, overhead = `coalesce(length("text"), 0) + length("body")`, compactOverhead
	}
	n, err := queryNumber(ctx, db, fmt.Sprintf(`SELECT CAST(avg("size") AS INTEGER) FROM (SELECT `+size+` AS "size" `+
		`FROM `+db.rows+` ORDER BY "_rowid_" DESC LIMIT %d) AS "newest"`, sampled))
	return n + overhead, err
}

// queryNumber returns the whole number that a query returns, 0 for NULL, in a read of its own.
func queryNumber(ctx context.Context, db store.Store, sql string) (n int64, err error) {
	err = db.Read(ctx, func(r store.Reader) (err error) {
		n, err = store.Number(r, sql)
		return err
	})
	return n, err
}
