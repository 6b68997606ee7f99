// Time limits of reads, carried by the context.

package store

import (
	"context"
	"time"
)

// limited is a context with a limit of its own for reads.
type limited struct {
	context.Context
	limit time.Duration
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
func WithLimit(ctx context.Context, limit time.Duration) context.Context { return &limited{ctx, limit} }

// Limit is what WithLimit has set; ok is false if it has not.
func Limit(ctx context.Context) (limit time.Duration, ok bool) {
	l, ok := ctx.Value(limitKey{}).(*limited)
	if !ok {
		return 0, false
	}
	return l.limit, true
}
