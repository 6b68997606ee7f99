package wire

import (
	"io"
	"net/http"
	"time"
)

// How much of an unwanted body is read, and for how long.
const (
	maxDrained = 256 << 20
	drainTime  = 15 * time.Second
)

// Drain reads what is left of the body of a request that is refused, before the
// answer. A client that still sends when the connection is closed would see a broken
// connection instead of the answer. A body that is too long even for that is left.
func Drain(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || r.ContentLength > maxDrained || r.Header.Get("Expect") != "" {
		return // a client that expects a "100 Continue" has not begun to send
	}
	end := time.Now().Add(drainTime)
	if body, ok := r.Body.(interface{ ReadUntil(time.Time) }); ok {
		body.ReadUntil(end) // it sets deadlines of its own
	} else {
		// Where there is no deadline to set, as in tests, the server's own must do.
		_ = http.NewResponseController(w).SetReadDeadline(end)
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
}
