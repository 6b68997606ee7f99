package sqlite

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/disktest"
)

func TestFailedSyncIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}})
	createT(t, db)
	insertT(t, db, 1)

	disk.FailSyncs(1)
	called := false
	err := db.Write(t.Context(), func(tx store.Tx) error {
		tx.OnCommit(func() { called = true })
		return insertN(tx, 2, "")
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Write() = %v, want ErrUnavailable", err)
	}
	if called {
		t.Errorf("OnCommit was called for a write that failed")
	}
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1: the failed write must not be seen", got)
	}
	insertT(t, db, 3)
	dir := db.cfg.Dir
	mustClose(t, db)
	db = openTest(t, Config{Dir: dir})
	defer mustClose(t, db)
	if got := countT(t, db); got != 2 {
		t.Errorf("rows after opening again = %d, want 2", got)
	}
}

// leftovers opens a copy of the current files: the state that a new process would find if this
// one ended now.
func leftovers(t *testing.T, db *DB) *DB {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{dataFile, dataFile + "-wal"} {
		// Not copied by this process: it would lose its locks on the file.
		if out, err := exec.Command("cp", filepath.Join(db.cfg.Dir, name), dir).CombinedOutput(); err != nil {
			t.Fatalf("cp %s: %v: %s", name, err, out)
		}
	}
	return openTest(t, Config{Dir: dir})
}

// A commit of which only the sync failed is complete in the log. A process that starts on that
// log must not find the refused write.
func TestRefusedWriteStaysAway(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	disk.FailSyncs(1)
	err := db.Write(t.Context(), func(tx store.Tx) error { return insertN(tx, 2, "") })
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Write() = %v, want ErrUnavailable", err)
	}
	next := leftovers(t, db)
	defer mustClose(t, next)
	if got := countT(t, next); got != 1 {
		t.Errorf("rows after a start = %d, want 1: the second one was refused", got)
	}
}

// A disk that stays broken: the outcome of the first write is in doubt, the others are refused
// without a try, and once the disk is repaired, writes succeed again.
func TestBrokenDisk(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}, retryAfter: 1})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	disk.FailSyncs(1000)
	write := func(n int64) error {
		return db.Write(t.Context(), func(tx store.Tx) error { return insertN(tx, n, "") })
	}
	if err := write(2); !errors.Is(err, errInDoubt) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Write() whose sync failed for good = %v, want a commit in doubt", err)
	}
	for n := range int64(3) {
		if err := write(10 + n); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Write() to a broken disk = %v, want ErrUnavailable", err)
		}
	}
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
	disk.FailSyncs(0)
	if err := write(20); err != nil {
		t.Errorf("Write() to the mended disk = %v", err)
	}
	next := leftovers(t, db)
	defer mustClose(t, next)
	for _, db := range []*DB{db, next} {
		if got := countT(t, db); got != 2 {
			t.Errorf("rows = %d, want 2", got)
		}
	}
}

func TestFailedWriteIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}, retryAfter: 1})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	for n := range 4 {
		err := db.Write(t.Context(), func(tx store.Tx) error {
			disk.FailWrites(1 + n)
			return insertN(tx, 2, "")
		})
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, errInDoubt) {
			t.Errorf("Write() = %v, want an error of the disk", err)
		}
		disk.FailWrites(0)
		if got := countT(t, db); got != 1 {
			t.Errorf("rows = %d, want 1", got)
		}
	}
	insertT(t, db, 2)
}

func TestFailedSyncFailsTheWholeGroup(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}})
	defer mustClose(t, db)
	createT(t, db)
	mine := errors.New("mine")
	errs := writeTogether(t, db,
		func(tx store.Tx) error { disk.FailSyncs(1); return insertN(tx, 1, "") },
		func(tx store.Tx) error { return insertN(tx, 2, "") },
		func(tx store.Tx) error { return mine },
	)
	if !errors.Is(errs[0], store.ErrUnavailable) || !errors.Is(errs[1], store.ErrUnavailable) || errs[2] != mine {
		t.Errorf("writes = %v, want ErrUnavailable twice and the own error", errs)
	}
	insertT(t, db, 3)
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}

func TestFullDiskOnCommit(t *testing.T) {
	t.Parallel()
	disk := disktest.New(t)
	db := openTest(t, Config{Serve: true, at: place{vfs: disk.Name()}})
	defer mustClose(t, db)
	createT(t, db)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		disk.FillUp(1)
		return insertN(tx, 1, "")
	})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("Write() = %v, want ErrFull", err)
	}
	insertT(t, db, 2)
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}
