package middleware

import (
	"net/http"
	"time"
)

// MinRate is how many bytes a second a client must take of an answer that is written in one
// piece, once the idle time is over. Such an answer stays in memory until the client has it.
const MinRate = 50_000

// IdleAnswer ends an answer of which the client takes nothing for the idle time, where
// answers share a connection (HTTP/2): that one moves on then, and its own limits do not
// tell. Streams that have nothing to say for a while go on.
func IdleAnswer(idle func() time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor < 2 {
				next.ServeHTTP(w, r)
				return
			}
			a := &idleAnswer{ResponseWriter: w, stream: http.NewResponseController(w), idle: idle}
			next.ServeHTTP(a, r)
			a.begin(a.written) // what is still in buffers is sent now
		})
	}
}

// idleAnswer sets the write deadline of the stream while something is written: at another
// time it would end the stream.
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

// begin leaves the idle time to the write that follows, and what so many bytes may take.
func (a *idleAnswer) begin(n int) {
	_ = a.stream.SetWriteDeadline(time.Now().Add(a.idle() + time.Duration(n)*(time.Second/MinRate)))
}

func (a *idleAnswer) end() { _ = a.stream.SetWriteDeadline(time.Time{}) }
