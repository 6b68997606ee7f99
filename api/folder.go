package api

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loambase/loam/core"
)

const databaseFile = "data.db"

// checkFolder returns an error with advice for a data folder that belongs to another program,
// before any file is made in it.
func checkFolder(dir string) error {
	header, err := databaseHeader(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", dir, err)
	}
	// A folder of PocketBase has two databases, and never the lock file of Loam.
	if has(dir, "auxiliary.db") && !has(dir, "data.lock") {
		return fmt.Errorf("cannot open %s: this is a data folder of PocketBase; move it over into a new folder: loam import pocketbase %s --dir loam_data",
			dir, shellWord(dir))
	}
	if len(header) > 0 && string(header) != "SQLite format 3\x00" {
		return fmt.Errorf("cannot open %s: its %s is no database", dir, databaseFile)
	}
	return nil
}

// databaseHeader returns the beginning of the database file, nothing if the file is empty.
func databaseHeader(dir string) ([]byte, error) {
	file, err := os.Open(filepath.Join(dir, databaseFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 16))
}

func has(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// mustExist returns an error if there is no installation, for a command that is useless in a new
// one.
func mustExist(app *core.App) error {
	if app.Config.DB == "" && !has(app.Config.Dir, databaseFile) {
		return fmt.Errorf("there is no installation in %s", absolute(app))
	}
	return nil
}
