// Group commit: several writes share one transaction and one flush of the disk.

package sqlite

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// run runs operations as one transaction, or, where SQLite ends that before its
// time because of one of them, the others again without that one. Afterwards
// every operation has its result; nobody has been told yet.
func (w *writer) run(group []*op) {
	for len(group) > 0 {
		group = w.attempt(group)
	}
}

// attempt runs a group once. It returns the operations to run again: their work
// went with that of another one.
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
		// transaction, so the work of the others is gone with that of the guilty one. They run
		// again without it; nobody has been told of a success yet.
		if !w.apply(o, len(group) > 1) {
			w.rollback()
			again = append(again, group[:i]...)
			return append(again, group[i+1:]...)
		}
	}
	w.commit(group)
	return nil
}

// apply runs one operation. It returns false if the whole transaction is gone.
func (w *writer) apply(o *op, grouped bool) bool {
	// An operation alone needs no savepoint: its error undoes the transaction.
	if grouped {
		if _, err := w.c.do(controlSaveOp); err != nil {
			o.err = w.failure(err)
			return false
		}
	}
	t := &tx{session: session{c: w.c, tx: true, span: o.span}}
	// Only statements of fn are stopped by its limit, not those that end the transaction.
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

// commit makes the group durable and, if that worked, calls what its operations
// queued for it.
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

// uncommit makes sure that nothing is left of a commit that failed, and returns what
// the operations are told.
func (w *writer) uncommit(reason error) error {
	err := w.failure(reason)
	w.rollback()
	if !w.c.failed {
		return err
	}
	// The commit may stand in the log although it failed. Only when it is overwritten can the
	// operations be told that they have not happened.
	if w.inDoubt = true; w.recoverCommit() != nil {
		return fmt.Errorf("%w: %w", errInDoubt, reason)
	}
	return err
}

// notify calls a function of Tx.OnCommit. The write is durable by now: a panic
// must not make its caller believe otherwise.
func (w *writer) notify(fn func()) {
	defer func() {
		if v := recover(); v != nil {
			w.log.Error("panic after a commit", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	fn()
}

// rollback ends a transaction that is to leave nothing, if there is one.
func (w *writer) rollback() {
	if w.c.Autocommit() {
		return
	}
	if _, err := w.c.do(controlRollback); err != nil {
		w.c.failed = true
	}
}

// failure is the store's error for one of a control statement.
func (w *writer) failure(err error) error {
	if broken(err) {
		w.c.failed = true
	}
	return classify(err)
}

// failAll gives every operation that has no error of its own this one.
func failAll(group []*op, err error) {
	for _, o := range group {
		if o.err == nil {
			o.err = err
		}
	}
}

// call runs fn and turns a panic into its error, with the stack: it must not
// reach the other operations of the group.
func call(fn func(store.Tx) error, t *tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}
