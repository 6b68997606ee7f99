package request

import (
	"context"
	"errors"
)

// ErrDraining is the cause of the end of a context when the server stops: of a stream at
// once, of another request when it does not get on.
var ErrDraining = errors.New("request: the server is about to stop")

// Held is an answer that the server waits for although its handler may have returned: events, a
// connection that was taken over, a long download.
type Held struct {
	service *Service
	drained func()
}

// Hold registers an answer until End is called, which must be. drained is called when the server
// drains, or at once if it does already. It must not wait, and may still be called while End is.
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

// End says that there is nothing more to wait for. More calls do nothing.
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

// Stream is Hold for answers that end with a context. The returned one is derived from ctx and
// ends when the server drains; its cause is ErrDraining then. end must be called; more calls do nothing.
func (q *Request) Stream(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h := q.Hold(func() { cancel(ErrDraining) })
	return ctx, func() {
		cancel(nil)
		h.End()
	}
}
