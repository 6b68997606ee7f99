package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// Writes to a file that was removed would be lost with the process.
func TestFolderIsRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{Dir: dir, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	check := func(when string, want error) {
		t.Helper()
		err := db.Write(t.Context(), func(store.Tx) error { return nil })
		if !errors.Is(err, want) || !errors.Is(db.Available(), want) {
			t.Errorf("%s: Write() = %v, Available() = %v, want %v", when, err, db.Available(), want)
		}
	}
	check("at first", nil)
	moved := dir + "2"
	if err := os.Rename(dir, moved); err != nil {
		t.Skip("the system does not move folders that are in use")
	}
	check("moved away", store.ErrUnavailable)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, dataFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check("another in its place", store.ErrUnavailable)
	if err := errors.Join(os.RemoveAll(dir), os.Rename(moved, dir)); err != nil {
		t.Fatal(err)
	}
	check("put back", nil)
}
