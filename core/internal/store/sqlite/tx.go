// Write transactions: one operation of a group.

package sqlite

import (
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// tx is the write transaction of one operation: a whole transaction, or its part of a group that
// commits together.
type tx struct {
	session
	committed []func() // functions of Tx.OnCommit
}

var _ store.Tx = (*tx)(nil)

// Stamp implements store.Reader. There is no stamp for the changes of the transaction itself.
func (t *tx) Stamp(...string) (uint64, bool) { return 0, false }

// Exec implements store.Tx.
func (t *tx) Exec(sql string, args ...store.Value) (n int64, err error) {
	s, err := t.start(sql, args)
	if err != nil {
		return 0, err
	}
	defer t.c.release(s)
	began := time.Now()
	defer func() { s.meter.Ran(t.span, began, n, args, err) }()
	// SQLite executes a statement row by row. A statement with RETURNING is therefore stepped to
	// its end, although its rows are not read.
	for row := true; row; {
		if row, err = s.Step(); err != nil {
			return 0, t.fail(err)
		}
	}
	if s.countsRows() {
		n = t.c.Changes()
	}
	return n, nil
}

// OnCommit implements store.Tx.
func (t *tx) OnCommit(fn func()) { t.committed = append(t.committed, fn) }

// Savepoint implements store.Tx.
func (t *tx) Savepoint(fn func() error) error {
	switch {
	case t.over:
		return store.ErrClosed
	case t.lost != nil:
		return t.lost
	}
	if _, err := t.c.do(controlSave); err != nil {
		return t.fail(err)
	}
	// If fn is undone, so are the functions that it has queued for the commit.
	queued := len(t.committed)
	kept := false
	defer func() {
		if !kept { // fn panicked: its changes must not remain if the caller recovers
			_ = t.undo(queued)
		}
	}()
	err := fn()
	kept = true
	if err != nil {
		if undone := t.undo(queued); undone != nil {
			return undone
		}
		return err
	}
	if t.lost != nil {
		return t.lost
	}
	if _, err := t.c.do(controlKeep); err != nil {
		return t.fail(err)
	}
	return nil
}

// undo rolls back to the innermost savepoint. After the loss of the whole transaction there is no
// savepoint; that is no further error.
func (t *tx) undo(queued int) error {
	clear(t.committed[queued:])
	t.committed = t.committed[:queued]
	if t.lost != nil {
		return nil
	}
	// ROLLBACK TO keeps the savepoint itself, so it is released as well.
	for _, k := range []control{controlUndo, controlKeep} {
		if _, err := t.c.do(k); err != nil {
			return t.fail(err)
		}
	}
	return nil
}
