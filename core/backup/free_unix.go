//go:build unix && !netbsd && !openbsd && !solaris && !illumos && !aix

package backup

import "golang.org/x/sys/unix"

// freeSpace returns the number of free bytes on the disk of a folder; false if it is unknown.
func freeSpace(dir string) (uint64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}
