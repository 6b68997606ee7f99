package middleware

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/loambase/loam/core/fault"
)

// Idle ends the reading of a body of which nothing has come for the idle time. There
// is no limit on the whole of a body: one that moves may take as long as it needs.
func Idle(idle time.Duration) func(http.Handler) http.Handler {
	stalled := fault.New(fault.Invalid, fmt.Sprintf("Nothing of the request's body has arrived for %v.", idle))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = &idleBody{ReadCloser: r.Body, conn: http.NewResponseController(w), idle: idle, stalled: stalled}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// idleBody moves the read deadline of the connection with each part that arrives.
type idleBody struct {
	io.ReadCloser
	conn    *http.ResponseController
	idle    time.Duration
	until   time.Time // reading ends then; zero: no such limit
	stalled error
	failed  error
}

// ReadUntil sets a limit on all that is still read.
func (b *idleBody) ReadUntil(t time.Time) { b.until = t }

// Read implements io.Reader. Where a connection has no deadlines, as in tests, there
// is no limit.
func (b *idleBody) Read(p []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed
	}
	deadline := time.Now().Add(b.idle)
	if !b.until.IsZero() && b.until.Before(deadline) {
		deadline = b.until
	}
	_ = b.conn.SetReadDeadline(deadline)
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		b.failed = fmt.Errorf("%w: %w", b.stalled, err)
		return n, b.failed
	}
	// From the end of the body on, net/http reads to learn that the client has gone
	// away, for as long as the answer takes.
	_ = b.conn.SetReadDeadline(time.Time{})
	return n, err
}
