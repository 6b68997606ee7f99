package change

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

const (
	// pruneEvery is how often old rows are looked for.
	pruneEvery = 5 * time.Minute
	// pruneRows is how many are taken out in one transaction, so that no write waits
	// long for it.
	pruneRows = 2000
)

// prunes takes old rows out of the log from time to time, until ctx ends.
func (l *Log) prunes(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.Prune(ctx); err != nil && ctx.Err() == nil {
			l.Config.Log.Warn("prune the change log", "error", err)
		}
	}
}

// Prune takes out of the log what is older than Config.Keep and, from the oldest
// on, what is more than Config.KeepRows. It never takes out the last transaction.
func (l *Log) Prune(ctx context.Context) error {
	rows := int64(0)
	err := l.Store.Read(ctx, func(r store.Reader) (err error) {
		rows, err = integer(r, `SELECT count(*) FROM "_changes"`)
		return err
	})
	if err != nil {
		return err
	}
	for excess := rows - int64(l.KeepRows); ; excess -= pruneRows {
		more := false
		err := l.Store.Write(ctx, func(tx store.Tx) (err error) {
			more, err = l.pruneSome(tx, min(max(excess, 0), pruneRows))
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

// pruneSome takes out of the oldest rows those that are too old, and the first
// excess ones. more reports that there may be more like them.
func (l *Log) pruneSome(tx store.Tx, excess int64) (more bool, err error) {
	to, found, err := l.prunable(tx, excess)
	if err != nil || found == 0 {
		return false, err
	}
	current, _, err := readState(tx)
	if err != nil {
		return false, err
	}
	current.Pruned = max(current.Pruned, to.seq)
	if err := l.writeState(tx, current); err != nil {
		return false, err
	}
	_, err = tx.Exec(`DELETE FROM "_changes" WHERE ("seq", "n") <= ($1, $2)`, store.Int(to.seq), store.Int(int64(to.n)))
	return found == pruneRows, err
}

// prunable is the last of the oldest rows that are to go, and how many go.
func (l *Log) prunable(r store.Reader, excess int64) (to place, found int64, err error) {
	rows, err := r.Query(`SELECT "seq", "n", "at" FROM "_changes" WHERE "seq" < (SELECT max("seq") FROM "_changes") `+
		`ORDER BY "seq", "n" LIMIT $1`, store.Int(pruneRows))
	if err != nil {
		return to, 0, err
	}
	defer rows.Close()
	oldest := l.Now().Add(-l.Keep).UnixMilli()
	for rows.Next() && (found < excess || rows.Int(2) < oldest) {
		to = place{rows.Int(0), int(rows.Int(1))}
		found++
	}
	return to, found, rows.Close()
}
