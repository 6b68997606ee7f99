//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/loambase/loam/core/internal/store"
)

// lock takes the lock on the file without waiting. The error is store.ErrLocked if another
// process has it.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return store.ErrLocked
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// syncFolder makes the names of new files durable, and the name of the folder itself, if the
// program may read its parent folder.
func syncFolder(dir string) error {
	above := syncOne(filepath.Dir(filepath.Clean(dir)))
	if errors.Is(above, fs.ErrPermission) {
		above = nil
	}
	if err := errors.Join(syncOne(dir), above); err != nil {
		return fmt.Errorf("sync the data folder: %w", err)
	}
	return nil
}

func syncOne(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
