//go:build unix

package blob

import (
	"errors"
	"syscall"
)

// NoSpace reports an error of a disk, or of a user's quota of it, that has no room.
func NoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
