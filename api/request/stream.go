package request

import (
	"context"
	"errors"
	"sync"
)

// ErrDraining is the cause of the end of a context when the server stops: of a stream at
// once, of another request when it does not get on.
var ErrDraining = errors.New("request: the server is about to stop")

// Stream registers an answer that has no end of its own, or a distant one: events,
// a connection that was taken over, a long download. The returned context is derived
// from ctx and ends when the server drains; its cause is ErrDraining then. The server
// waits for end, which must be called; more calls do nothing.
func (q *Request) Stream(ctx context.Context) (_ context.Context, end func()) {
	s := q.service
	ctx, cancel := context.WithCancelCause(ctx)
	release := context.AfterFunc(s.draining, func() { cancel(ErrDraining) })
	if s.draining.Err() != nil {
		cancel(ErrDraining) // at once: AfterFunc takes its time
	}
	s.running.Add(1)
	return ctx, sync.OnceFunc(func() {
		release()
		cancel(nil)
		s.leave()
	})
}
