package record

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// broken is a store whose reads of one table fail.
type broken struct {
	store.Store
	table string
	err   error
}

type brokenReader struct {
	store.Reader
	of broken
}

func (s broken) Read(ctx context.Context, fn func(store.Reader) error) error {
	return s.Store.Read(ctx, func(r store.Reader) error { return fn(brokenReader{r, s}) })
}

func (r brokenReader) Query(sql string, args ...store.Value) (store.Rows, error) {
	if strings.Contains(sql, `FROM "`+r.of.table+`"`) {
		return nil, r.of.err
	}
	return r.Reader.Query(sql, args...)
}

// An expand that cannot be read is a failure of the request: an answer must not lack records
// without a sign. Only records that the caller may not see are left out silently.
func TestExpandThatFails(t *testing.T) {
	t.Parallel()
	b := newReadBed(t, base("lands", textField("name")), base("towns", textField("name"), relationField("land", "id_lands", 1)))
	b.insert("lands", object{"id": "l1"})
	b.insert("towns", object{"id": "t1", "land": "l1"})
	var log strings.Builder
	b.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	town, err := b.FindByID(t.Context(), "towns", "t1")
	if err != nil {
		t.Fatal(err)
	}
	requests := map[string]func() error{
		"List": func() error {
			_, err := b.List(t.Context(), Caller{}, "towns", ListParams{Expand: "land"})
			return err
		},
		"Get":    func() error { _, err := b.Get(t.Context(), Caller{}, "towns", "t1", "land"); return err },
		"Render": func() error { _, err := b.Render(t.Context(), Caller{}, town, "land"); return err },
		"Admits": func() error {
			_, _, err := b.Admits(t.Context(), Caller{}, rule("@collection.lands.id ?= 'l1'"), nil)
			return err
		},
		"List back": func() error {
			_, err := b.List(t.Context(), Caller{}, "lands", ListParams{Expand: "towns_via_land.land"})
			return err
		},
	}
	whole, away := b.cfg.Store, errors.New("the database is away")
	for name, request := range requests {
		table := "lands"
		if name == "List back" {
			table = "towns"
		}
		b.cfg.Store = broken{whole, table, store.ErrTimeout}
		if err := request(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s over the time limit = %v, want a fault that is Invalid", name, err)
		}
		b.cfg.Store = broken{whole, table, away}
		if err := request(); !errors.Is(err, away) {
			t.Errorf("%s without a database = %v, want %v", name, err, away)
		}
		b.cfg.Store = whole
		if err := request(); err != nil {
			t.Errorf("%s = %v", name, err)
		}
	}
	b.snapshot.Find("lands").ViewRule = rule("nothing = 1")
	b.snapshot = schema.NewSnapshot(2, b.snapshot.All())
	got, err := b.get(Caller{}, "towns", "t1", "land")
	if err != nil || strings.Contains(got, `"id":"l1"`) {
		t.Errorf("a view rule that does not compile: %s, %v, want the record alone", got, err)
	}
	if log.Len() > 0 {
		t.Errorf("the requests of clients wrote to the log: %s", log.String())
	}
}

// Collections that change endlessly do not hold up a request forever.
func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	b := newReadBed(t, base("lands", textField("name")))
	calls := 0
	b.cfg.Snapshot = func() *schema.Snapshot {
		if calls++; calls > 50*maxStale { // more than allowed: let the request end
			return b.snapshot
		}
		return schema.NewSnapshot(uint64(calls), b.snapshot.All())
	}
	requests := map[string]func() error{
		"List":     func() error { _, err := b.List(t.Context(), Root(), "lands", ListParams{}); return err },
		"Create":   func() error { _, err := b.Create(t.Context(), Root(), "lands", Input{}); return err },
		"Truncate": func() error { return b.Truncate(t.Context(), Root(), "lands") },
		"Batch": func() error {
			_, err := b.Batch(t.Context(), []Op{{Caller: Root(), Collection: "lands"}})
			return err
		},
	}
	for name, request := range requests {
		calls = 0
		if err := request(); fault.KindOf(err) != fault.Unavailable || calls > 10*maxStale {
			t.Errorf("%s = %v after %d snapshots, want a fault that is Unavailable", name, err, calls)
		}
	}
}
