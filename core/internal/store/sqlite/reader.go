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
	pool   *pool // nil for a Source
	asked  bool  // the transaction has read, so the time of its snapshot is not known
}

var _ store.Reader = (*reader)(nil)

// Read implements store.Store. It fails with store.ErrTimeout after the deadline or limit of ctx,
// or after Config.ReadTimeout if ctx has neither, and with store.ErrBusy if it has waited too
// long for a connection.
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

// finish closes open rows and ends the transaction, or keeps it.
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

// Stamp implements store.Reader. Writes of other processes are known after at most one second.
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
		return 0, false // another call has committed since an earlier call began the transaction
	}
	after, ok := r.stamps.sum(tables)
	return before, ok && before == after
}
