package change_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/migrations"
)

// systemTables makes the tables of the system in a new database.
func systemTables(t testing.TB, db store.Store) {
	t.Helper()
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, step := range migrations.System() {
			if err := step.Up(migration{tx, db.Migrator()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// newLog returns an open log on a database of its own, without an app.
func newLog(t testing.TB, db store.Store, c change.Config) *change.Log {
	t.Helper()
	c.Store, c.Node, c.Log = db, "here", slog.New(slog.DiscardHandler)
	l := change.New(c)
	if err := l.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// run runs the log until the test ends.
func run(t testing.TB, l *change.Log) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

// appendAll appends changes in one transaction.
func appendAll(t testing.TB, db store.Store, l *change.Log, changes ...change.Change) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx store.Tx) error { return l.Append(tx, slices.Clone(changes)) }); err != nil {
		t.Fatal(err)
	}
}

func changeOf(id string, a change.Action, before string) change.Change {
	c := change.Change{Kind: change.Record, Collection: "docs", Record: id, Action: a}
	if before != "" {
		c.Before = []byte(before)
	}
	return c
}

// historyOf returns the changes that History passes to its function, a line for each.
func historyOf(t testing.TB, db store.Store, l *change.Log, c change.Change, at change.Position, most int) (got []string, err error) {
	t.Helper()
	c.Seq, c.N = at.Seq, at.N
	err = db.Read(t.Context(), func(r store.Reader) error {
		return l.History(r, c, func(c change.Change) (bool, error) {
			got = append(got, fmt.Sprintf("%d.%d %s %s %s", c.Seq, c.N, c.Record, c.Action, c.Before))
			return len(got) < most, nil
		})
	})
	return got, err
}

func TestHistory(t *testing.T) {
	t.Parallel()
	db := enginetest.Open(t)
	systemTables(t, db)
	l := newLog(t, db, change.Config{KeepRows: 4, Keep: time.Hour})
	other := changeOf("a", change.Update, `{"n":99}`)
	other.Collection = "others"
	appendAll(t, db, l, changeOf("a", change.Create, ""), changeOf("b", change.Create, "")) // 1
	appendAll(t, db, l, changeOf("a", change.Update, `{"n":1}`))                            // 2
	appendAll(t, db, l, changeOf("b", change.Update, `{"n":1}`), other,
		changeOf("a", change.Update, `{"n":2}`), changeOf("b", change.Update, `{"n":2}`)) // 3
	appendAll(t, db, l, changeOf("a", change.Delete, `{"n":3}`)) // 4
	appendAll(t, db, l, changeOf("a", change.Create, ""))        // 5
	all := []string{"1.0 a create ", `2.0 a update {"n":1}`, `3.2 a update {"n":2}`, `4.0 a delete {"n":3}`, "5.0 a create "}
	a, b := changeOf("a", "", ""), changeOf("b", "", "")
	for _, test := range []struct {
		of   change.Change
		at   change.Position
		most int
		want []string
	}{
		{a, change.Position{Seq: 1}, 9, all},
		{a, change.Position{Seq: 3, N: 2}, 9, all[2:]},
		{a, change.Position{Seq: 5}, 9, all[4:]},
		{a, change.Position{Seq: 1}, 2, all[:2]},
		{b, change.Position{Seq: 3, N: 3}, 9, []string{`3.3 b update {"n":2}`}},
	} {
		got, err := historyOf(t, db, l, test.of, test.at, test.most)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("History of %s at %+v = %v, %v, want %v", test.of.Record, test.at, got, err, test.want)
		}
	}
	for _, at := range []change.Position{{Seq: 1, N: 1}, {Seq: 2, N: 1}, {Seq: 99}} {
		if _, err := historyOf(t, db, l, a, at, 9); !errors.Is(err, change.ErrGone) {
			t.Errorf("History at %+v, which is no change of it: %v", at, err)
		}
	}
	enough := errors.New("enough")
	err := db.Read(t.Context(), func(r store.Reader) error {
		c := a
		c.Seq = 2
		return l.History(r, c, func(change.Change) (bool, error) { return true, enough })
	})
	if !errors.Is(err, enough) {
		t.Errorf("History = %v, want the error of the function", err)
	}
	if err := l.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := historyOf(t, db, l, a, change.Position{Seq: 2}, 9); !errors.Is(err, change.ErrGone) {
		t.Errorf("History at what was pruned = %v, %v, want ErrGone", got, err)
	}
	if _, err := historyOf(t, db, l, a, change.Position{Seq: 4}, 9); err != nil {
		t.Errorf("History of what is left = %v", err)
	}
}

// Replacing the database by another one ends subscriptions and invalidates tokens.
func TestReplace(t *testing.T) {
	t.Parallel()
	db := enginetest.Open(t)
	systemTables(t, db)
	l := newLog(t, db, change.Config{})
	run(t, l)
	for range 3 {
		appendAll(t, db, l, changeOf("a", change.Update, `{}`))
	}
	live, token := subscribe(t, l, "")
	appendAll(t, db, l, changeOf("a", change.Update, `{}`))
	behind, _ := subscribe(t, l, token) // this subscription has not begun to read
	told := make(chan []change.Change, 10)
	l.Observe(func(c []change.Change) { told <- c })

	refused := errors.New("refused")
	if err := l.Replace(t.Context(), func() error { return refused }); !errors.Is(err, refused) {
		t.Fatalf("Replace = %v, want the error of the function", err)
	}
	receive(t, live, 1) // nothing has ended

	if err := l.Replace(t.Context(), func() error { return change.Renew(t.Context(), db, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if c := <-told; c != nil {
		t.Errorf("the observers were told %v, want that anything may have changed", c)
	}
	for name, s := range map[string]*change.Subscription{"live": live, "behind": behind} {
		if b, err := s.Next(t.Context()); !errors.Is(err, change.ErrGone) {
			t.Errorf("Next of the %s subscription: %v, %v, want ErrGone", name, b, err)
		}
	}
	if _, _, err := l.Subscribe(t.Context(), token); !errors.Is(err, change.ErrGone) {
		t.Errorf("Subscribe with a token of before: %v, want ErrGone", err)
	}
	s, _ := subscribe(t, l, "")
	appendAll(t, db, l, changeOf("b", change.Create, ""))
	if list, _ := receive(t, s, 1); list[0].Record != "b" {
		t.Errorf("received %+v, want the creation of b", list[0])
	}
}

// A replacement of the database by another process ends subscriptions, too.
func TestReplacedByAnotherProcess(t *testing.T) {
	t.Parallel()
	db := enginetest.Open(t)
	systemTables(t, db)
	l := newLog(t, db, change.Config{})
	run(t, l)
	s, _ := subscribe(t, l, "")
	if err := change.Renew(t.Context(), db, time.Now()); err != nil {
		t.Fatal(err)
	}
	l.Wrote(false)
	if _, err := s.Next(t.Context()); !errors.Is(err, change.ErrGone) {
		t.Errorf("Next: %v, want ErrGone", err)
	}
}

// gate is a store whose reads can be blocked.
type gate struct {
	store.Store
	held    atomic.Pointer[chan struct{}] // reads wait until it is closed; nil: reads do not wait
	entered chan struct{}                 // a blocked read has begun
}

func (g *gate) Read(ctx context.Context, fn func(store.Reader) error) error {
	if held := g.held.Load(); held != nil {
		select {
		case g.entered <- struct{}{}:
		default:
		}
		select {
		case <-*held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.Store.Read(ctx, fn)
}

func TestCloseDoesNotWaitForReads(t *testing.T) {
	t.Parallel()
	db := enginetest.Open(t)
	systemTables(t, db)
	g := &gate{Store: db, entered: make(chan struct{}, 1)}
	l := newLog(t, g, change.Config{})
	run(t, l)
	s, _ := subscribe(t, l, "")
	held := make(chan struct{})
	g.held.Store(&held)
	l.Wrote(true)
	<-g.entered // the feed is reading
	s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := l.Subscribe(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe with an ended context: %v, want %v", err, context.Canceled)
	}
	// Concurrent subscriptions share a read.
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() {
			s, _, err := l.Subscribe(t.Context(), "")
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	close(held)
	waiting.Wait()
}
