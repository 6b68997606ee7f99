package socket

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// stallTime is how long a write may make no progress before the connection is given up.
const stallTime = 5 * time.Second

// hijacker is the ResponseWriter that the library hijacks: it wraps the connection in an
// outgoing.
type hijacker struct {
	http.ResponseWriter
	out *outgoing
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.out = &outgoing{Conn: conn}
	return h.out, buffered, nil
}

const (
	pieceSize = 16 << 10 // the most bytes of one write to the socket
	corkSize  = 64 << 10 // the most bytes that are buffered
)

// outgoing is a connection that can buffer writes, so that many messages leave in one system
// call. A write fails when the client has accepted no byte of it for stallTime; as long as it
// accepts some, a write may take any time.
type outgoing struct {
	net.Conn

	mu     sync.Mutex // guards what follows, and writing
	corked bool
	buffer []byte
	failed error
}

// SetWriteDeadline does nothing: each piece has a deadline of its own.
func (o *outgoing) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline for reading alone.
func (o *outgoing) SetDeadline(t time.Time) error { return o.SetReadDeadline(t) }

func (o *outgoing) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.corked {
		return len(p), o.write(p)
	}
	if len(o.buffer)+len(p) > corkSize {
		if err := o.flush(); err != nil {
			return 0, err
		}
	}
	o.buffer = append(o.buffer, p...)
	return len(p), o.failed
}

// cork begins to buffer writes.
func (o *outgoing) cork() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = true
}

// uncork writes the buffered bytes and ends buffering.
func (o *outgoing) uncork() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked = false
	err := o.flush()
	o.buffer = nil // silent connections are many
	return err
}

// flush writes the buffered bytes. The lock must be held.
func (o *outgoing) flush() error {
	err := o.write(o.buffer)
	o.buffer = o.buffer[:0]
	return err
}

// write writes to the connection. After a failure nothing more is written: a part of a
// frame may have been. The lock must be held.
func (o *outgoing) write(p []byte) error {
	for len(p) > 0 && o.failed == nil {
		piece := p[:min(len(p), pieceSize)]
		p = p[len(piece):]
		if o.failed = o.Conn.SetWriteDeadline(time.Now().Add(stallTime)); o.failed == nil {
			_, o.failed = o.Conn.Write(piece)
		}
	}
	return o.failed
}
