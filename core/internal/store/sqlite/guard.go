// Cancellation and time limits of running statements.

package sqlite

import (
	"context"
	"runtime"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// guardSteps is the number of virtual machine steps between two calls of the guard: about ten
// microseconds, or a millisecond if each step compares long texts.
const guardSteps = 500

// yieldEvery is the time after which a read yields its processor. Go preempts it only after 10
// ms, which is as long as a thousand short reads take; and with a few long reads, each short read
// would wait that long for each of them.
const yieldEvery = time.Millisecond

// guard stops the statements of a call that was cancelled or has exceeded its time limit. It
// costs nothing until a statement has run guardSteps steps; the time counts from there.
type guard struct {
	ctx      context.Context // context of the running call, nil between calls
	limit    time.Duration
	deadline time.Time
	loan     *loan // of a read of the pool; otherwise nil
	yielded  time.Time
	cause    error
}

// arm begins a call. limit is its time limit if its context has neither a limit (store.WithLimit)
// nor a deadline; zero is no limit.
func (g *guard) arm(ctx context.Context, limit time.Duration) {
	*g = guard{ctx: ctx, limit: limit}
}

func (g *guard) disarm() { *g = guard{} }

// proceed is called by the connection inside a statement. It returns false if the statement must
// stop.
func (g *guard) proceed() bool {
	if g.ctx == nil {
		return true
	}
	if g.cause != nil {
		return false
	}
	if err := g.ctx.Err(); err != nil {
		g.cause = contextError(err)
		return false
	}
	if g.loan != nil {
		g.loan.looks.Add(1)
		if g.loan.revoked.Load() {
			g.cause = store.ErrBusy
			return false
		}
	}
	if g.limit <= 0 {
		return true
	}
	// The time counts from the first call, after guardSteps: nearly all statements have ended by
	// then and never read the clock.
	now := time.Now()
	if g.deadline.IsZero() {
		if g.limit = g.own(); g.limit <= 0 {
			return true
		}
		g.deadline, g.yielded = now.Add(g.limit), now
	}
	if g.loan != nil && now.Sub(g.yielded) >= yieldEvery {
		runtime.Gosched()
		now = time.Now()
		g.yielded = now
	}
	if now.After(g.deadline) {
		g.cause = store.ErrTimeout
		return false
	}
	return true
}

// own returns the time limit of this call, 0 if only the deadline of the context counts.
func (g *guard) own() time.Duration {
	if limit, ok := store.Limit(g.ctx); ok {
		return limit
	}
	if _, ok := g.ctx.Deadline(); ok {
		return 0
	}
	return g.limit
}

// contextError translates the error of a context that has ended.
func contextError(err error) error {
	if err == context.DeadlineExceeded {
		return store.ErrTimeout
	}
	return err
}
