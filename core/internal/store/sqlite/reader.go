// Read transactions.

package sqlite

import (
	"context"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// reader is one read transaction.
type reader struct {
	session
	stamps *stamps
	pool   *pool // nil of a Source
	asked  bool  // something was read: the state was taken at a time not known
}

var _ store.Reader = (*reader)(nil)

// Read implements store.Store. It fails with store.ErrTimeout past the deadline or
// limit of ctx or, if that has neither, Config.ReadTimeout; and with store.ErrBusy if it
// had to wait too long for its turn.
func (db *DB) Read(ctx context.Context, fn func(store.Reader) error) error {
	l, err := db.readers.acquire(ctx)
	if err != nil {
		return err
	}
	defer db.readers.release(l)
	c := l.c
	c.reading.Lock()
	defer c.reading.Unlock()
	c.guard.arm(ctx, db.cfg.ReadTimeout)
	c.guard.loan = l
	r := &reader{session: session{c: c, span: trace.From(ctx)}, stamps: &db.stamps, pool: db.readers}
	defer r.finish() // also when fn panics
	if err := c.beginRead(l.era); err != nil {
		return r.fail(err)
	}
	return fn(r)
}

// finish closes what fn left open and ends the transaction, or has it kept.
func (r *reader) finish() {
	r.end()
	r.c.guard.disarm()
	r.c.touched = nil
	if r.c.Autocommit() {
		return
	}
	now := neverKept
	if r.pool != nil {
		now = r.pool.now()
	}
	if err := r.c.endRead(now); err != nil {
		r.c.failed = true
	}
}

// Query implements store.Reader.
func (r *reader) Query(sql string, args ...store.Value) (store.Rows, error) {
	r.asked = true
	return r.session.Query(sql, args...)
}

// Stamp implements store.Reader. What another process has written is known a
// second later at most.
func (r *reader) Stamp(tables ...string) (uint64, bool) {
	if r.asked || r.over {
		return 0, false
	}
	before, ok := r.stamps.sum(tables)
	if !ok {
		return 0, false
	}
	if _, err := r.c.do(controlSnapshot); err != nil {
		return 0, false
	}
	if r.c.read.reused && !r.c.readsPresent() {
		return 0, false // somebody has committed since an earlier call began the transaction
	}
	after, ok := r.stamps.sum(tables)
	return before, ok && before == after
}
