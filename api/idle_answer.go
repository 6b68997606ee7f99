package api

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/loambase/loam/api/internal/middleware"
	"github.com/loambase/loam/api/internal/trywrite"
)

// pieceSize is the number of bytes in one write, so that the counter bytes shows the progress of a
// long write.
const pieceSize = 64 << 10

// idleListener accepts connections on which a write fails if the client reads nothing for the idle
// time. A write of any length succeeds as long as it makes progress. The listener knows the open
// connections and the bytes that they have moved.
type idleListener struct {
	net.Listener
	idle func() time.Duration // may change while connections are open

	mu   sync.Mutex // guards open
	open map[*idleConn]struct{}
}

func newIdleListener(l net.Listener, idle func() time.Duration) *idleListener {
	return &idleListener{Listener: l, idle: idle, open: map[*idleConn]struct{}{}}
}

func (l *idleListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := newIdleConn(conn, l.idle)
	c.left = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, c)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, nil
}

// idleConn moves its write deadline whenever the client takes a part of a write. It is below
// net/http, whose own limit is for a whole answer. Reading has no such limit here: net/http also
// reads during an answer, to notice that a client has disconnected (see middleware.Idle for
// bodies).
type idleConn struct {
	net.Conn
	idle     func() time.Duration
	left     func()          // called when the connection is closed; may be nil
	bytes    atomic.Int64    // the number of bytes read and written
	deadline atomic.Int64    // the write deadline that moveDeadline has set, in Unix nanoseconds; 0: none
	manual   atomic.Bool     // the user of the connection sets write deadlines
	raw      syscall.RawConn // nil if the connection has no descriptor
}

func newIdleConn(conn net.Conn, idle func() time.Duration) *idleConn {
	c := &idleConn{Conn: conn, idle: idle}
	if system, ok := conn.(syscall.Conn); ok {
		c.raw, _ = system.SyscallConn() // fails only for a closed connection, and reads fail then
	}
	return c
}

func (c *idleConn) Close() error {
	if c.left != nil {
		c.left()
	}
	return c.Conn.Close()
}

func (c *idleConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

func (c *idleConn) SetDeadline(t time.Time) error {
	c.manual.Store(!t.IsZero())
	c.deadline.Store(0)
	return c.Conn.SetDeadline(t)
}

func (c *idleConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() && !c.manual.Load() {
		return nil // net/http calls this after each request: the next write sets its own deadline
	}
	c.manual.Store(!t.IsZero())
	c.deadline.Store(0)
	return c.Conn.SetWriteDeadline(t)
}

func (c *idleConn) Write(p []byte) (written int, err error) {
	if c.manual.Load() {
		written, err = c.Conn.Write(p)
		c.bytes.Add(int64(written))
		return written, err
	}
	end := time.Now().Add(c.idle() + time.Duration(len(p))*(time.Second/middleware.MinRate))
	for written < len(p) {
		if err := c.moveDeadline(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:min(len(p), written+pieceSize)])
		written += n
		c.bytes.Add(int64(n))
		if err != nil && !c.moved(int64(n), err) {
			return written, err
		}
		if written < len(p) && time.Now().After(end) {
			return written, os.ErrDeadlineExceeded
		}
	}
	return written, nil
}

// TryWrite writes as many of the bytes as the system takes at once, which may be none. No other
// write may be under way.
func (c *idleConn) TryWrite(p []byte) (int, error) {
	if c.manual.Load() || c.deadline.Load() != 0 { // with a deadline that has passed the write would fail
		c.manual.Store(false)
		c.deadline.Store(0)
		if err := c.Conn.SetWriteDeadline(time.Time{}); err != nil {
			return 0, err
		}
	}
	if c.raw == nil {
		return 0, nil // the caller keeps all bytes
	}
	n, err := trywrite.Write(c.raw, p)
	c.bytes.Add(int64(n))
	return n, err
}

// WaitRead waits until Read would not wait. Waiting here needs little stack. If the system cannot
// report that, WaitRead returns at once.
func (c *idleConn) WaitRead() error {
	if c.raw == nil {
		return nil
	}
	return waitRead(c.raw)
}

// ReadFrom lets the kernel send a part of a file; net/http calls it. Any other source is copied.
func (c *idleConn) ReadFrom(r io.Reader) (written int64, err error) {
	part, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(writeOnly{c}, r)
	}
	file, ok := part.R.(kernelFile)
	if !ok {
		return io.Copy(writeOnly{c}, r)
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil { // from a pipe, bytes that are read and not sent would be lost
		return io.Copy(writeOnly{c}, r)
	}
	return c.sendFile(file, start, part)
}

// kernelFile is an *os.File, or a type that embeds one: the kernel can send its content.
type kernelFile interface {
	io.Seeker
	syscall.Conn
}

// writeOnly hides ReadFrom from io.Copy.
type writeOnly struct{ io.Writer }

func (c *idleConn) sendFile(file kernelFile, start int64, part *io.LimitedReader) (written int64, err error) {
	length := part.N
	for written < length {
		if !c.manual.Load() {
			if err := c.moveDeadline(); err != nil {
				return written, err
			}
		}
		piece := min(length-written, pieceSize)
		part.N = piece
		n, err := io.Copy(c.Conn, part)
		written += n
		c.bytes.Add(n)
		part.N = length - written
		if err == nil && n == piece {
			continue
		}
		if !c.moved(n, err) {
			return written, err
		}
		// More bytes may have been read than sent.
		if _, err := file.Seek(start+written, io.SeekStart); err != nil {
			return written, err
		}
	}
	return written, nil
}

// moveDeadline leaves at least the idle time to the next write. Setting a deadline costs a
// microsecond, so each deadline serves several writes: a client that reads nothing has up to a
// quarter more than the idle time.
func (c *idleConn) moveDeadline() error {
	now, idle := time.Now(), c.idle()
	if left := time.Duration(c.deadline.Load() - now.UnixNano()); left >= idle && left <= idle+idle/4 {
		return nil
	}
	deadline := now.Add(idle + idle/4)
	c.deadline.Store(deadline.UnixNano())
	return c.Conn.SetWriteDeadline(deadline)
}

// moved reports whether a write that has failed at the deadline continues, since the client has
// taken bytes of it.
func (c *idleConn) moved(n int64, err error) bool {
	if n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.manual.Load() {
		return false
	}
	c.deadline.Store(0) // the deadline has passed
	return true
}
