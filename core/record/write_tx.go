// The transaction of a write: changes collected, appended to the log, and followed up.

package record

import (
	"context"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// commit is one or more writes that are to be stored by one transaction.
type commit struct {
	service   *Service
	first     *writeRequest // whose snapshot and caller hold for all
	writes    []*writeRequest
	exclusive bool // run the Before hooks in the transaction
	answer    func(i int, tx store.Tx) error
	passwords *passwordWork
	expand    func(store.Tx) ([]*writeRequest, error) // if not nil: finds the writes in the transaction

	tx     *writeTx // of the last attempt
	files  []string // that were stored for the writes, also by hooks in failed attempts
	unsure bool     // the transaction was complete: if it failed then, it may still be durable
	failed int      // position of the write that was at work last
}

// hashAndStoreFiles does what takes long, before the transaction: the hashes of
// passwords and the files, which must be there before a record names them.
func (c *commit) hashAndStoreFiles(ctx context.Context) error {
	if err := c.service.hashPasswords(ctx, c.writes); err != nil {
		return err
	}
	for i, w := range c.writes {
		c.failed = i
		keys, err := w.storeFiles(ctx)
		if c.files = append(c.files, keys...); err != nil {
			return err
		}
	}
	c.failed = 0
	return nil
}

// begin starts an attempt. Files that hooks stored in an earlier one are noted, to be
// removed.
func (c *commit) begin(tx store.Tx) (err error) {
	c.unsure = false
	if c.tx != nil {
		c.files = append(c.files, c.tx.files...)
	}
	if c.tx, err = c.service.newWriteTx(tx, c.first.rq.snapshot, c.first.op.Caller.Actor()); err != nil {
		return err
	}
	c.tx.passwords, c.tx.bounded = c.passwords, !c.first.rq.superuser
	if c.expand != nil {
		c.writes, err = c.expand(tx)
	}
	return err
}

// end is the last act of the transaction.
func (c *commit) end() error {
	if err := c.tx.appendChanges(); err != nil {
		return err
	}
	c.unsure = true
	return nil
}

// afterRollback removes the files of writes that have failed, unless the transaction
// may have been committed all the same.
func (c *commit) afterRollback(ctx context.Context) {
	if c.tx != nil {
		c.files = append(c.files, c.tx.files...)
		runAll(c.tx.afterRollback)
	}
	if !c.unsure {
		c.service.removeFiles(ctx, c.files)
	}
}

// afterCommit does what had to wait for the transaction to be durable.
func (c *commit) afterCommit(ctx context.Context) {
	c.writes = slices.DeleteFunc(c.writes, func(w *writeRequest) bool { return w.skipped })
	for _, w := range c.writes {
		c.tx.staleFiles = append(c.tx.staleFiles, w.unusedFiles()...)
	}
	c.tx.finish(ctx, c.files)
	c.service.runAfterSuccess(ctx, c.writes)
}

// writeTx is one transaction: what it has changed so far, and what is to be done when
// it has ended. Hooks inside of it get services that are bound to it (tx_store.go).
type writeTx struct {
	service        *Service
	tx             store.Tx
	snapshot       *schema.Snapshot
	by             string // Caller.Actor, for the change log
	changes        []change.Change
	staleFiles     []string      // that no record names any more
	deletedFolders []string      // of deleted records
	passwords      *passwordWork // nil if the transaction cannot be run again

	bounded bool // the caller may change so many records by deletions and no more
	cascade int  // records that deletions have deleted or changed

	truncated *schema.Collection // whose records all go: relations among them are left alone

	// Left by the transactions of hooks inside of this one:
	files         []string // stored files
	afterCommit   []func() // run when this one is durable
	afterRollback []func() // run when this one has ended: about writes that failed in it
}

// newWriteTx begins one. If the definitions are not the stored ones the error is
// errStale: names in them may stand for something else by now.
func (s *Service) newWriteTx(tx store.Tx, snapshot *schema.Snapshot, by string) (*writeTx, error) {
	if s.cfg.Snapshot() != snapshot {
		return nil, errStale
	}
	return &writeTx{service: s, tx: tx, snapshot: snapshot, by: by}, nil
}

// changed notes a change for the change log.
func (t *writeTx) changed(c *schema.Collection, id string, a change.Action, before []byte) {
	t.changes = append(t.changes, change.Change{
		Kind: change.Record, Collection: c.ID, Record: id, Action: a, Before: before, By: t.by,
	})
}

// appendChanges writes the change log, as the last act of the transaction.
func (t *writeTx) appendChanges() error { return t.service.cfg.Changes.Append(t.tx, t.changes) }

// table is what writes know of the collection.
func (t *writeTx) table(c *schema.Collection) *table { return t.service.table(t.snapshot, c) }

// finish does what waits for the transaction to be durable; within another one it is
// left to that one. files are those that were stored for it.
func (t *writeTx) finish(ctx context.Context, files []string) {
	if o := t.service.outer; o != nil {
		o.staleFiles = append(o.staleFiles, t.staleFiles...)
		o.deletedFolders = append(o.deletedFolders, t.deletedFolders...)
		o.files = append(append(o.files, files...), t.files...)
		o.afterCommit = append(o.afterCommit, t.afterCommit...)
		o.afterRollback = append(o.afterRollback, t.afterRollback...)
		return
	}
	t.service.removeFiles(ctx, t.staleFiles)
	t.service.removeLeftovers(ctx, t.deletedFolders)
	runAll(t.afterCommit)
	runAll(t.afterRollback) // writes of hooks that failed without the whole failing
}

func runAll(list []func()) {
	for _, fn := range list {
		fn()
	}
}
