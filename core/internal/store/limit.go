// Time limits of reads, carried by the context.

package store

import (
	"context"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// limited is a context with a time limit for reads.
type limited struct {
	context.Context
	limit  time.Duration
	caller budget.Caller
	work   Work
	shared bool // reads are on behalf of caller
}

type limitKey struct{}

func (l *limited) Value(key any) any {
	if key == (limitKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// WithLimit returns a context for a Read that fails with ErrTimeout after the limit; the deadline
// of ctx counts as well. The limit is configuration in a context, which would better be an
// argument of Read; but most reads have none, and the context passes through functions that do
// not know limits. Unlike a deadline, a limit needs no timer if the engine reads the clock
// itself, which matters for reads of microseconds.
func WithLimit(ctx context.Context, limit time.Duration) context.Context {
	return &limited{Context: ctx, limit: limit}
}

// WithCaller is WithLimit for a read on behalf of a caller, who has a share of the slow reads:
// beyond it, and after the limit while the read waits, Read fails with ErrBusy. w determines the
// reads among which it waits.
func WithCaller(ctx context.Context, limit time.Duration, c budget.Caller, w Work) context.Context {
	return &limited{Context: ctx, limit: limit, caller: c, work: w, shared: true}
}

// CallerOf returns the arguments of WithCaller; ok is false without WithCaller.
func CallerOf(ctx context.Context) (c budget.Caller, w Work, ok bool) {
	l, ok := ctx.Value(limitKey{}).(*limited)
	if !ok || !l.shared {
		return budget.Caller{}, Work{}, false
	}
	return l.caller, l.work, true
}

// Limit returns the limit of WithLimit; ok is false without WithLimit.
func Limit(ctx context.Context) (limit time.Duration, ok bool) {
	l, ok := ctx.Value(limitKey{}).(*limited)
	if !ok {
		return 0, false
	}
	return l.limit, true
}
