package trywrite

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send writes to a socket without waiting. It takes less CPU time than syscall.Write: the system
// call sendto does not pass through the file layer of the kernel, and RawSyscall6 does not notify
// the scheduler of a call that ends within microseconds.
func send(fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
