// Serializable writes: locks between servers, and retries after conflicts.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loambase/loam/core/internal/store"
)

// lock is how a write transaction holds _loam_state, before it takes the state
// that it reads: LOCK TABLE takes none.
type lock string

const (
	// lockShared lets other writes run at the same time.
	lockShared lock = "ROW SHARE"
	// lockQueued lets other writes run, except those that have lost a conflict as well.
	lockQueued lock = "SHARE UPDATE EXCLUSIVE"
	// lockExclusive waits for all running writes and keeps new ones out.
	lockExclusive lock = "EXCLUSIVE"
)

func (l lock) begin() string {
	return beginWriting + `; LOCK TABLE "_loam_state" IN ` + string(l) + ` MODE; ` + readVersion
}

// A write that has lost against another one waits in line with those that have as
// well, and in the end runs alone, when nothing is left to lose against.
const (
	queuedFrom = 2
	aloneFrom  = 8
	lastTry    = 12
	// lastWait bounds how often a change of definitions gives way to readers: longer
	// than a read may take.
	lastWait = 60
)

// lockFor returns the lock of a try, counted from 1.
func lockFor(try int) lock {
	switch {
	case try >= aloneFrom:
		return lockExclusive
	case try >= queuedFrom:
		return lockQueued
	}
	return lockShared
}

// pause is how long a transaction waits before its next try, at most.
const pause = 5 * time.Millisecond

// Write implements store.Store. An operation that has begun goes on when ctx ends;
// its statements fail with store.ErrTimeout after writeTimeout.
func (db *DB) Write(ctx context.Context, fn func(store.Tx) error) error {
	leave, err := db.enterWrite(ctx)
	if err != nil {
		return err
	}
	defer leave()
	g := &growth{}
	for try := 1; ; try++ {
		// The tries grow more careful: beside all others, then in line with other losers, then
		// alone, where no conflict is possible.
		again, err := db.write(ctx, fn, lockFor(try), g)
		if err != nil && !again {
			again = db.grow(ctx, g)
		}
		if !again || try == lastTry {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
		}
	}
}

// enterWrite is enter for what may not be nested.
func (db *DB) enterWrite(ctx context.Context) (leave func(), err error) {
	if insideWrite() {
		return nil, errNested
	}
	return db.enter(ctx)
}

// rest waits a random time up to pause, so that transactions that have met do not meet again.
func rest(ctx context.Context) error {
	timer := time.NewTimer(rand.N(pause))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return contextError(ctx.Err())
	case <-timer.C:
		return nil
	}
}

// write runs fn in a transaction that commits at most once. again reports that the transaction lost a
// conflict with another transaction.
func (db *DB) write(ctx context.Context, fn func(store.Tx) error, l lock, g *growth) (again bool, err error) {
	// As in Read, the function that brings the caches up to date would be given up.
	if l == lockShared && ctx.Value(catchingUp{}) == nil {
		if unfit, again, err := db.writeAtOnce(ctx, fn, g); !unfit {
			return again, err
		}
	}
	db.cfg.Meter.Waiting.Add(1)
	s, err := db.begin(ctx, db.writers, l.begin())
	db.cfg.Meter.Waiting.Add(-1)
	if err != nil {
		return false, err
	}
	var cancel context.CancelFunc
	s.ctx, cancel = begunContext(ctx)
	defer cancel()
	return db.apply(&tx{session: *s, growth: g}, fn, "")
}

// begunContext returns the context of the statements of a write that has begun: it does not end with
// the context of the caller, but after writeTimeout.
func begunContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}

// Exclusive implements store.Store. Its statements fail when ctx ends.
func (db *DB) Exclusive(ctx context.Context, fn func(store.Tx) error) error {
	leave, err := db.enterWrite(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, exclusiveTimeout)
		defer cancel()
	}
	return db.exclusively(ctx, fn, &growth{})
}

// exclusively runs fn by itself, until readers are out of its way.
func (db *DB) exclusively(ctx context.Context, fn func(store.Tx) error, g *growth) error {
	for try := 1; ; try++ {
		again, err := db.exclude(ctx, fn, g)
		if err != nil && !again {
			again = db.grow(ctx, g)
		}
		if !again || try == lastWait {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
		}
	}
}

// exclude runs fn in a transaction beside which there is no other write. Readers,
// which nothing keeps out, can still be in the way of a change of definitions.
func (db *DB) exclude(ctx context.Context, fn func(store.Tx) error, g *growth) (again bool, err error) {
	s, err := db.begin(ctx, db.writers, lockExclusive.begin()+giveWay)
	if err != nil {
		return false, err
	}
	select {
	// The lock in the database keeps other writes out. This one keeps follow from changing the
	// caches meanwhile.
	case db.exclusive <- struct{}{}:
	case <-ctx.Done():
		s.finish()
		return false, contextError(ctx.Err())
	}
	defer func() { <-db.exclusive }()
	return db.apply(&tx{session: *s, growth: g}, fn, redefine)
}

// giveWay bounds the wait for a table that is being read: who comes to read it
// meanwhile waits as well. It is less than PostgreSQL takes to find a deadlock,
// which the read would lose, and then the transaction is run again.
const giveWay = `; ` + giveWayTo

const giveWayTo = `SET LOCAL lock_timeout = '900ms'`

// redefine tells other processes that definitions may have changed.
const redefine = `UPDATE "_loam_state" SET "version" = "version" + 1; `

// apply runs fn and commits. What stands in last is run before the commit.
func (db *DB) apply(t *tx, fn func(store.Tx) error, last string) (again bool, err error) {
	defer t.finish() // also when fn ends its goroutine
	err = call(fn, t)
	// A function without a statement may have read definitions from the caches: the transaction has
	// to find the same version. An error of the beginning stands in t.failed.
	if t.opening.pending {
		_ = t.openAlone()
	}
	t.end()
	if t.opening.unfit {
		return false, errUnfit
	}
	// Learned also from a write that fails: Write asks it whether a prefix index would help.
	t.growth.last, t.growth.made = t.tooLong, t.made
	if t.lost != nil {
		return conflict(t.lost), db.explain(t.ctx, t.lost)
	}
	if err == nil {
		err = t.failed // fn has passed over it: PostgreSQL would commit nothing
	}
	if err != nil {
		return false, err
	}
	return db.commit(t, last)
}

// call runs fn and turns a panic into its error, with the stack.
func call(fn func(store.Tx) error, t *tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}

// commit makes the transaction durable and, if that worked, calls what it queued.
func (db *DB) commit(t *tx, last string) (again bool, err error) {
	if err := t.ready(); err != nil {
		return false, err
	}
	// The number is taken before the commit is sent: a transaction that has seen this one's
	// rows takes its own later.
	turn := db.order.take()
	began := time.Now()
	done, err := db.sendCommit(t, last)
	db.cfg.Meter.Commits.Since(began)
	db.order.wait(turn)
	defer db.order.pass()
	switch {
	case done:
		db.cfg.Meter.Groups.Add(1)
		if last != "" {
			// Before the caches follow, as the plans that they make depend on it.
			db.readPrefixes(t.ctx)
		}
		for _, fn := range t.committed {
			db.notify(fn)
		}
		// This process's own caches have followed by the functions above. Behind means that
		// they have not: the next transaction finds the new version.
		if last != "" && !t.behind {
			db.defined.raise(t.kept.of + 1)
		}
		db.watch.wrote()
		return false, nil
	case conflict(err):
		return true, db.explain(t.ctx, err)
	}
	return false, db.commitFailed(t, err)
}

// ready returns the error of a commit that cannot be sent, nil if it can. Once it is sent, the driver's
// errors do not tell how far it came.
func (t *tx) ready() error {
	switch {
	case t.ctx.Err() != nil:
		return contextError(t.ctx.Err())
	case t.pg.IsClosed():
		return store.ErrUnavailable
	}
	return nil
}

// sendCommit reports whether the server said that it has committed.
func (db *DB) sendCommit(t *tx, last string) (done bool, err error) {
	results := t.pg.Exec(t.ctx, last+db.watch.mark(db.node, t.loan)+"COMMIT")
	for results.NextResult() {
		tag, _ := results.ResultReader().Close() // Close of all has the error
		done = tag.String() == "COMMIT"
	}
	err = results.Close()
	if !done && err == nil {
		err = errors.New("postgres: the transaction was rolled back")
	}
	return done, err
}

// commitFailed is the error of a commit that has failed or of which nobody knows.
func (db *DB) commitFailed(t *tx, err error) error {
	var e *pgconn.PgError
	// The server answered, so it has rolled back. Without an answer the commit may have
	// happened: others are told to look, and the caller that nobody knows.
	if errors.As(err, &e) && !cutOff(e) {
		return db.explain(t.ctx, err)
	}
	db.watch.doubt()
	return fmt.Errorf("%w: %w", errInDoubt, err)
}

// notify calls a function of Tx.OnCommit. The write is durable by now: a panic
// must not make its caller believe otherwise.
func (db *DB) notify(fn func()) {
	defer func() {
		if v := recover(); v != nil {
			db.cfg.Log.Error("panic after a commit", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	fn()
}
