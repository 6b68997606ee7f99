package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func TestOneServerAFolder(t *testing.T) {
	t.Parallel()
	first := openTest(t, Config{Serve: true})
	dir := first.cfg.Dir
	if _, err := Open(t.Context(), Config{Dir: dir, Serve: true}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Open() of a folder that is served = %v, want ErrLocked", err)
	}
	tool := openTest(t, Config{Dir: dir})
	mustClose(t, tool)
	mustClose(t, first)
	mustClose(t, openTest(t, Config{Dir: dir, Serve: true}))
}

func TestReopenFindsEverything(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	dir := db.cfg.Dir
	createT(t, db)
	for n := range 100 {
		insertT(t, db, int64(n))
	}
	mustClose(t, db)
	if info, err := os.Stat(filepath.Join(dir, dataFile+"-wal")); err == nil && info.Size() > 0 {
		t.Errorf("the log has %d bytes after Close, want it emptied", info.Size())
	}
	info, err := os.Stat(filepath.Join(dir, dataFile))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("mode of the database = %v, want it private", mode)
	}
	db = openTest(t, Config{Dir: dir, Serve: true})
	defer mustClose(t, db)
	if got := countT(t, db); got != 100 {
		t.Errorf("rows after opening again = %d, want 100", got)
	}
}

func TestOpenOfWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, dataFile), []byte("this is a text file, and long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), Config{Dir: dir, Serve: true}); err == nil {
		mustClose(t, db)
		t.Errorf("Open() of a text file = nil, want an error")
	}
	if _, err := Open(t.Context(), Config{Dir: filepath.Join(dir, "missing")}); err == nil {
		t.Errorf("Open() of a missing folder = nil, want an error")
	}
}
