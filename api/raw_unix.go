//go:build unix

package api

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryWrite is a write that does not wait.
type tryWrite struct {
	system func(fd uintptr) // call, as a value that is made once: writing allocates nothing

	p   []byte
	n   int
	err error
}

// tryWrites holds the tryWrites that are not in use.
var tryWrites = sync.Pool{New: func() any {
	t := &tryWrite{}
	t.system = t.call
	return t
}}

// writeNow writes as many of the bytes as the system takes at once.
func writeNow(conn syscall.RawConn, p []byte) (int, error) {
	t := tryWrites.Get().(*tryWrite)
	defer tryWrites.Put(t)
	t.p, t.n, t.err = p, 0, nil
	err := conn.Control(t.system) // RawConn.Write would prepare to wait at each call
	if t.p = nil; err == nil {
		err = t.err
	}
	return t.n, err
}

// call writes p with the system call write, until the system takes no more.
func (t *tryWrite) call(fd uintptr) {
	for t.n < len(t.p) {
		n, errno := systemWrite(fd, t.p[t.n:])
		if errno == 0 {
			t.n += n
		}
		switch errno {
		case 0, syscall.EINTR:
		case syscall.EAGAIN:
			return
		default:
			t.err = errno
			return
		}
	}
}

// waitRead waits until the connection has bytes to read, or has ended.
func waitRead(conn syscall.RawConn) error { return conn.Read(hasInput) }

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
