package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// readT reads the column a of t, and counts the calls of its function. before, unless nil, runs at
// the beginning of each call. together reports whether the last transaction began with its query.
func readT(t *testing.T, db *DB, before func(run int)) (got []string, runs int, together bool) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) error {
		runs++
		if before != nil {
			before(runs)
		}
		rows, err := r.Query(`SELECT "a" FROM "t" WHERE "a" <> $1`, store.Text(""))
		together = r.(*reader).opening.pipeline != nil
		if err != nil {
			return err
		}
		defer rows.Close()
		for got = nil; rows.Next(); {
			got = append(got, rows.Text(0))
		}
		return rows.Err()
	})
	if err != nil {
		t.Errorf("Read() = %v", err)
	}
	return got, runs, together
}

func TestReadsBeginWithTheFirstQuery(t *testing.T) {
	one, other, _ := two(t)
	mustWrite(t, one, `INSERT INTO "t" ("a") VALUES ('kept')`)
	got, runs, together := readT(t, one, nil)
	for range 100 { // each connection prepares the query once
		if together {
			break
		}
		got, runs, together = readT(t, one, nil)
	}
	if !together || runs != 1 || !slices.Equal(got, []string{"kept"}) {
		t.Errorf("read %q in %d runs, together: %t", got, runs, together)
	}

	// Another process changes the definitions before the first query.
	define := func(run int) {
		if run > 1 {
			return
		}
		if err := other.Exclusive(t.Context(), func(tx store.Tx) error {
			if err := other.Catalog().AddColumn(tx, "t", store.Column{Name: "b"}); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE "t" SET "a" = 'changed'`)
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	if got, runs, _ := readT(t, one, define); runs != 2 || !slices.Equal(got, []string{"changed"}) {
		t.Errorf("beside a change of definitions: read %q in %d runs", got, runs)
	}

	// The connection is cut off before the first query.
	cut := func(run int) {
		if run == 1 {
			exec(t, one.cfg.URL, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loam' AND state = 'idle'`)
		}
	}
	if got, runs, _ := readT(t, one, cut); runs != 2 || !slices.Equal(got, []string{"changed"}) {
		t.Errorf("on a connection that was cut off: read %q in %d runs", got, runs)
	}
}

func TestFirstQueriesThatFail(t *testing.T) {
	db := newTest(t, Config{})
	mustWrite(t, db, `INSERT INTO "t" ("a") VALUES ('x')`)
	wrong := errors.New("wrong")
	for range 4 { // the first runs prepare the query, the others begin with it
		err := db.Read(t.Context(), func(r store.Reader) error {
			_, err := texts(r, `SELECT (1 / (length("a") - 1))::text FROM "t"`)
			if err == nil {
				t.Error("a division by zero has no error")
			}
			if _, err := texts(r, `SELECT "a" FROM "t"`); err == nil {
				t.Error("a transaction that has failed goes on")
			}
			return wrong
		})
		if err != wrong {
			t.Errorf("Read() = %v, want the error of the function", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Read(ctx, func(r store.Reader) error {
		cancel()
		_, err := texts(r, `SELECT "a" FROM "t"`)
		return err
	})
	if !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Read() of a caller who has gone = %v", err)
	}
	if got := value(t, db, `SELECT "a" FROM "t"`); got != "x" {
		t.Errorf("afterwards: %q", got)
	}
}

// writeT inserts a row with the id into t, and counts the calls of its function. before, unless
// nil, runs at the beginning of each call. together reports whether the last transaction began with
// its statement.
func writeT(t *testing.T, db *DB, id string, before func(run int)) (runs int, together bool, err error) {
	t.Helper()
	err = db.Write(t.Context(), func(w store.Tx) error {
		runs++
		if before != nil {
			before(runs)
		}
		rows, err := w.Query(`INSERT INTO "t" ("id") VALUES ($1) RETURNING "id"`, store.Text(id))
		together = w.(*tx).opening.pipeline != nil
		if err != nil {
			return err
		}
		return rows.Close()
	})
	return runs, together, err
}

// mustWriteT is writeT for a row that must be stored after want calls.
func mustWriteT(t *testing.T, db *DB, id string, want int, before func(run int)) (together bool) {
	t.Helper()
	runs, together, err := writeT(t, db, id, before)
	if err != nil || runs != want {
		t.Errorf("write of %q: %v, in %d runs, want %d", id, err, runs, want)
	}
	if got := value(t, db, `SELECT count(*) FROM "t" WHERE "id" = $1`, store.Text(id)); got != "1" {
		t.Errorf("%q is stored %s times", id, got)
	}
	return together
}

func TestWritesBeginWithTheFirstStatement(t *testing.T) {
	one, other, _ := two(t)
	together := false
	for i := 0; i < 100 && !together; i++ { // each connection prepares the statement once
		together = mustWriteT(t, one, fmt.Sprint("first ", i), 1, nil)
	}
	if !together {
		t.Error("no write began with its statement")
	}

	// Another process changes the definitions before the first statement.
	mustWriteT(t, one, "beside a change of definitions", 2, func(run int) {
		if run > 1 {
			return
		}
		changed := make(chan error)
		go func() {
			changed <- other.Exclusive(t.Context(), func(tx store.Tx) error {
				return other.Catalog().AddColumn(tx, "t", store.Column{Name: "b"})
			})
		}()
		if err := <-changed; err != nil {
			t.Error(err)
		}
	})
	mustWriteT(t, one, "prepared anew", 1, nil)

	// The connection is cut off before the first statement.
	mustWriteT(t, one, "on a connection that was cut off", 2, func(run int) {
		if run == 1 {
			exec(t, one.cfg.URL, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loam' AND state = 'idle'`)
		}
	})

	// Another process holds a lock, for which the second call waits.
	held, free := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- other.Exclusive(t.Context(), func(store.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		left <- one.Write(ctx, func(tx store.Tx) error { return tx.Savepoint(func() error { return nil }) })
	}()
	for one.cfg.Meter.Waiting.Load() == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrTimeout) {
		t.Errorf("Write() of a caller who leaves while it waits = %v", err)
	}
	go func() { _, _, err := writeT(t, one, "after the wait", nil); left <- err }()
	for one.cfg.Meter.Waiting.Load() == 0 {
		runtime.Gosched()
	}
	close(free)
	if err := errors.Join(<-left, <-done); err != nil {
		t.Errorf("a write that waits for an Exclusive: %v", err)
	}
	if got := value(t, one, `SELECT count(*) FROM "t" WHERE "id" = 'after the wait'`); got != "1" {
		t.Errorf("the write that has waited is stored %s times", got)
	}
}

func TestFirstStatementsThatFail(t *testing.T) {
	db := newTest(t, Config{})
	mustWriteT(t, db, "x", 1, nil)
	for range 4 { // the first runs prepare the statement, the others begin with it
		runs, _, err := writeT(t, db, "x", nil)
		if unique := (*store.UniqueError)(nil); !errors.As(err, &unique) || runs != 1 {
			t.Errorf("Write() of an id that is taken = %v, in %d runs", err, runs)
		}
		err = db.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(`UPDATE "t" SET "n" = 1 / (length("id") - 1)`)
			if err == nil {
				t.Error("a division by zero has no error")
			}
			return nil // after the error, PostgreSQL would not commit
		})
		if refused := (*store.StatementError)(nil); !errors.As(err, &refused) {
			t.Errorf("Write() that passes over an error = %v", err)
		}
	}
	wrong := errors.New("wrong")
	for name, fn := range map[string]func(store.Tx) error{
		"no statement":        func(store.Tx) error { return nil },
		"an error":            func(store.Tx) error { return wrong },
		"an undone savepoint": func(tx store.Tx) error { return tx.Savepoint(func() error { return wrong }) },
		"a panic":             func(store.Tx) error { panic(wrong) },
		"a savepoint, a write": func(tx store.Tx) error {
			_ = tx.Savepoint(func() error { return wrong })
			_, err := tx.Exec(`UPDATE "t" SET "a" = 'y'`)
			return err
		},
	} {
		called := false
		err := db.Write(t.Context(), func(tx store.Tx) error {
			tx.OnCommit(func() { called = true })
			return fn(tx)
		})
		if stored := err == nil; stored != called || stored == (name == "an error" || name == "an undone savepoint" || name == "a panic") {
			t.Errorf("Write() with %s = %v, OnCommit called: %t", name, err, called)
		}
	}
	if got := value(t, db, `SELECT "a" FROM "t"`); got != "y" {
		t.Errorf("afterwards: %q", got)
	}
}

// Statements of another version stay stale until they are deallocated.
func TestStatementsFollowAVersion(t *testing.T) {
	t.Parallel()
	kept := &statements{byText: map[string][]*statement{}, of: 1}
	for _, version := range []uint64{2, 2} { // the first attempt to deallocate them may fail
		if kept.follow(version); !kept.stale || kept.of != version {
			t.Errorf("after version %d: %+v", version, kept)
		}
	}
	if err := kept.deallocate(t.Context(), nil); err != nil || kept.stale {
		t.Errorf("deallocate() = %v, stale: %t", err, kept.stale)
	}
}
