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

// hijacker is the ResponseWriter that the library hijacks. It wraps the connection in an outgoing.
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
	h.out.init(conn)
	if buffered.Reader.Buffered() > 0 { // the library refuses early bytes of the client
		return h.out, buffered, nil
	}
	h.in.fill(h.out)
	return h.out, bufio.NewReadWriter(&h.in.Reader, buffered.Writer), nil
}

const (
	pieceSize = 16 << 10 // the maximum bytes of one write that waits for the client
	corkSize  = 64 << 10 // gathered bytes at which a turn of serve ends
	restSize  = 64 << 10 // waiting bytes above which a further write fails with errFull
)

// errFull ends a connection whose client reads so little that control frames do not get through.
var errFull = errors.New("socket: the client takes nothing")

// raw is a connection that can write without waiting, and wait without reading.
type raw interface {
	// TryWrite writes as many bytes as the system takes without waiting, possibly none.
	TryWrite(p []byte) (n int, err error)

	// WaitRead waits until Read would return at once. It needs little stack.
	WaitRead() error
}

// outgoing is the writing side of a connection. Write does not wait for the client: bytes that
// the system does not take at once stay in rest until flush has written them.
type outgoing struct {
	net.Conn
	raw   raw    // nil if the connection cannot; then all bytes go to rest
	stuck func() // called when bytes stay in rest; nil before open

	mu     sync.Mutex // guards the fields below
	corked bool
	buffer []byte // bytes written since cork
	rest   []byte // bytes that wait for the client
	failed error
}

// init sets the connection of a new outgoing.
func (o *outgoing) init(conn net.Conn) {
	o.Conn = conn
	o.raw, _ = conn.(raw)
}

// open ends the handshake, in which writes wait for the client. stuck must be quick, and must not
// call methods of the outgoing.
func (o *outgoing) open(stuck func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stuck = stuck
}

// SetWriteDeadline does nothing: flush sets its own deadlines.
func (o *outgoing) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets only the deadline for reading.
func (o *outgoing) SetDeadline(t time.Time) error { return o.SetReadDeadline(t) }

// Close closes the connection. Bytes that wait for the client are lost.
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

// cork makes Write gather bytes in the buffer.
func (o *outgoing) cork(buffer []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corked, o.buffer = true, buffer[:0]
}

// full reports whether corkSize bytes have gathered since cork.
func (o *outgoing) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buffer) >= corkSize
}

// uncork writes the gathered bytes. It returns the buffer, and whether bytes wait for the client.
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

// waits reports whether bytes wait for the client.
func (o *outgoing) waits() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.rest) > 0
}

// send writes as much as the system takes at once, and keeps the rest. The lock must be held.
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

// flush writes the waiting bytes in pieces. It fails if the client does not take a piece within
// stallTime. Only one goroutine at a time may call it.
func (o *outgoing) flush() error {
	waited := false
	for {
		o.mu.Lock()
		piece, err := o.rest[:min(len(o.rest), pieceSize)], o.failed
		if len(piece) == 0 {
			o.rest = nil // most connections are silent: free the memory
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

// shrink prepares a buffer for reuse. It drops a buffer that has become large.
func shrink(buffer []byte) []byte {
	if cap(buffer) > 2*corkSize {
		return nil
	}
	return slices.Grow(buffer[:0], 1<<10)
}
