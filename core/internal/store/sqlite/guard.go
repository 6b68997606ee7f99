// Cancellation and time limits of running statements.

package sqlite

import (
	"context"
	"runtime"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// guardSteps is how many virtual machine steps pass between two looks at the
// clock: some ten microseconds, or a millisecond where each compares long texts.
const guardSteps = 500

// yieldEvery is how long a read keeps its processor. Go takes it away after 10 ms only,
// which is as long as a thousand short reads take; and a few reads that run long would have
// each of them wait that long for each of them.
const yieldEvery = time.Millisecond

// guard stops the statements of a call that has been cancelled or has run for
// too long. It costs nothing until a statement has run for guardSteps; the time
// is taken from there.
type guard struct {
	ctx      context.Context // of the running call, nil between calls
	limit    time.Duration
	deadline time.Time
	loan     *loan // of a read of the pool; nil of others
	yielded  time.Time
	cause    error
}

// arm begins a call. limit is the most that it may take when its context has neither
// a limit (store.WithLimit) nor a deadline of its own; zero is no limit.
func (g *guard) arm(ctx context.Context, limit time.Duration) {
	*g = guard{ctx: ctx, limit: limit}
}

func (g *guard) disarm() { *g = guard{} }

// proceed is called by the connection from inside a statement.
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
	// The clock starts at the first look, after guardSteps: nearly all statements have ended by
	// then, and never look at it.
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

// own is the limit of this call, 0 if the context's deadline is the only one.
func (g *guard) own() time.Duration {
	if limit, ok := store.Limit(g.ctx); ok {
		return limit
	}
	if _, ok := g.ctx.Deadline(); ok {
		return 0
	}
	return g.limit
}

// contextError is what a caller whose context ended is told.
func contextError(err error) error {
	if err == context.DeadlineExceeded {
		return store.ErrTimeout
	}
	return err
}
