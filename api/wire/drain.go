package wire

import (
	"io"
	"net/http"
	"time"
)

// How much of a body that nobody wants is taken in, and for how long.
const (
	maxDrained = 256 << 20
	drainTime  = 15 * time.Second
)

// Drain takes in what is left of the body of a request that is refused, before it is
// answered. A client that still sends when the connection is closed learns of a
// broken connection and not of the answer. What is too long even for that is left.
func Drain(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || r.ContentLength > maxDrained || r.Header.Get("Expect") != "" {
		return // a client that expects a "100 Continue" has not begun to send
	}
	// Where there is no deadline to set, as in tests, the server's own must do.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainTime))
	_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
}
