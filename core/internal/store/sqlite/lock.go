// The lock on a data folder, which only one server may have.

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Files of a data folder. SQLite keeps two more beside each database, with the suffixes -wal and
// -shm.
const (
	dataFile = "data.db"
	lockFile = "data.lock"
)

// createDataFile creates the database file, readable only by its owner; SQLite gives its other
// files the same mode. An existing file is not even opened: closing it would drop the locks that
// SQLite has on it in this process.
func createDataFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return f.Close()
}

// lockFolder takes the lock of a server on its data folder. It fails with store.ErrLocked if
// another server has the lock. The lock ends when the file is closed or the process ends.
func lockFolder(dir string) (*os.File, error) {
	// The lock is on a separate file: closing any handle of the database file would drop SQLite's
	// locks on it.
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
