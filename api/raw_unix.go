//go:build unix

package api

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryWrite writes to a connection without waiting. One goroutine uses it at a time.
type tryWrite struct {
	raw    syscall.RawConn
	system func(fd uintptr) // made once, so that writing allocates nothing

	p   []byte
	n   int
	err error
}

// write writes as many of the bytes as the system takes at once.
func (t *tryWrite) write(conn net.Conn, p []byte) (int, error) {
	if t.raw == nil {
		c, ok := conn.(syscall.Conn)
		if !ok {
			return 0, nil // the caller keeps all bytes
		}
		raw, err := c.SyscallConn()
		if err != nil {
			return 0, err
		}
		t.raw, t.system = raw, t.call
	}
	t.p, t.n, t.err = p, 0, nil
	err := t.raw.Control(t.system) // RawConn.Write would prepare to wait at each call
	if t.p = nil; err == nil {
		err = t.err
	}
	return t.n, err
}

// call writes p with the system call write, until the system takes no more.
func (t *tryWrite) call(fd uintptr) {
	for t.n < len(t.p) {
		n, err := syscall.Write(int(fd), t.p[t.n:])
		if n > 0 {
			t.n += n
		}
		switch err {
		case nil, syscall.EINTR:
		case syscall.EAGAIN:
			return
		default:
			t.err = err
			return
		}
	}
}

// waitRead waits until the connection has bytes to read, or has ended.
func waitRead(conn net.Conn) error {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(hasInput)
}

// hasInput reports whether a read of the file descriptor would return at once.
func hasInput(fd uintptr) bool {
	var one [1]byte
	for {
		_, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK)
		if err != unix.EINTR { // after EINTR a wait would miss bytes that have already come: try again
			return err != unix.EAGAIN
		}
	}
}
