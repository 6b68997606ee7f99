// Group commit: several writes share one transaction and one flush of the disk.

package sqlite

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// run runs the operations as one transaction. If SQLite ends the transaction early because of one
// of them, the others run again without it. Afterwards every operation has its result, but no
// caller has been answered yet.
func (w *writer) run(group []*op) {
	for len(group) > 0 {
		group = w.attempt(group)
	}
}

// attempt runs a group once. It returns the operations to run again, whose work was rolled back
// with that of another one.
func (w *writer) attempt(group []*op) (again []*op) {
	if err := w.ready(); err != nil {
		failAll(group, err)
		return nil
	}
	w.c.touched = w.c.touched[:0]
	if _, err := w.c.do(controlBeginWrite); err != nil {
		failAll(group, w.failure(err))
		return nil
	}
	for i, o := range group {
		// Some errors of SQLite (a full disk, an interrupted write) roll back the whole
		// transaction, and with it the work of the other operations. They run again without the
		// failed one; no caller has been answered yet.
		if !w.apply(o, len(group) > 1) {
			w.rollback()
			again = append(again, group[:i]...)
			return append(again, group[i+1:]...)
		}
	}
	w.commit(group)
	return nil
}

// apply runs one operation. It returns false if SQLite has rolled back the whole transaction.
func (w *writer) apply(o *op, grouped bool) bool {
	// A single operation needs no savepoint: its error rolls back the transaction.
	if grouped {
		if _, err := w.c.do(controlSaveOp); err != nil {
			o.err = w.failure(err)
			return false
		}
	}
	t := &tx{session: session{c: w.c, tx: true, span: o.span}}
	// The limit stops only statements of fn, not those that end the transaction.
	w.c.guard.arm(o.ctx, o.limit)
	o.err = call(o.fn, t)
	t.end()
	w.c.guard.disarm()
	o.committed = t.committed
	if t.lost != nil && o.err == nil {
		o.err = t.lost
	}
	if w.c.Autocommit() || w.c.failed {
		if o.err == nil {
			o.err = store.ErrUnavailable
		}
		return false
	}
	if !grouped {
		return o.err == nil
	}
	if o.err != nil {
		if _, err := w.c.do(controlUndoOp); err != nil {
			return false
		}
	}
	_, err := w.c.do(controlKeepOp)
	if err != nil && o.err == nil {
		o.err = w.failure(err)
	}
	return err == nil
}

// commit commits the group and, if that succeeds, calls the functions of OnCommit of its
// operations.
func (w *writer) commit(group []*op) {
	// Between begin and end the tables have no stamp: a read cannot know on which side of the
	// commit it is.
	w.stamps.begin(w.c.touched)
	began := time.Now()
	_, err := w.c.do(controlCommit)
	if err != nil {
		err = w.uncommit(err)
	}
	w.stamps.end(w.c.touched)
	if err != nil {
		failAll(group, err)
		return
	}
	w.meter.Commits.Since(began)
	w.meter.Groups.Add(int64(len(group)))
	for _, o := range group {
		if o.err != nil {
			continue
		}
		for _, fn := range o.committed {
			w.notify(fn)
		}
	}
}

// uncommit makes sure that nothing is left of a failed commit, and returns the error for the
// operations.
func (w *writer) uncommit(reason error) error {
	err := w.failure(reason)
	w.rollback()
	if !w.c.failed {
		return err
	}
	// The log may contain the commit although it failed. The operations may be reported as failed
	// only when it is overwritten.
	if w.inDoubt = true; w.recoverCommit() != nil {
		return fmt.Errorf("%w: %w", errInDoubt, reason)
	}
	return err
}

// notify calls a function of Tx.OnCommit. The write is durable by now: a panic must not suggest
// to its caller that it is not.
func (w *writer) notify(fn func()) {
	defer func() {
		if v := recover(); v != nil {
			w.log.Error("panic after a commit", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	fn()
}

// rollback rolls back the transaction, if there is one.
func (w *writer) rollback() {
	if w.c.Autocommit() {
		return
	}
	if _, err := w.c.do(controlRollback); err != nil {
		w.c.failed = true
	}
}

// failure translates the error of a control statement into an error of the store, and marks the
// connection as failed if it is broken.
func (w *writer) failure(err error) error {
	if broken(err) {
		w.c.failed = true
	}
	return classify(err)
}

// failAll sets the error of all operations that have none.
func failAll(group []*op, err error) {
	for _, o := range group {
		if o.err == nil {
			o.err = err
		}
	}
}

// call runs fn and turns a panic into an error with the stack: it must not reach the other
// operations of the group.
func call(fn func(store.Tx) error, t *tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}
