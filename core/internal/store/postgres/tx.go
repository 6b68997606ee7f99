// Write transactions: savepoints, and what runs after the commit.

package postgres

import (
	"context"
	"strconv"

	"github.com/loambase/loam/core/internal/store"
)

// tx is one write transaction.
type tx struct {
	session
	committed []func() // of Tx.OnCommit
	depth     int      // of savepoints
	growth    *growth
	made      map[string]indexParts // indexes that it has made
	behind    bool                  // this process's caches are to follow its commit as those of others do
}

var _ store.Tx = (*tx)(nil)

// OnCommit implements store.Tx.
func (t *tx) OnCommit(fn func()) { t.committed = append(t.committed, fn) }

// Savepoint implements store.Tx.
func (t *tx) Savepoint(fn func() error) error {
	if err := t.usable(); err != nil {
		return err
	}
	t.depth++
	name := "s" + strconv.Itoa(t.depth)
	defer func() { t.depth-- }()
	if err := t.control(t.ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	// What fn queues for the commit goes with fn, if that is undone.
	queued := len(t.committed)
	kept := false
	defer func() {
		if !kept { // fn panicked: whoever recovers from it finds nothing of fn
			_ = t.undo(name, queued)
		}
	}()
	err := fn()
	kept = true
	if err == nil {
		// After an error PostgreSQL runs nothing but the rollback, so fn cannot have succeeded.
		err = t.failed // fn has passed over it
	}
	if err != nil {
		if undone := t.undo(name, queued); undone != nil {
			return undone
		}
		return err
	}
	return t.control(t.ctx, "RELEASE "+name)
}

// undo goes back to the savepoint. A transaction that is lost as a whole has none
// any more; that is not an error of its own.
func (t *tx) undo(name string, queued int) error {
	// The functions that are dropped may hold records: the memory is cleared, not only cut off.
	clear(t.committed[queued:])
	t.committed = t.committed[:queued]
	if t.lost != nil {
		return nil
	}
	// The deadline of the call may be what failed. Going back is quick.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), cancelGrace)
	defer cancel()
	t.failed = nil
	return t.control(ctx, "ROLLBACK TO "+name+"; RELEASE "+name)
}

// control runs what steers the transaction.
func (t *tx) control(ctx context.Context, sql string) error {
	t.park()
	if t.failed != nil {
		return t.failed
	}
	if t.opening.pending {
		if err := t.openAlone(); err != nil {
			return err
		}
	}
	if _, err := t.pg.Exec(ctx, sql).ReadAll(); err != nil {
		return t.fail(err)
	}
	return nil
}
