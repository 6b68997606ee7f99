//go:build unix && !linux

package trywrite

import "syscall"

// send writes to a socket without waiting.
func send(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(int(fd), p)
	errno, _ := err.(syscall.Errno) // syscall.Write returns no other errors
	return n, errno
}
