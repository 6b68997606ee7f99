package blob

import (
	"errors"
	"syscall"
)

// Windows error codes of a full disk.
const (
	errHandleDiskFull = syscall.Errno(39)
	errDiskFull       = syscall.Errno(112)
)

// NoSpace reports whether the error is that of a full disk.
func NoSpace(err error) bool { return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull) }
