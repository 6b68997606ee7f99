// The lock on a data folder: one server each.

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a data folder. SQLite keeps two more beside each database, with -wal
// and -shm at the end of the name.
const (
	dataFile = "data.db"
	lockFile = "data.lock"
)

// createDataFile makes the database file, readable by nobody else; SQLite gives
// its other files the same mode. A file that is there is not even opened: closing
// it again would drop the locks that SQLite has on it in this process.
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

// lockFolder takes the lock that one server has on a data folder. It fails with
// store.ErrLocked when another one has it. Closing the file gives it up, and so
// does the end of the process, however it comes.
func lockFolder(dir string) (*os.File, error) {
	// The lock has a file of its own: closing any handle of the database file would drop
	// SQLite's locks on it.
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
