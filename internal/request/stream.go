package request

import (
	"context"
	"errors"
)

// ErrDraining is the cause of a context that ends because the server stops: the context of a
// stream ends at once, the context of another request when the request makes no progress.
var ErrDraining = errors.New("request: the server is about to stop")

// Held is an answer that may continue after its handler has returned: a stream of events, a
// hijacked connection, a long download. The server waits for it when it stops.
type Held struct {
	service *Service
	drained func()
}

// Hold registers an answer until End is called. End must be called. drained is called when the
// server begins to drain, or at once if it drains already. drained must not block, and may be
// called concurrently with End.
func (q *Request) Hold(drained func()) *Held {
	s := q.service
	h := &Held{s, drained}
	s.running.Add(1)
	s.mu.Lock()
	s.held[h] = struct{}{}
	draining := s.draining
	s.mu.Unlock()
	if draining {
		drained()
	}
	return h
}

// End releases the answer: the server no longer waits for it. More calls do nothing.
func (h *Held) End() {
	s := h.service
	s.mu.Lock()
	_, held := s.held[h]
	delete(s.held, h)
	s.mu.Unlock()
	if held {
		s.leave()
	}
}

// Stream registers an answer that ends with a context, as Hold does. The returned context is
// derived from ctx and ends when the server drains, with the cause ErrDraining. end must be called;
// more calls do nothing.
func (q *Request) Stream(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := q.Hold(func() { cancel(ErrDraining) })
	return ctx, func() {
		cancel(nil)
		h.End()
	}
}
