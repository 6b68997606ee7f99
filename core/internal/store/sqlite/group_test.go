package sqlite

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// TestWritesThatAreReadyShareAGroup: after a group of several writes, the writes of all goroutines
// that are ready to run are one group.
func TestWritesThatAreReadyShareAGroup(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // goroutines that are ready wait until the writer yields
	db := openTest(t, Config{})
	defer mustClose(t, db)
	nothing := func(store.Tx) error { return nil }
	var shared []int64
	// In about 1 of 60 rounds the scheduler resumes the writer before the other goroutines.
	for range 5 {
		writeTogether(t, db, nothing, nothing)
		before := db.cfg.Meter.Groups.Read()
		var writing sync.WaitGroup
		for range 4 {
			writing.Go(func() {
				if err := db.Write(t.Context(), nothing); err != nil {
					t.Error(err)
				}
			})
		}
		writing.Wait()
		after := db.cfg.Meter.Groups.Read()
		if after.Count-before.Count == 1 && after.Sum-before.Sum == 4 {
			return
		}
		shared = append(shared, after.Sum-before.Sum, int64(after.Count-before.Count))
	}
	t.Errorf("writes and their transactions: %v, want 4 in 1", shared)
}

const endlessSelect = `WITH RECURSIVE "c"("i") AS (SELECT 1 UNION ALL SELECT "i" + 1 FROM "c") SELECT count(*) FROM "c"`

// limitPages sets the maximum size of the database in pages. A maximum below the present size is that
// size, so that the disk is full at once.
func limitPages(t *testing.T, db *DB, more string) {
	t.Helper()
	onWriter(t, db, func(c *conn) error {
		c.own = true
		defer func() { c.own = false }()
		return c.Exec(`PRAGMA max_page_count = ` + more)
	})
}

func TestFullDiskFailsOnlyWhatHasNoRoom(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	limitPages(t, db, "10")
	large := strings.Repeat("x", 1<<20)
	called := 0
	committed := 0
	small := func(n int64) func(store.Tx) error {
		return func(tx store.Tx) error {
			called++
			tx.OnCommit(func() { committed++ })
			return insertN(tx, n, "small")
		}
	}
	errs := writeTogether(t, db, small(1), func(tx store.Tx) error {
		err := insertN(tx, 2, large)
		if again := insertN(tx, 3, "small"); again == nil {
			t.Errorf("a statement after the transaction was lost = nil, want an error")
		}
		return err
	}, small(4))
	if errs[0] != nil || errs[2] != nil {
		t.Errorf("small writes = %v, %v, want nil", errs[0], errs[2])
	}
	if !errors.Is(errs[1], store.ErrFull) {
		t.Errorf("large write = %v, want ErrFull", errs[1])
	}
	if got := countT(t, db); got != 2 || committed != 2 {
		t.Errorf("rows = %d, OnCommit calls = %d, want 2 of each", got, committed)
	}
	if called < 3 {
		t.Errorf("small writes were called %d times; the first has to be repeated", called)
	}
	limitPages(t, db, "100000")
	if err := db.Write(t.Context(), func(tx store.Tx) error { return insertN(tx, 5, large) }); err != nil {
		t.Errorf("Write() after room was made = %v, want nil", err)
	}
}

func TestSlowWriteIsStoppedAlone(t *testing.T) {
	for _, test := range []struct{ name, sql string }{
		{"a select", endlessSelect},
		// SQLite ends the whole transaction together with a write that it interrupts.
		{"an insert", `INSERT INTO "t" ("s") ` + endlessSelect},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := openTest(t, Config{WriteTimeout: 50 * time.Millisecond})
			defer mustClose(t, db)
			createT(t, db)
			errs := writeTogether(t, db,
				func(tx store.Tx) error { return insertN(tx, 1, "") },
				func(tx store.Tx) error {
					if err := insertN(tx, 2, ""); err != nil {
						return err
					}
					_, err := tx.Exec(test.sql)
					return err
				},
				func(tx store.Tx) error { return insertN(tx, 3, "") },
			)
			if errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], store.ErrTimeout) {
				t.Errorf("writes = %v, want nil, ErrTimeout, nil", errs)
			}
			if got := countT(t, db); got != 2 {
				t.Errorf("rows = %d, want 2", got)
			}
		})
	}
}

func TestFunctionThatEndsItsGoroutineFailsItsGroup(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	errs := writeTogether(t, db,
		func(tx store.Tx) error { return insertN(tx, 1, "") },
		func(tx store.Tx) error {
			_ = insertN(tx, 2, "")
			runtime.Goexit() // like testing.T.FailNow
			return nil
		},
		func(tx store.Tx) error { return insertN(tx, 3, "") },
	)
	for i, err := range errs {
		if !errors.Is(err, errExited) {
			t.Errorf("write %d = %v, want %v", i, err, errExited)
		}
	}
	insertT(t, db, 4)
	if got := countT(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}

func TestSwallowedLossIsAnError(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	limitPages(t, db, "10")
	err := db.Write(t.Context(), func(tx store.Tx) error {
		_ = insertN(tx, 1, strings.Repeat("x", 1<<20))
		_ = tx.Savepoint(func() error { return insertN(tx, 2, "") })
		return nil
	})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("Write() = %v, want ErrFull though its function hid it", err)
	}
	if got := countT(t, db); got != 0 {
		t.Errorf("rows = %d, want 0", got)
	}
}

func TestExclusiveHasADeadline(t *testing.T) {
	db := openTest(t, Config{ExclusiveTimeout: 50 * time.Millisecond})
	defer mustClose(t, db)
	createT(t, db)
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`INSERT INTO "t" ("s") ` + endlessSelect)
		return err
	})
	if !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Exclusive() = %v, want ErrTimeout", err)
	}
	insertT(t, db, 1)
}

func TestWriterOpensAFailedConnectionAgain(t *testing.T) {
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	before := stampT(t, db)
	onWriter(t, db, func(c *conn) error {
		c.failed = true
		return nil
	})
	insertT(t, db, 2)
	if !db.writer.foreign(t.Context()) {
		t.Errorf("caches are kept though the connection was opened anew")
	}
	if after := stampT(t, db); after == before {
		t.Errorf("Stamp() = %d before and after", after)
	}
	if got := countT(t, db); got != 2 {
		t.Errorf("rows = %d, want 2", got)
	}
}
