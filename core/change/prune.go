// Pruning: old rows of the log are deleted a few at a time.

package change

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

const (
	// pruneEvery is the interval of pruning.
	pruneEvery = 5 * time.Minute
	// pruneRows is the number of rows that one transaction deletes, so that no write waits long.
	pruneRows = 2000
)

// pruneLoop prunes the log every pruneEvery, until ctx ends.
func (l *Log) pruneLoop(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.Prune(ctx); err != nil && ctx.Err() == nil {
			l.cfg.Log.Warn("prune the change log", "error", err)
		}
	}
}

// Prune deletes rows that are older than Config.Keep and, oldest first, rows in excess of
// Config.KeepRows. It never deletes the last transaction: its number is needed for the next one.
// Errors are those of the store; rows that were deleted before an error stay deleted.
func (l *Log) Prune(ctx context.Context) error {
	rows := int64(0)
	err := l.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		rows, err = store.Number(r, `SELECT count(*) FROM "_changes"`)
		return err
	})
	if err != nil {
		return err
	}
	// The rows are counted once. Rows that are written meanwhile wait for the next pruning.
	for excess := rows - int64(l.cfg.KeepRows); ; excess -= pruneRows {
		more := false
		err := l.cfg.Store.Write(ctx, func(tx store.Tx) (err error) {
			more, err = l.pruneSome(tx, min(max(excess, 0), pruneRows))
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

// pruneSome deletes up to pruneRows of the oldest rows: the first excess rows, and rows that are
// too old. more reports that it has deleted pruneRows rows.
func (l *Log) pruneSome(tx store.Tx, excess int64) (more bool, err error) {
	to, found, err := l.prunable(tx, excess)
	if err != nil || found == 0 {
		return false, err
	}
	current, _, err := readState(tx)
	if err != nil {
		return false, err
	}
	// Stored in the transaction that deletes: a subscriber that reads an older position sees both
	// changes or none.
	current.Pruned = max(current.Pruned, to.Seq)
	if err := writeState(tx, current, l.cfg.Now()); err != nil {
		return false, err
	}
	_, err = tx.Exec(`DELETE FROM "_changes" WHERE ("seq", "n") <= ($1, $2)`, store.Int(to.Seq), store.Int(int64(to.N)))
	return found == pruneRows, err
}

// prunable returns the position of the last row that pruneSome is to delete, and the number of
// these rows.
func (l *Log) prunable(r store.Reader, excess int64) (to Position, found int64, err error) {
	rows, err := r.Query(`SELECT "seq", "n", "at" FROM "_changes" WHERE "seq" < (SELECT max("seq") FROM "_changes") `+
		`ORDER BY "seq", "n" LIMIT $1`, store.Int(pruneRows))
	if err != nil {
		return to, 0, err
	}
	defer rows.Close()
	oldest := l.cfg.Now().Add(-l.cfg.Keep).UnixMilli()
	for rows.Next() && (found < excess || rows.Int(2) < oldest) {
		to = Position{rows.Int(0), int(rows.Int(1))}
		found++
	}
	return to, found, rows.Close()
}
