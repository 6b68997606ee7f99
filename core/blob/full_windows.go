package blob

import (
	"errors"
	"syscall"
)

// Codes of Windows for a disk without room.
const (
	errHandleDiskFull = syscall.Errno(39)
	errDiskFull       = syscall.Errno(112)
)

// NoSpace reports an error of a disk that has no room.
func NoSpace(err error) bool { return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull) }
