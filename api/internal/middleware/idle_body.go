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

// Idle ends the reading of a body of which no bytes have come for the idle time, which may change
// while a body is being read. The whole of a body has no time limit: a body that makes progress may
// take any time.
func Idle(idle func() time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = &idleBody{ReadCloser: r.Body, conn: http.NewResponseController(w), idle: idle}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// idleBody moves the read deadline of the connection with each part that arrives.
type idleBody struct {
	io.ReadCloser
	conn   *http.ResponseController
	idle   func() time.Duration
	until  time.Time // reading ends then; zero: no limit
	set    time.Time // the read deadline that is set; zero: none
	failed error
}

// ReadUntil sets a time limit for the rest of the body.
func (b *idleBody) ReadUntil(t time.Time) { b.until, b.set = t, time.Time{} }

// Read implements io.Reader. If the connection has no deadlines, as in tests, there is no limit.
func (b *idleBody) Read(p []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed
	}
	b.moveDeadline()
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		stalled := fault.New(fault.Invalid, fmt.Sprintf("Nothing of the request's body has arrived for %v.", b.idle()))
		b.failed = fmt.Errorf("%w: %w", stalled, err)
		return n, b.failed
	}
	// After the end of the body, net/http reads for the duration of the answer, to notice that the
	// client has disconnected.
	_ = b.conn.SetReadDeadline(time.Time{})
	b.set = time.Time{}
	return n, err
}

// moveDeadline leaves at least the idle time to the next read. Setting a deadline costs a
// microsecond, so each deadline serves several reads: a client that sends nothing has up to a
// quarter more than the idle time.
func (b *idleBody) moveDeadline() {
	now, idle := time.Now(), b.idle()
	left := b.set.Sub(now)
	if !b.set.IsZero() && (left >= idle && left <= idle+idle/4 || b.set.Equal(b.until)) {
		return
	}
	b.set = now.Add(idle + idle/4)
	if !b.until.IsZero() && b.until.Before(b.set) {
		b.set = b.until
	}
	_ = b.conn.SetReadDeadline(b.set)
}
