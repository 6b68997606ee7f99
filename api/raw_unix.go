//go:build unix

package api

import (
	"syscall"

	"golang.org/x/sys/unix"
)

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
