package postgres

import (
	"context"
	"errors"
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
