// The transaction of a write: it collects changes, appends them to the log, and does the work after
// the commit.

package record

import (
	"context"
	"errors"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// commit is a set of writes that one transaction stores.
type commit struct {
	service   *Service
	first     *writeRequest // its snapshot and caller hold for all writes
	asked     []*writeRequest
	writes    []*writeRequest // the writes of the last attempt that have run, one for each record
	exclusive bool            // run the Before hooks in the transaction
	answer    func(i int, tx store.Tx) error
	passwords *passwordWork

	tx      *writeTx // of the last attempt
	uploads *removal.Upload
	stored  []removal.Entry // files that were stored inside of another transaction
	strays  []removal.Entry // files that hooks have stored in failed attempts
	failed  int             // position of the write that ran last
}

func (s *Service) newCommit(asked []*writeRequest, exclusive bool, answer func(i int, tx store.Tx) error) *commit {
	return &commit{service: s, first: asked[0], asked: asked, exclusive: exclusive, answer: answer, passwords: asked[0].work}
}

// all returns the writes that have run, and those that were to follow.
func (c *commit) all() []*writeRequest {
	next := 0
	if len(c.writes) > 0 {
		next = c.writes[len(c.writes)-1].turn + 1
	}
	return append(slices.Clip(c.writes), c.asked[next:]...)
}

// hashAndStoreFiles does the slow work before the transaction: it hashes passwords, and stores
// files, which must exist before a record names them.
func (c *commit) hashAndStoreFiles(ctx context.Context) error {
	if err := c.service.hashPasswords(ctx, c.asked); err != nil {
		return err
	}
	announced := c.announceFiles(ctx)
	for i, w := range c.asked {
		c.failed = i
		if err := w.storeFiles(ctx, announced); err != nil {
			return errors.Join(err, wait(announced))
		}
	}
	c.failed = 0
	return wait(announced)
}

// wait calls announced, unless it is nil, and returns its error.
func wait(announced func() error) error {
	if announced == nil {
		return nil
	}
	return announced()
}

// announceFiles queues the files for removal before they are stored; the transaction removes them
// from the queue. announced waits until the queue is durable. Inside of another transaction
// announced is nil: the announcement would be rolled back with the transaction, so there is none.
func (c *commit) announceFiles(ctx context.Context) (announced func() error) {
	var list []removal.Entry
	for _, w := range c.asked {
		if names := w.uploadNames(); len(names) > 0 {
			list = append(list, removal.Entry{Folder: fileFolder(w.collection, w.id), Names: names})
		}
	}
	if c.service.outer != nil {
		c.stored = list
		return nil
	}
	c.uploads, announced = c.service.cfg.Removals.Announce(ctx, list)
	return announced
}

// begin starts an attempt. Files that hooks stored in an earlier attempt are collected for removal.
func (c *commit) begin(tx store.Tx) (err error) {
	if c.tx != nil {
		c.strays = append(c.strays, c.tx.stored...)
	}
	if c.tx, err = c.service.newWriteTx(tx, c.first.rq.snapshot, c.first.op.Caller.Actor()); err != nil {
		return err
	}
	c.tx.passwords, c.tx.bounded, c.writes = c.passwords, !c.first.rq.superuser, nil
	return nil
}

// end runs the last statements of the transaction.
func (c *commit) end() error {
	for _, w := range c.writes {
		if !w.skipped {
			c.tx.stale = append(c.tx.stale, w.unusedFiles()...)
		}
	}
	if err := c.uploads.Keep(c.tx.tx); err != nil {
		return err
	}
	return c.tx.end()
}

// afterRollback removes the files of writes that have failed. A write that begins again stores its
// files under the same names, so these files stay in the queue until then, except those of a record
// that will get another id.
func (c *commit) afterRollback(ctx context.Context, err error) {
	strays := append(c.strays, c.stored...)
	if c.tx != nil {
		strays = append(strays, c.tx.stored...)
		runAll(c.tx.afterRollback)
	}
	c.service.discard(ctx, strays)
	var again []string
	if errors.Is(err, errStale) || errors.Is(err, errMoved) {
		for _, w := range c.asked {
			if !w.drawnID {
				again = append(again, fileFolder(w.collection, w.id))
			}
		}
	}
	c.uploads.Drop(ctx, again...)
}

// afterCommit does the work that waits for the transaction to be durable.
func (c *commit) afterCommit(ctx context.Context) {
	c.writes = slices.DeleteFunc(c.writes, func(w *writeRequest) bool { return w.skipped })
	c.service.discard(ctx, c.strays)
	c.tx.finish(c.stored)
	c.service.runAfterSuccess(ctx, c.writes)
}

// writeTx is one transaction: its changes so far, and the work to be done when it has ended. Hooks
// inside of it get services that are bound to it (tx_store.go).
type writeTx struct {
	service   *Service
	tx        store.Tx
	snapshot  *schema.Snapshot
	by        string // Caller.Actor, for the change log
	changes   []change.Change
	stale     []removal.Entry // files that no record names any more
	passwords *passwordWork   // nil if the transaction cannot be run again

	bounded bool // cascade is limited to Config.CascadeLimit
	cascade int  // the number of records that deletions have deleted or changed

	truncated *schema.Collection // being truncated: relations among its records are not changed

	// Set by the transactions of hooks inside of this transaction:
	stored        []removal.Entry // stored files
	afterCommit   []func()        // called when this transaction is durable
	afterRollback []func()        // called when this transaction has ended, for writes that failed in it
}

// newWriteTx returns a writeTx. If the definitions are not the stored ones the error is errStale:
// names in them may have another meaning now.
func (s *Service) newWriteTx(tx store.Tx, snapshot *schema.Snapshot, by string) (*writeTx, error) {
	if s.cfg.Snapshot() != snapshot {
		return nil, errStale
	}
	return &writeTx{service: s, tx: tx, snapshot: snapshot, by: by}, nil
}

// changed adds a change for the change log.
func (t *writeTx) changed(c *schema.Collection, id string, a change.Action, before []byte) {
	t.changes = append(t.changes, change.Change{
		Kind: change.Record, Collection: c.ID, Record: id, Action: a, Before: before, By: t.by,
	})
}

// end queues the files that are to be deleted and writes the change log, as the last statements of
// the transaction.
func (t *writeTx) end() error {
	if err := t.service.cfg.Removals.Add(t.tx, t.stale); err != nil {
		return err
	}
	return t.service.cfg.Changes.Append(t.tx, t.changes)
}

// table returns the table of the collection.
func (t *writeTx) table(c *schema.Collection) *table { return t.service.table(t.snapshot, c) }

// finish does the work that waits for the transaction to be durable. Within an outer transaction,
// the outer one gets the work. stored are the files that were stored for the transaction.
func (t *writeTx) finish(stored []removal.Entry) {
	if o := t.service.outer; o != nil {
		o.stored = append(append(o.stored, stored...), t.stored...)
		o.afterCommit = append(o.afterCommit, t.afterCommit...)
		o.afterRollback = append(o.afterRollback, t.afterRollback...)
		return
	}
	runAll(t.afterCommit)
	runAll(t.afterRollback) // of writes of hooks that failed while the transaction succeeded
}

// discard removes files that no record will ever name. Inside of another transaction it waits for
// the end of that transaction.
func (s *Service) discard(ctx context.Context, files []removal.Entry) {
	if s.outer == nil || len(files) == 0 {
		s.cfg.Removals.Discard(ctx, files)
		return
	}
	s.outer.afterRollback = append(s.outer.afterRollback, func() { s.root.discard(ctx, files) })
}

func runAll(list []func()) {
	for _, fn := range list {
		fn()
	}
}
