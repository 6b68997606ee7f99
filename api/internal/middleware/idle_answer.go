package middleware

import (
	"net/http"
	"time"
)

// MinRate is the minimum number of bytes that a client must read per second of an answer that is
// written in one piece, once the idle time is over. Such an answer stays in memory until the client
// has read it.
const MinRate = 50_000

// IdleAnswer ends an answer of which the client reads nothing for the idle time, if answers share a
// connection (HTTP/2): other answers keep the connection active, so the limits of the connection do
// not notice. Streams without messages for a while continue.
func IdleAnswer(idle func() time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor < 2 {
				next.ServeHTTP(w, r)
				return
			}
			a := &idleAnswer{ResponseWriter: w, stream: http.NewResponseController(w), idle: idle}
			next.ServeHTTP(a, r)
			a.begin(a.written) // sends the bytes that are still in buffers
		})
	}
}

// idleAnswer sets the write deadline of the stream during a write: between writes a deadline would
// end the stream.
type idleAnswer struct {
	http.ResponseWriter
	stream  *http.ResponseController
	idle    func() time.Duration
	written int // since the last flush
}

// Unwrap is for http.ResponseController.
func (a *idleAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Write implements http.ResponseWriter.
func (a *idleAnswer) Write(p []byte) (int, error) {
	a.begin(len(p))
	n, err := a.ResponseWriter.Write(p)
	a.written += n
	a.end()
	return n, err
}

// Flush implements http.Flusher.
func (a *idleAnswer) Flush() { _ = a.FlushError() } // the next write fails too

// FlushError is for http.ResponseController.
func (a *idleAnswer) FlushError() error {
	a.begin(a.written)
	err := a.stream.Flush()
	a.written = 0
	a.end()
	return err
}

// begin sets the deadline of the next write: the idle time, plus the time for n bytes.
func (a *idleAnswer) begin(n int) {
	_ = a.stream.SetWriteDeadline(time.Now().Add(a.idle() + time.Duration(n)*(time.Second/MinRate)))
}

func (a *idleAnswer) end() { _ = a.stream.SetWriteDeadline(time.Time{}) }
