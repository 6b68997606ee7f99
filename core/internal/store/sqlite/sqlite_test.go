package sqlite

import (
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/storetest"
)

// TestStore runs before the parallel tests: it checks for leaked goroutines.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openTest(t, Config{Serve: true}) })
}

// openTest opens a database. If cfg has no Dir, it is in a new folder. The caller closes it.
func openTest(t *testing.T, cfg Config) *DB {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	db, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return db
}

func mustClose(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

// createT creates the table "t" of one number and one text.
func createT(t *testing.T, db *DB) {
	t.Helper()
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(`CREATE TABLE "t" ("n" INTEGER PRIMARY KEY, "s" TEXT)`)
		return err
	})
	if err != nil {
		t.Fatalf("create the table: %v", err)
	}
}

func insertN(tx store.Tx, n int64, s string) error {
	_, err := tx.Exec(`INSERT INTO "t" ("n", "s") VALUES ($1, $2)`, store.Int(n), store.Text(s))
	return err
}

func insertT(t *testing.T, db *DB, n int64) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx store.Tx) error { return insertN(tx, n, "") }); err != nil {
		t.Fatalf("insert of %d: %v", n, err)
	}
}

func countT(t *testing.T, db *DB) (n int64) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT count(*) FROM "t"`)
		if err != nil {
			return err
		}
		rows.Next()
		n = rows.Int(0)
		return rows.Close()
	})
	if err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}

// onWriter runs fn on the writer's connection, outside of any transaction.
func onWriter(t *testing.T, db *DB, fn func(c *conn) error) {
	t.Helper()
	if err := db.writer.do(t.Context(), &op{alone: true, service: fn}); err != nil {
		t.Fatalf("on the writer's connection: %v", err)
	}
}

// writeTogether runs the functions as one group and returns their errors.
func writeTogether(t *testing.T, db *DB, fns ...func(store.Tx) error) []error {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	over := make(chan error)
	go func() {
		over <- db.Write(t.Context(), func(store.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	errs := make([]error, len(fns))
	for i, fn := range fns {
		go func() {
			defer func() { over <- nil }()
			errs[i] = db.Write(t.Context(), fn)
		}()
		for queued := 0; queued <= i; { // one after the other, for a known order
			db.writer.mu.Lock()
			queued = len(db.writer.queue)
			db.writer.mu.Unlock()
		}
	}
	close(end)
	for range len(fns) + 1 {
		if err := <-over; err != nil {
			t.Errorf("the write that the others waited for: %v", err)
		}
	}
	return errs
}

// The length of a text made by an expression is limited: the time limit does not interrupt it.
func TestTextsHaveALimit(t *testing.T) {
	db, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for length, wantErr := range map[string]bool{"60000000": false, "900000000": true} {
		err := db.Read(t.Context(), func(r store.Reader) error {
			rows, err := r.Query(`SELECT length(printf('%.*c', ` + length + `, 'x'))`)
			if err != nil {
				return err
			}
			rows.Next()
			return rows.Close()
		})
		if (err != nil) != wantErr {
			t.Errorf("a text of %s bytes = %v", length, err)
		}
	}
}
