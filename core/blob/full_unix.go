//go:build unix

package blob

import (
	"errors"
	"syscall"
)

// NoSpace reports whether the error is that of a full disk, or of an exhausted quota of the disk.
func NoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
