package record_test

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

type contextKey struct{}

// Enrich handlers of a request get its context and share one goroutine and one limit.
func TestEnrichBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	b := hookBed(t, 50*time.Millisecond, tasks)
	for range 5 {
		b.add("tasks", object{"title": "x"})
	}
	goroutines := map[string]bool{}
	calls, foreign := 0, 0
	remove := b.Hooks().Records.Enrich.BindFunc(func(e *record.EnrichEvent) error {
		calls++
		name, _, _ := strings.Cut(string(debug.Stack()), "[")
		goroutines[name] = true
		if e.Context.Value(contextKey{}) == nil {
			foreign++
		}
		return nil
	})
	ctx := context.WithValue(t.Context(), contextKey{}, true)
	if _, err := b.Records().List(ctx, guest, "tasks", record.ListParams{}); err != nil {
		t.Fatal(err)
	}
	if calls != 5 || foreign > 0 || len(goroutines) != 1 {
		t.Errorf("%d calls, %d of them without the context of the request, on %d goroutines", calls, foreign, len(goroutines))
	}
	remove()

	calls = 0
	ended := make(chan struct{}, 1)
	remove = b.Hooks().Records.Enrich.BindFunc(func(e *record.EnrichEvent) error {
		calls++
		<-e.Context.Done()
		ended <- struct{}{}
		return e.Context.Err()
	})
	_, err := b.Records().List(t.Context(), guest, "tasks", record.ListParams{})
	<-ended // the context of the handler has ended
	if !errors.Is(err, hook.ErrTimeout) && !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("List = %v after %d calls, want one that takes too long", err, calls)
	}
	remove()

	ctx, cancel := context.WithCancel(t.Context())
	b.Hooks().Records.Enrich.BindFunc(func(e *record.EnrichEvent) error {
		cancel()
		<-e.Context.Done()
		return nil
	})
	if _, err := b.Records().List(ctx, guest, "tasks", record.ListParams{}); !errors.Is(err, context.Canceled) {
		t.Errorf("List of a client that went away = %v, want %v", err, context.Canceled)
	}
}

// A write is done when its Enrich hooks run. If they fail, its client must not believe that the
// write has failed, and must not see fields that they might have hidden.
func TestEnrichThatFailsAfterAWrite(t *testing.T) {
	t.Parallel()
	b := newBed(t, tasks)
	c := b.Snapshot().Find("tasks")
	for name, handler := range map[string]func(*record.EnrichEvent) error{
		"error":         func(*record.EnrichEvent) error { return errors.New("broken") },
		"fault":         func(*record.EnrichEvent) error { return fault.New(fault.Forbidden, "") },
		"panic":         func(*record.EnrichEvent) error { panic("oh") },
		"unknown field": func(e *record.EnrichEvent) error { e.Record.Set("titel", "x"); return nil },
		"no JSON":       func(e *record.EnrichEvent) error { e.Add("x", func() {}); return nil },
	} {
		remove := b.Hooks().Records.Enrich.BindFunc(handler)
		r, err := b.Records().Create(t.Context(), guest, "tasks", record.Input{Body: object{"title": "x"}})
		check(t, name+": Create", err, "ok")
		out, err := b.Records().Render(t.Context(), guest, r, "")
		check(t, name+": Render", err, "ok")
		want := `{"collectionId":"` + c.ID + `","collectionName":"tasks","id":"` + r.ID() + `"}`
		if string(out) != want {
			t.Errorf("%s: the answer is %s, want %s", name, out, want)
		}
		if _, err := b.Records().Get(t.Context(), guest, "tasks", r.ID(), ""); err == nil {
			t.Errorf("%s: Get succeeds", name)
		}
		n := b.count("tasks")
		if _, err := b.Records().Batch(t.Context(), []record.Op{{Collection: "tasks", Input: record.Input{Body: object{"title": "x"}}}}); err == nil || b.count("tasks") != n {
			t.Errorf("%s: Batch = %v, and %d records are new; want an error and none", name, err, b.count("tasks")-n)
		}
		remove()
	}
}
