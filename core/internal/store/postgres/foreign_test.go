package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// two returns two processes on one database. told gets a value for each call of OnForeignWrite of
// the second process.
func two(t *testing.T) (one, other *DB, told chan struct{}) {
	t.Helper()
	url := pgtest.URL(t)
	one = newTest(t, Config{URL: url})
	other = openTest(t, Config{URL: url})
	t.Cleanup(func() { other.Close() })
	told = make(chan struct{}, 100)
	other.OnForeignWrite(func(context.Context, bool) error { told <- struct{}{}; return nil })
	return one, other, told
}

func TestWritesOfOthersAreToldOf(t *testing.T) {
	one, other, told := two(t)
	for range 5 {
		mustWrite(t, one, `INSERT INTO "t" ("a") VALUES ('x')`)
		<-told
		if got := value(t, other, `SELECT count(*) > 0 FROM "t"`); got != "1" {
			t.Errorf("what was told of is not there")
		}
	}
}

// Polling finds the write of a process that has died after its commit, before its NOTIFY.
func TestWritesThatNobodyTellsOf(t *testing.T) {
	_, other, told := two(t)
	_, err := other.service.Exec(t.Context(), `INSERT INTO "_loam_writes" ("node", "slot", "n") VALUES ('gone', 1, 1)`)
	if err != nil {
		t.Fatal(err)
	}
	<-told
	if _, err = other.service.Exec(t.Context(), `UPDATE "_loam_writes" SET "n" = 2 WHERE "node" = 'gone'`); err != nil {
		t.Fatal(err)
	}
	<-told
}

func TestOwnWritesAndReadsAreNotToldOf(t *testing.T) {
	one, other, told := two(t)
	mustWrite(t, other, `INSERT INTO "t" ("a") VALUES ('own')`)
	value(t, one, `SELECT count(*) FROM "t"`)
	if err := one.Write(t.Context(), func(tx store.Tx) error { // without a change
		_, err := texts(tx, `SELECT "id" FROM "t"`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	seen, err := marksOf(t, other)
	if err != nil || len(seen) != 1 { // the mark of the creation of the table
		t.Errorf("marks of the other process = %v, %v, want one", seen, err)
	}
	if len(told) > 0 {
		t.Errorf("told of nothing")
	}
}

func marksOf(t *testing.T, db *DB) (writeMarks, error) {
	loan, err := db.service.Acquire(t.Context())
	if err != nil {
		return nil, err
	}
	defer loan.Release()
	return db.readMarks(t.Context(), loan.Conn().PgConn())
}

// A process follows the definitions of another process before it reads or writes by them.
func TestDefinitionsOfOthersComeFirst(t *testing.T) {
	one, other, _ := two(t)
	var mu sync.Mutex
	known := 0
	other.OnForeignWrite(func(context.Context, bool) error {
		mu.Lock()
		defer mu.Unlock()
		known++
		return nil
	})
	calls := func() int {
		mu.Lock()
		defer mu.Unlock()
		return known
	}
	for i, use := range []func(fn func()) error{
		func(fn func()) error {
			return other.Read(t.Context(), func(store.Reader) error { fn(); return nil })
		},
		func(fn func()) error { return other.Write(t.Context(), func(store.Tx) error { fn(); return nil }) },
		func(fn func()) error { return other.Exclusive(t.Context(), func(store.Tx) error { fn(); return nil }) },
	} {
		before := calls()
		err := one.Exclusive(t.Context(), func(tx store.Tx) error {
			return one.Catalog().AddColumn(tx, "t", store.Column{Name: string(rune('p' + i))})
		})
		if err != nil {
			t.Fatal(err)
		}
		told := false
		if err := use(func() { told = calls() > before }); err != nil || !told { // the last call of the function counts
			t.Errorf("use %d: %v, told of the new definitions: %t", i, err, told)
		}
	}
}

// Writes before the call of OnForeignWrite are reported when it is called.
func TestForeignWriteBeforeItIsAskedFor(t *testing.T) {
	url := pgtest.URL(t)
	one := newTest(t, Config{URL: url})
	other := openTest(t, Config{URL: url})
	defer other.Close()
	if err := one.Exclusive(t.Context(), func(tx store.Tx) error {
		return one.Catalog().AddColumn(tx, "t", store.Column{Name: "b"})
	}); err != nil {
		t.Fatal(err)
	}
	value(t, other, `SELECT 1`)
	told := false
	other.OnForeignWrite(func(context.Context, bool) error { told = true; return nil })
	if !told {
		t.Errorf("not told of what was written before")
	}
}

func TestOpenAtTheSameTime(t *testing.T) {
	for range 3 {
		url := pgtest.URL(t)
		var g sync.WaitGroup
		for range 6 {
			g.Go(func() {
				db, err := Open(t.Context(), Config{URL: url})
				if err != nil {
					t.Errorf("Open() = %v", err)
					return
				}
				db.Close()
			})
		}
		g.Wait()
	}
}

// If the caches cannot follow, writes fail until a later attempt to follow succeeds.
func TestFollowingFails(t *testing.T) {
	one, other, _ := two(t)
	mine := errors.New("mine")
	calls := make(chan struct{}, 100)
	var works atomic.Bool
	other.OnForeignWrite(func(context.Context, bool) error {
		calls <- struct{}{}
		if works.Load() {
			return nil
		}
		return mine
	})
	if err := one.Exclusive(t.Context(), func(tx store.Tx) error {
		return one.Catalog().AddColumn(tx, "t", store.Column{Name: "b"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := write(t, other, `DELETE FROM "t"`); !errors.Is(err, mine) {
		t.Errorf("Write() by old definitions = %v, want what stops the caches", err)
	}
	for range 3 { // by the write, by the poll, and by the poll a second later
		<-calls
	}
	works.Store(true)
	mustWrite(t, other, `DELETE FROM "t"`)
}
