package socket

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// hijacker is the ResponseWriter that the library hijacks: it wraps the connection in an
// outgoing.
type hijacker struct {
	http.ResponseWriter
	out *outgoing
	in  *input
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.out = newOutgoing(conn)
	if buffered.Reader.Buffered() > 0 { // the library refuses that
		return h.out, buffered, nil
	}
	h.in.fill(h.out)
	return h.out, bufio.NewReadWriter(&h.in.Reader, buffered.Writer), nil
}

const (
	pieceSize = 16 << 10 // the most bytes of one write that waits for the client
	corkSize  = 64 << 10 // from so many bytes on a turn ends
	restSize  = 64 << 10 // with more than that waiting for it, a client is sent no control frames
)

// errFull ends a connection on which not even control frames get through.
var errFull = errors.New("socket: the client takes nothing")

// raw is a connection that lends the abilities of its socket.
type raw interface {
	// TryWrite writes as many of the bytes as the system takes at once, which may be none.
	TryWrite(p []byte) (n int, err error)

	// WaitRead waits until Read does not wait. It takes little of the stack.
	WaitRead() error
}

// outgoing is the writing side of a connection. Whoever writes does not wait for the client: what
// it does not take at once stays here, until flush has written it.
type outgoing struct {
	net.Conn
	raw   raw    // nil: every write waits
	stuck func() // is called when something stays here; nil before open

	mu     sync.Mutex // guards what follows
	corked bool
	buffer []byte // what was written since cork
	rest   []byte // what the client has not taken
	failed error
}

func newOutgoing(conn net.Conn) *outgoing {
	o := &outgoing{Conn: conn}
	o.raw, _ = conn.(raw)
	return o
}

// open ends the handshake, of which writes wait for the client. stuck must be quick, and must
// not call the outgoing.
func (o *outgoing) open(stuck func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stuck = stuck
}

// SetWriteDeadline does nothing: what waits for the client has deadlines of its own.
func (o *outgoing) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline for reading alone.
func (o *outgoing) SetDeadline(t time.Time) error { return o.SetReadDeadline(t) }

// Close closes the connection. What waits for the client is lost.
func (o *outgoing) Close() error {
	o.mu.Lock()
	if o.failed == nil {
		o.failed = net.ErrClosed
	}
	o.mu.Unlock()
	return o.Conn.Close()
}

// Write implements net.Conn.
func (o *outgoing) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.failed != nil:
		return 0, o.failed
	case o.corked:
		o.buffer = append(o.buffer, p...)
		return len(p), nil
	case o.stuck == nil:
		return o.Conn.Write(p)
	}
	if len(o.rest) > restSize {
		o.failed = errFull
	} else if o.send(p); len(o.rest) > 0 {
		o.stuck()
	}
	return len(p), o.failed
}

// cork has what is written gather in the buffer.
func (o *outgoing) cork(buffer []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked, o.buffer = true, buffer[:0]
}

// full reports whether much has gathered since cork.
func (o *outgoing) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buffer) >= corkSize
}

// uncork writes what has gathered. It returns the buffer, and whether something waits for the
// client.
func (o *outgoing) uncork() (buffer []byte, waits bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	buffer = o.buffer
	o.corked, o.buffer = false, nil
	if o.failed == nil && len(buffer) > 0 {
		o.send(buffer)
	}
	return buffer, len(o.rest) > 0, o.failed
}

// waits reports whether something waits for the client.
func (o *outgoing) waits() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.rest) > 0
}

// send writes what the client takes at once, and keeps the rest. The lock must be held.
func (o *outgoing) send(p []byte) {
	if len(o.rest) == 0 && o.raw != nil {
		n, err := o.raw.TryWrite(p)
		if p = p[n:]; err != nil || len(p) == 0 {
			o.failed = err
			return
		}
	}
	o.rest = append(o.rest, p...)
}

// flush writes what waits, for as long as the client takes some of it. It belongs to one
// goroutine at a time.
func (o *outgoing) flush() error {
	waited := false
	for {
		o.mu.Lock()
		piece, err := o.rest[:min(len(o.rest), pieceSize)], o.failed
		if len(piece) == 0 {
			o.rest = nil // silent connections are many
		}
		o.mu.Unlock()
		if len(piece) == 0 || err != nil {
			if waited && err == nil {
				err = o.Conn.SetWriteDeadline(time.Time{})
			}
			return err
		}
		waited = true
		if err = o.Conn.SetWriteDeadline(time.Now().Add(stallTime)); err == nil {
			_, err = o.Conn.Write(piece)
		}
		o.mu.Lock()
		o.rest = o.rest[len(piece):]
		if err != nil { // a part of a frame may have been written
			o.failed, o.rest = err, nil
		}
		o.mu.Unlock()
	}
}

// shrink is for buffers that are used again: one that has become large is given up.
func shrink(buffer []byte) []byte {
	if cap(buffer) > 2*corkSize {
		return nil
	}
	return slices.Grow(buffer[:0], 1<<10)
}
