package record_test

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"time"

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
	<-ended // the handler is told that its time is over
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
