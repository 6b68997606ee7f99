// Uploads: files that are stored before the record that names them.

package removal

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
)

// lease is the maximum time between the announcement of a file and the write of its record. After
// the lease the file counts as a leftover of a process that has ended.
const lease = time.Hour

// Upload holds files that are being stored, of any number of records. A nil *Upload has no files.
type Upload struct {
	queue *Queue
	rows  []row
}

// Announce begins to queue files that are about to be stored. durable waits until the files are
// queued. The caller must call durable at least once, and must not give a file its name before
// durable has returned nil.
func (q *Queue) Announce(ctx context.Context, entries []Entry) (u *Upload, durable func() error) {
	if len(entries) == 0 {
		return nil, func() error { return nil }
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = row{id: newID(), Entry: e, upload: true}
	}
	u = &Upload{queue: q, rows: rows}
	durable = sync.OnceValue(func() error {
		return q.cfg.Store.Write(ctx, func(tx store.Tx) error {
			for i := range rows {
				rows[i].due = q.cfg.Now().Add(lease)
			}
			return insert(tx, rows)
		})
	})
	go durable()
	return u, durable
}

// Keep removes the files from the queue, in the transaction that stores their records. After the
// lease the error is a fault of the kind Unavailable.
func (u *Upload) Keep(tx store.Tx) error {
	if u == nil {
		return nil
	}
	n, err := execOn(tx, `DELETE FROM "_removals" WHERE "upload" = 1 AND "id"`, ids(u.rows))
	if err == nil && n != int64(len(u.rows)) {
		err = fault.New(fault.Unavailable, "It took too long to store the files.")
	}
	return err
}

// Drop queues the files for removal at once, unless a transaction with Keep was committed, even if
// the result of the commit is unknown. Files in the folders except stay until the lease ends. An
// error is only logged: the files are then removed after the lease.
func (u *Upload) Drop(ctx context.Context, except ...string) {
	if u == nil {
		return
	}
	q := u.queue
	var drop []string
	for _, r := range u.rows {
		if !slices.Contains(except, r.Folder) {
			drop = append(drop, r.id)
		}
	}
	if len(drop) == 0 {
		return
	}
	err := q.cfg.Store.Write(context.WithoutCancel(ctx), func(tx store.Tx) error {
		tx.OnCommit(q.wake)
		_, err := execOn(tx, `UPDATE "_removals" SET "due" = 0 WHERE "upload" = 1 AND "id"`, drop)
		return err
	})
	if err != nil {
		q.cfg.Log.Warn("files of a write that failed are removed later", "error", err)
	}
}
