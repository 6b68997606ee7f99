// Package storetest has the tests that every engine of core/internal/store must pass. An engine's
// tests call Run and add tests of their own.
package storetest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// Run runs the suite. open returns an empty store; the suite closes it. without names the topics
// that the engine does not support.
func Run(t *testing.T, open func(t *testing.T) store.Store, without ...string) {
	s := &suite{open: open}
	for _, topic := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"read", s.read},
		{"limits", s.limits},
		{"write", s.write},
		{"group", s.group},
		{"savepoint", s.savepoint},
		{"oncommit", s.onCommit},
		{"errors", s.errors},
		{"catalog", s.catalog},
		{"views", s.views},
		{"scripts", s.scripts},
		{"stamp", s.stamp},
		{"concurrency", s.concurrency},
		{"rehearse", s.rehearse},
		{"close", s.close},
	} {
		if !slices.Contains(without, topic.name) {
			t.Run(topic.name, topic.run)
		}
	}
	noLeaks(t)
}

// suite opens the stores of the tests.
type suite struct {
	open func(t *testing.T) store.Store
}

// new returns a store with the table "t" (id, a text, n number).
func (s *suite) new(t *testing.T) fixture {
	t.Helper()
	f := fixture{t: t, Store: s.open(t)}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	f.exclusive(func(tx store.Tx) error {
		return f.Catalog().CreateTable(tx, "t", []store.Column{
			{Name: "id", PrimaryKey: true}, {Name: "a"}, {Name: "n", Kind: store.ColumnNumber},
		})
	})
	return f
}

// fixture is a store under test. Its methods end the test on an error.
type fixture struct {
	store.Store
	t *testing.T
}

func (f fixture) write(fn func(tx store.Tx) error) {
	f.t.Helper()
	if err := f.Write(f.t.Context(), fn); err != nil {
		f.t.Fatalf("Write() = %v, want nil", err)
	}
}

func (f fixture) exclusive(fn func(tx store.Tx) error) {
	f.t.Helper()
	if err := f.Exclusive(f.t.Context(), fn); err != nil {
		f.t.Fatalf("Exclusive() = %v, want nil", err)
	}
}

func (f fixture) read(fn func(r store.Reader) error) {
	f.t.Helper()
	if err := f.Read(f.t.Context(), fn); err != nil {
		f.t.Fatalf("Read() = %v, want nil", err)
	}
}

// insert writes one row of the table in a separate write.
func (f fixture) insert(id string, n int64) {
	f.t.Helper()
	f.write(func(tx store.Tx) error { return insert(tx, id, n) })
}

// text returns the result of a query in a separate read, see text.
func (f fixture) text(sql string, args ...store.Value) (out string) {
	f.t.Helper()
	f.read(func(r store.Reader) (err error) {
		out, err = text(r, sql, args...)
		return err
	})
	return out
}

// wantIDs checks which rows the table has.
func (f fixture) wantIDs(want string) {
	f.t.Helper()
	if got := f.text(`SELECT "id" FROM "t" ORDER BY "id"`); got != want {
		f.t.Errorf("ids = %q, want %q", got, want)
	}
}

func insert(tx store.Tx, id string, n int64) error {
	_, err := tx.Exec(`INSERT INTO "t" ("id", "n") VALUES ($1, $2)`, store.Text(id), store.Int(n))
	return err
}

// text returns the first column of all rows, separated by spaces.
func text(r store.Reader, sql string, args ...store.Value) (string, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return "", err
	}
	var out []string
	for rows.Next() {
		out = append(out, rows.Text(0))
	}
	return strings.Join(out, " "), rows.Close()
}

// hold begins a write that lasts until release is called; release waits for its end. Meanwhile
// other writes queue up: it is exclusive, since some engines run writes concurrently.
func (f fixture) hold() (release func()) {
	f.t.Helper()
	begun, end, over := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		over <- f.Exclusive(context.Background(), func(store.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		f.t.Helper()
		close(end)
		if err := <-over; err != nil {
			f.t.Errorf("the write that others waited for: %v", err)
		}
	}
}

// noLeaks fails the test if a goroutine of a store still runs after every store was closed.
// Goroutines that are about to end get some time.
func noLeaks(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var left []string
	for range 500 {
		if left = storeGoroutines(); len(left) == 0 {
			return
		}
		<-tick.C
	}
	t.Errorf("%d goroutines left over:\n%s", len(left), strings.Join(left, "\n\n"))
}

// storeGoroutines returns the stacks that contain code of a store, without those of tests.
func storeGoroutines() (stacks []string) {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for _, g := range strings.Split(string(buf), "\n\n") {
		if strings.Contains(g, "/core/internal/store/") && !strings.Contains(g, "testing.tRunner") {
			stacks = append(stacks, g)
		}
	}
	return stacks
}
