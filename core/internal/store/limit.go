// Time limits of reads, carried by the context.

package store

import (
	"context"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// limited is a context with a limit of its own for reads.
type limited struct {
	context.Context
	limit  time.Duration
	caller budget.Caller
	work   Work
	shared bool // reads are in the name of caller
}

type limitKey struct{}

func (l *limited) Value(key any) any {
	if key == (limitKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// WithLimit is a context for a Read that fails with ErrTimeout when it takes longer; the
// deadline of ctx holds as well. The limit is configuration in a context, which Read would
// better take as an argument; but most reads have none, and the context passes through
// functions that know nothing of limits. Unlike a deadline it needs no timer where the
// engine looks at the clock itself, which counts when a read takes microseconds.
func WithLimit(ctx context.Context, limit time.Duration) context.Context {
	return &limited{Context: ctx, limit: limit}
}

// WithCaller is WithLimit for a read in the name of a caller, who has a share of the slow
// ones: past it, and past the limit while the read waits for its turn, Read fails with
// ErrBusy. What the read is expected to be says among which others it waits.
func WithCaller(ctx context.Context, limit time.Duration, c budget.Caller, w Work) context.Context {
	return &limited{Context: ctx, limit: limit, caller: c, work: w, shared: true}
}

// CallerOf returns what WithCaller has set; ok is false if it has not.
func CallerOf(ctx context.Context) (c budget.Caller, w Work, ok bool) {
	l, ok := ctx.Value(limitKey{}).(*limited)
	if !ok || !l.shared {
		return budget.Caller{}, Work{}, false
	}
	return l.caller, l.work, true
}

// Limit is what WithLimit has set; ok is false if it has not.
func Limit(ctx context.Context) (limit time.Duration, ok bool) {
	l, ok := ctx.Value(limitKey{}).(*limited)
	if !ok {
		return 0, false
	}
	return l.limit, true
}
