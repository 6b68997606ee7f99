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

// lease is how long a file may be stored before its record is: after that the process that
// stored it is taken for gone, and the file for a leftover.
const lease = time.Hour

// Upload is files that are being stored, of any number of records. A nil *Upload has none.
type Upload struct {
	queue *Queue
	rows  []row
}

// Announce begins to queue files that are about to be stored. The caller has to call durable,
// which waits until that is done, and may do so several times; no file may have its name before.
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

// Keep takes the files out of the queue, as a part of the transaction in which their
// records are stored. A transaction that comes after the lease is a fault.Unavailable.
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

// Drop has the files removed, unless Keep was called in a transaction that was committed,
// perhaps without anybody knowing. Files in the folders that are named stay until the lease
// ends. Of an error only the log is told: they go later then.
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
