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

// lock is the mode of the lock on _loam_state that a write transaction takes before its snapshot:
// LOCK TABLE takes no snapshot.
type lock string

const (
	// lockShared lets other writes run at the same time.
	lockShared lock = "ROW SHARE"
	// lockQueued lets other writes run, except other writes that have lost a conflict.
	lockQueued lock = "SHARE UPDATE EXCLUSIVE"
	// lockExclusive waits for all running writes and keeps new ones out.
	lockExclusive lock = "EXCLUSIVE"
)

func (l lock) begin() string {
	return beginWriting + `; LOCK TABLE "_loam_state" IN ` + string(l) + ` MODE; ` + readVersion
}

// Tries of a write. After it has lost a conflict, a write waits in line with other losers; in the
// end it runs alone, when no conflict is possible.
const (
	queuedFrom = 2
	aloneFrom  = 8
	lastTry    = 12
	// lastWait is the maximum number of tries of a change of definitions that gives way to
	// readers; they take longer than a read may take.
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

// pause is the maximum wait of a transaction before its next try.
const pause = 5 * time.Millisecond

// Write implements store.Store. A write that has begun continues when ctx ends; its statements
// fail with store.ErrTimeout after writeTimeout.
func (db *DB) Write(ctx context.Context, fn func(store.Tx) error) error {
	leave, err := db.enterWrite(ctx)
	if err != nil {
		return err
	}
	defer leave()
	g := &growth{}
	for try := 1; ; try++ {
		// The tries are more and more careful: beside all other writes, then in line with other
		// losers, then alone, where no conflict is possible.
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

// enterWrite is enter for a call that must not be inside a write.
func (db *DB) enterWrite(ctx context.Context) (leave func(), err error) {
	if insideWrite() {
		return nil, errNested
	}
	return db.enter(ctx)
}

// rest waits for a random time up to pause, so that two transactions in conflict do not meet again.
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

// write runs fn in a transaction that commits at most once. again is true if the transaction has
// lost a conflict with another.
func (db *DB) write(ctx context.Context, fn func(store.Tx) error, l lock, g *growth) (again bool, err error) {
	// A write of catchUp would be given up, as in Read.
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

// begunContext returns the context of the statements of a write that has begun. It ends after
// writeTimeout, not with the context of the caller.
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

// exclusively runs fn without other writes, and tries again until no reader is in its way.
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

// exclude runs fn in a transaction without other writes beside it. Readers are not kept out and
// can be in the way of a change of definitions.
func (db *DB) exclude(ctx context.Context, fn func(store.Tx) error, g *growth) (again bool, err error) {
	s, err := db.begin(ctx, db.writers, lockExclusive.begin()+giveWay)
	if err != nil {
		return false, err
	}
	select {
	// The lock in the database keeps other writes out. This one keeps catchUp from changing the
	// caches meanwhile.
	case db.exclusive <- struct{}{}:
	case <-ctx.Done():
		s.finish()
		return false, contextError(ctx.Err())
	}
	defer func() { <-db.exclusive }()
	return db.apply(&tx{session: *s, growth: g}, fn, redefine)
}

// giveWay bounds the wait for the lock on a table that is being read, since new readers wait
// behind it. It is shorter than the time in which PostgreSQL detects a deadlock, which would
// abort the read; the transaction is then run again.
const giveWay = `; ` + giveWayTo

const giveWayTo = `SET LOCAL lock_timeout = '900ms'`

// redefine tells other processes that definitions may have changed.
const redefine = `UPDATE "_loam_state" SET "version" = "version" + 1; `

// apply runs fn and commits. last is a statement that runs just before the commit.
func (db *DB) apply(t *tx, fn func(store.Tx) error, last string) (again bool, err error) {
	defer t.finish() // also if fn ends its goroutine
	err = call(fn, t)
	// A function without a statement may have read definitions from the caches, so the transaction
	// must find the same version. t.failed has an error of openAlone.
	if t.opening.pending {
		_ = t.openAlone()
	}
	t.end()
	if t.opening.unfit {
		return false, errUnfit
	}
	// Also set by a write that fails: Write then asks whether a prefix index would help.
	t.growth.last, t.growth.made = t.tooLong, t.made
	if t.lost != nil {
		return conflict(t.lost), db.explain(t.ctx, t.lost)
	}
	if err == nil {
		err = t.failed // fn has ignored the error: PostgreSQL would commit nothing
	}
	if err != nil {
		return false, err
	}
	return db.commit(t, last)
}

// call runs fn and turns a panic into an error with the stack.
func call(fn func(store.Tx) error, t *tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", v, debug.Stack())
		}
	}()
	return fn(t)
}

// commit commits the transaction and, if that succeeds, calls the functions of OnCommit.
func (db *DB) commit(t *tx, last string) (again bool, err error) {
	if err := t.ready(); err != nil {
		return false, err
	}
	// The number is taken before the commit is sent: a transaction that has seen the rows of this
	// one takes its number later.
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
			// Before the caches follow, since their plans depend on the prefixes.
			db.readPrefixes(t.ctx)
		}
		for _, fn := range t.committed {
			db.notify(fn)
		}
		// The caches of this process have followed in the functions above. behind says that they
		// have not: the next transaction finds the new version.
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

// ready returns the error of a transaction whose commit cannot be sent, else nil. After the commit
// is sent, an error of the driver does not tell whether it has happened.
func (t *tx) ready() error {
	switch {
	case t.ctx.Err() != nil:
		return contextError(t.ctx.Err())
	case t.pg.IsClosed():
		return store.ErrUnavailable
	}
	return nil
}

// sendCommit sends the commit and reports whether the server has confirmed it.
func (db *DB) sendCommit(t *tx, last string) (done bool, err error) {
	results := t.pg.Exec(t.ctx, last+db.watch.mark(db.node, t.loan)+"COMMIT")
	for results.NextResult() {
		tag, _ := results.ResultReader().Close() // the error is returned by results.Close
		done = tag.String() == "COMMIT"
	}
	err = results.Close()
	if !done && err == nil {
		err = errors.New("postgres: the transaction was rolled back")
	}
	return done, err
}

// commitFailed returns the error of a commit that has failed or whose outcome is not known.
func (db *DB) commitFailed(t *tx, err error) error {
	var e *pgconn.PgError
	// The server answered, so it has rolled back. Without an answer the commit may have happened:
	// the next poll treats everything as changed, and the caller gets errInDoubt.
	if errors.As(err, &e) && !cutOff(e) {
		return db.explain(t.ctx, err)
	}
	db.watch.doubt()
	return fmt.Errorf("%w: %w", errInDoubt, err)
}

// notify calls a function of Tx.OnCommit. The write is durable by now: a panic must not suggest
// to its caller that it is not.
func (db *DB) notify(fn func()) {
	defer func() {
		if v := recover(); v != nil {
			db.cfg.Log.Error("panic after a commit", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	fn()
}
