package api

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unsent returns the number of bytes that were written to the connection and not acknowledged by
// the other side; 0 if it is not known.
func unsent(conn net.Conn) int64 {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	if raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }) != nil || err != nil {
		return 0
	}
	return int64(n)
}
