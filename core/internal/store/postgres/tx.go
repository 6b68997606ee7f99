// Write transactions: savepoints, and functions that run after the commit.

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
	depth     int      // number of open savepoints
	growth    *growth
	made      map[string]indexParts // indexes that the transaction has made
	behind    bool                  // the caches of this process follow the commit as those of other processes do
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
	// If fn is undone, the functions that fn has given to OnCommit are dropped.
	queued := len(t.committed)
	kept := false
	defer func() {
		if !kept { // fn panicked: its changes must be gone if the panic is recovered
			_ = t.undo(name, queued)
		}
	}()
	err := fn()
	kept = true
	if err == nil {
		// After an error PostgreSQL runs nothing but the rollback, so fn cannot have succeeded.
		err = t.failed // fn has ignored the error
	}
	if err != nil {
		if undone := t.undo(name, queued); undone != nil {
			return undone
		}
		return err
	}
	return t.control(t.ctx, "RELEASE "+name)
}

// undo rolls back to the savepoint. It does nothing in a lost transaction, which has no savepoints any
// more.
func (t *tx) undo(name string, queued int) error {
	// The functions that are dropped may hold records: the memory is cleared, not only cut off.
	clear(t.committed[queued:])
	t.committed = t.committed[:queued]
	if t.lost != nil {
		return nil
	}
	// The call may have failed at its deadline. The rollback gets a short time of its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), cancelGrace)
	defer cancel()
	t.failed = nil
	return t.control(ctx, "ROLLBACK TO "+name+"; RELEASE "+name)
}

// control runs a statement that steers the transaction, such as SAVEPOINT.
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
