// Package removal is the queue of stored files to delete: files that a record no longer names,
// files of deleted records, fields and collections, and uploads whose record was never stored.
//
// The transaction that makes a file unused queues the file, and a worker deletes the file after the
// commit. An upload is queued before it is stored, and the transaction that stores its record
// removes the upload from the queue. So whenever the process ends, each file is named by a record
// or is in the queue. The worker checks again before it deletes: a file that a record names stays,
// even if the file is queued. The thumbs of a file are deleted with the file; the queue entry stays
// until no thumb of the file is being made.
package removal

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/store"
)

// Config holds the dependencies of a Queue.
type Config struct {
	Store store.Store
	Blobs blob.Store
	Log   *slog.Logger
	Now   func() time.Time // default time.Now

	// Names returns the names in the file fields of a record, as the reader sees it. found
	// is false if there is no such record.
	Names func(r store.Reader, collection, record string) (names []string, found bool, err error)

	// Thumbs waits until this process has finished the thumbs that it is making of files in the
	// folder. Thumbs of removed files are then deleted. Default: Thumbs returns at once.
	Thumbs func(ctx context.Context, folder string) error

	// Share takes the shared lock of the files among processes before some files are removed;
	// release releases the lock. ok is false if another process holds the lock. Default: no lock.
	Share func(ctx context.Context) (release func(), ok bool, err error)
}

// Queue is the queue with its worker. It is safe for concurrent use; any number of
// processes may share its table.
type Queue struct {
	cfg  Config
	woke chan struct{} // capacity 1; signalled when entries are queued
	turn chan struct{} // capacity 1; held while files are removed, and by Hold

	removed atomic.Uint64 // number of entries removed

	working sync.Mutex // held while entries are claimed and removed
	owed    *outcome   // an outcome that could not be written yet; guarded by working
}

// New returns a Queue. Files are removed by Run and Settle only.
func New(c Config) *Queue {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Thumbs == nil {
		c.Thumbs = func(context.Context, string) error { return nil }
	}
	if c.Share == nil {
		c.Share = func(context.Context) (func(), bool, error) { return func() {}, true, nil }
	}
	return &Queue{cfg: c, woke: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
}

// Entry names the files to remove from one folder of the store of files.
type Entry struct {
	Folder string   // collectionId/recordId or, with Rest, collectionId
	Names  []string // files that the record does not name any more; their thumbs are removed too
	Rest   bool     // all files of the folder are removed, except files of existing records
}

// Add queues entries as a part of the transaction.
func (q *Queue) Add(tx store.Tx, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = row{id: newID(), Entry: e}
	}
	tx.OnCommit(q.wake)
	return insert(tx, rows)
}

// Discard adds entries in a separate transaction, even if ctx has ended. An error is only logged.
func (q *Queue) Discard(ctx context.Context, entries []Entry) {
	if len(entries) == 0 {
		return
	}
	err := q.cfg.Store.Write(context.WithoutCancel(ctx), func(tx store.Tx) error { return q.Add(tx, entries) })
	if err != nil {
		q.cfg.Log.Error("files that no record names are left", "folder", entries[0].Folder, "error", err)
	}
}

func (q *Queue) wake() {
	select {
	case q.woke <- struct{}{}:
	default:
	}
}
