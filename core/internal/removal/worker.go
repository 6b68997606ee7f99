// The worker, which claims due entries, a few at a time, and removes their files.

package removal

import (
	"context"
	"errors"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

const (
	claimTime = 10 * time.Minute // time for which claimed entries are left to the process that has claimed them
	lookEvery = time.Minute      // time between two searches for entries of other processes
	failPause = 10 * time.Second // pause of the worker after an error
	failDelay = time.Minute      // delay of an entry whose files could not be removed
)

// Run removes the files of due entries until ctx ends.
func (q *Queue) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := q.removeSome(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			q.cfg.Log.Warn("remove files", "error", err)
			wait(ctx, failPause, nil)
		case n == 0:
			wait(ctx, lookEvery, q.woke)
		}
	}
	return nil
}

// wait returns after d, or when ctx ends or earlier receives.
func wait(ctx context.Context, d time.Duration, earlier <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-earlier:
	case <-timer.C:
	}
}

// Removed returns the number of entries that this process has removed.
func (q *Queue) Removed() uint64 { return q.removed.Load() }

// Waiting returns the number of entries in the queue, including the entries of unfinished
// uploads and those of other processes.
func (q *Queue) Waiting(ctx context.Context) (n int64, err error) {
	err = q.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		n, err = store.Number(r, `SELECT COUNT(*) FROM "_removals"`)
		return err
	})
	return n, err
}

// Settle removes the files of all due entries, and waits for the current work of Run.
func (q *Queue) Settle(ctx context.Context) error {
	for {
		if n, err := q.removeSome(ctx); n == 0 || err != nil {
			return err
		}
	}
}

// Recover makes all entries of earlier processes due at once. It may be called only while no other
// process uses the database.
func (q *Queue) Recover(ctx context.Context) error {
	var left bool
	err := q.cfg.Store.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query(`SELECT 1 FROM "_removals" WHERE "due" > 0 LIMIT 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		left = rows.Next()
		return rows.Close()
	})
	if err != nil || !left { // saves the write at most starts
		return err
	}
	return q.cfg.Store.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(`UPDATE "_removals" SET "due" = 0, "upload" = 0`)
		return err
	})
}

// Hold keeps this process from removing files until release is called; release must be called once.
// Hold waits until no files are being removed. The error is that of ctx.
func (q *Queue) Hold(ctx context.Context) (release func(), err error) {
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// removeSome claims some due entries, removes their files, and returns the number of the entries.
func (q *Queue) removeSome(ctx context.Context) (n int, err error) {
	q.working.Lock()
	defer q.working.Unlock()
	if err := q.settleOwed(ctx); err != nil {
		return 0, err
	}
	list, err := q.claim(ctx)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	at := q.cfg.Now()
	release, ok, err := q.cfg.Share(ctx)
	if ok {
		for n < len(list) && err == nil {
			if err = q.remove(ctx, list[n]); err == nil {
				n++
				q.removed.Add(1)
			}
		}
		release()
	}
	// An entry has not failed if its removal was cut off because the worker stops.
	o := &outcome{claimed: list, at: at, removed: n, failed: err != nil && ctx.Err() == nil}
	if settled := q.settle(context.WithoutCancel(ctx), o); settled != nil {
		q.owed = o
		err = errors.Join(err, settled)
	}
	return n, err
}

// outcome is the result of removing the files of the rows that were claimed together.
type outcome struct {
	claimed []row
	at      time.Time // when the rows were claimed, or a little later
	removed int       // number of rows, from the first on, whose files are removed
	failed  bool      // the files of the next row could not be removed
}

// settleOwed writes the outcome that an earlier call could not write, because the database had
// gone away. Until it is written, the rows stay claimed for claimTime. After that any process may
// claim them, and the outcome is dropped.
func (q *Queue) settleOwed(ctx context.Context) error {
	if q.owed == nil {
		return nil
	}
	if q.cfg.Now().Sub(q.owed.at) < claimTime {
		if err := q.settle(ctx, q.owed); err != nil {
			return err
		}
	}
	q.owed = nil
	return nil
}

// claim claims due rows for claimTime, in which other processes do not claim them. The record of a
// claimed upload cannot be stored any more.
func (q *Queue) claim(ctx context.Context) (list []row, err error) {
	now := q.cfg.Now()
	err = q.cfg.Store.Read(ctx, func(r store.Reader) error {
		list, err = due(r, now)
		return err
	})
	if err != nil || len(list) == 0 { // saves the write if no row is due
		return nil, err
	}
	err = q.cfg.Store.Write(ctx, func(tx store.Tx) error {
		if list, err = due(tx, now); err != nil {
			return err
		}
		_, err := execOn(tx, `UPDATE "_removals" SET "upload" = 0, "due" = $1 WHERE "id"`, ids(list), millis(now.Add(claimTime)))
		return err
	})
	return list, err
}

// settle writes an outcome: it deletes the rows whose files are removed, and makes the other rows
// due again, at once or, for the row that failed, after failDelay.
func (q *Queue) settle(ctx context.Context, o *outcome) error {
	n, list := o.removed, o.claimed
	return q.cfg.Store.Write(ctx, func(tx store.Tx) error {
		if _, err := execOn(tx, `DELETE FROM "_removals" WHERE "id"`, ids(list[:n])); err != nil || n == len(list) {
			return err
		}
		const delay = `UPDATE "_removals" SET "due" = $1 WHERE "id"`
		rest := list[n:]
		if o.failed {
			if _, err := execOn(tx, delay, ids(rest[:1]), millis(q.cfg.Now().Add(failDelay))); err != nil {
				return err
			}
			rest = rest[1:]
		}
		_, err := execOn(tx, delay, ids(rest), store.Int(0))
		return err
	})
}

func ids(list []row) []string {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.id
	}
	return ids
}
