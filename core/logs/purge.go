// Purging: what is too old, too much or below the level is deleted, a little at a time, and the
// space given back.

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
	// purgeRows is how many rows one transaction deletes at most.
	purgeRows = 2000
	// The size is looked at each time when a part of its limit was written, at least lookBytes.
	lookPart  = 20
	lookBytes = 1 << 20
	// sampled rows tell how large a row is on average.
	sampled = 500
	// rowOverhead and compactOverhead are the bytes of a row in the plain and the compact form
	// without message and data: id, time, level.
	rowOverhead     = 80
	compactOverhead = 25
)

// Changed is told of new settings: what they do not keep any more is deleted soon.
func (s *Service) Changed(old, now *settings.Settings) {
	if old.Logs != now.Logs && s.active.Load() {
		signal(s.purges)
	}
}

// Purge deletes the entries that the settings do not keep any more: entries older than
// logs.maxDays, entries below logs.minLevel, and the oldest entries beyond logs.maxSize. Then the
// database gives back the space, where it can. With logs.maxDays 0 Purge deletes all entries, and
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

// Truncate deletes all entries. Who is not a superuser gets the fault of record.Caller.RequireSuperuser.
func (s *Service) Truncate(ctx context.Context, caller record.Caller) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return s.clear(ctx)
}

// clear deletes all entries that are written. What is queued comes after.
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

// watchSize deletes what is beyond the size, when enough was written since the last time.
func (s *Service) watchSize(ctx context.Context) {
	limit := s.cfg.Settings().Logs.MaxSize
	if limit <= 0 || s.written < max(lookBytes, min(limit, settings.MaxLogSize)<<20/lookPart) {
		return
	}
	s.written = 0
	db, err := s.open(ctx)
	if err != nil {
		return // the next write says it
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

// deleteOld deletes entries older than that. Rows are in the order of their time, but for moments: so
// it looks at the first ones only, and needs no index.
func (s *Service) deleteOld(ctx context.Context, db *database, days int) (deleted int64, err error) {
	const most = 100 * 365 // a time further back could not be written in order
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

// leading is the last of the first rows that are older, up to purgeRows of them.
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

// deleteBeyond deletes the oldest entries until the rest takes less than nine tenths of the megabytes, if
// all together take more than them; 0 is no limit. What they take is estimated from the newest ones.
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
	if err != nil || (last-first+1)*size <= limit { // not even if there are no gaps
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

// bounds are the first and the last row; 0 and 0 if there is none.
func bounds(ctx context.Context, db store.Store) (first, last int64, err error) {
	if first, err = queryNumber(ctx, db, `SELECT min("_rowid_") FROM "_logs"`); err != nil {
		return 0, 0, err
	}
	last, err = queryNumber(ctx, db, `SELECT max("_rowid_") FROM "_logs"`)
	return first, last, err
}

// averageSize is how many bytes an entry takes, about; never 0.
func (db *database) averageSize(ctx context.Context) (int64, error) {
	size, overhead := `length("message") + length(CAST("data" AS TEXT))`, int64(rowOverhead)
	if db.compact {
		size, overhead = `coalesce(length("text"), 0) + length("body")`, compactOverhead
	}
	n, err := queryNumber(ctx, db, fmt.Sprintf(`SELECT avg("size") FROM (SELECT `+size+` AS "size" `+
		`FROM `+db.rows+` ORDER BY "_rowid_" DESC LIMIT %d) AS "newest"`, sampled))
	return n + overhead, err
}

// queryNumber is the number that a query gives, 0 for NULL.
func queryNumber(ctx context.Context, db store.Store, sql string) (n int64, err error) {
	err = db.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query(sql)
		if err != nil {
			return err
		}
		if rows.Next() {
			n = int64(rows.Float(0))
		}
		return rows.Close()
	})
	return n, err
}
