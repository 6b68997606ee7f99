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
			return 0, nil // all of it waits
		}
		raw, err := c.SyscallConn()
		if err != nil {
			return 0, err
		}
		t.raw, t.system = raw, t.call
	}
	t.p, t.n, t.err = p, 0, nil
	err := t.raw.Control(t.system) // Write would prepare to wait, each time
	if t.p = nil; err == nil {
		err = t.err
	}
	return t.n, err
}

// call calls the system.
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

// waitRead waits until there is something to read, or the connection has ended.
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

// hasInput reports whether reading would not wait.
func hasInput(fd uintptr) bool {
	var one [1]byte
	for {
		_, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK)
		if err != unix.EINTR { // who waits after that is not woken by what is there already
			return err != unix.EAGAIN
		}
	}
}
