//go:build unix && !netbsd && !openbsd && !solaris && !illumos && !aix

package backup

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes can be written to the disk of a folder; false if that
// is not known.
func freeSpace(dir string) (uint64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}
