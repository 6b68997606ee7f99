package wire

import (
	"io"
	"net/http"
	"time"
)

// The maximum length of an unwanted body that is read, and the time for it.
const (
	maxDrained = 256 << 20
	drainTime  = 15 * time.Second
)

// Drain reads the rest of the body of a request that is refused, before the answer. A client that
// is still sending when the connection is closed would see a broken connection instead of the
// answer. A body that is too long is not read.
func Drain(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || r.ContentLength > maxDrained || r.Header.Get("Expect") != "" {
		return // a client that expects a "100 Continue" has not begun to send
	}
	end := time.Now().Add(drainTime)
	if body, ok := r.Body.(interface{ ReadUntil(time.Time) }); ok {
		body.ReadUntil(end) // ReadUntil sets deadlines of its own
	} else {
		// If the connection has no deadlines, as in tests, the server's own deadline must do.
		_ = http.NewResponseController(w).SetReadDeadline(end)
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
}
