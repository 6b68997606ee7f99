// Package removal is the queue of stored files that are to go: those of records that were
// deleted or name them no more, of fields and collections that are gone, and of uploads
// whose record was never stored.
//
// What no record names any more is queued in the transaction in which that happens, and
// removed after it by a worker. An upload is queued before it is stored, and taken out by
// the transaction that stores its record. So whenever the process ends, each file is named
// by a record or is in the queue. The worker looks once more before it removes: what a
// record names stays, whatever the queue says. The thumbs of a file go with it: its entry stays
// until none of them is being made.
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

// Config is what a Queue depends on.
type Config struct {
	Store store.Store
	Blobs blob.Store
	Log   *slog.Logger
	Now   func() time.Time // default time.Now

	// Names returns the names in the file fields of a record, as the reader sees it. found
	// is false if there is no such record.
	Names func(r store.Reader, collection, record string) (names []string, found bool, err error)

	// Thumbs waits until no thumb of the files of the folder that were removed is being made by
	// this process. Default: it returns at once.
	Thumbs func(ctx context.Context, folder string) error

	// Share is called before some files are removed, and release after that; ok is false if
	// another process holds them. Default: there is none.
	Share func(ctx context.Context) (release func(), ok bool, err error)
}

// Queue is the queue with its worker. It is safe for concurrent use; any number of
// processes may share its table.
type Queue struct {
	cfg  Config
	woke chan struct{} // has room for one: something was queued since the worker looked
	turn chan struct{} // has one token: who has it may remove files, or keeps others from it

	removed atomic.Uint64 // number of entries removed

	working sync.Mutex // held while entries are claimed and removed
	owed    *outcome   // an outcome that could not be written yet; guarded by working
}

// New returns a Queue of which nothing is removed before Run or Settle.
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

// Entry is what is to go of one folder of the store of files.
type Entry struct {
	Folder string   // collectionId/recordId or, with Rest, collectionId
	Names  []string // of files that the record does not name any more; their thumbs go too
	Rest   bool     // everything goes, unless the record is there again
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

// Discard is Add in a transaction of its own, also when ctx has ended. Of an error only the
// log is told.
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
