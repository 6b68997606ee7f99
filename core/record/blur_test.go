package record

import (
	"context"
	"testing"
	"time"
)

// TestEmptyAnswersAreDelayed: a caller who filters records that a rule hides, and finds nothing
// time and again, waits for the answer; other callers do not wait.
func TestEmptyAnswersAreDelayed(t *testing.T) {
	t.Parallel()
	b := postsBed(t)
	paused := 0
	SetPause(b.Service, func(_ context.Context, d time.Duration) {
		if paused++; d <= 0 || d > 500*time.Millisecond {
			t.Errorf("a delay of %s", d)
		}
	})
	guest := Caller{IP: "10.0.0.1"}
	user := b.as("users", "u1")
	user.IP = guest.IP
	list := func(c Caller, collection, filter string) func() error {
		return func() error {
			_, err := b.Service.List(t.Context(), c, collection, ListParams{Filter: filter})
			return err
		}
	}
	for _, c := range []struct {
		name string
		ask  func() error
		want int
	}{
		{"a filter that finds nothing", list(user, "own", "owner = 'u2'"), 3},
		{"one that finds something", list(user, "own", "owner = 'u1'"), 0},
		{"none", list(guest, "own", ""), 0},
		{"one behind no rule", list(guest, "posts", "title = 'x'"), 0},
		{"a superuser's", list(b.super(), "own", "owner = 'u9'"), 0},
		{"a program's", list(Caller{}, "own", "owner = 'u9'"), 0},
		{"figures of nothing", func() error {
			_, err := b.Service.Aggregate(t.Context(), Caller{IP: "10.0.0.2"}, "own", AggregateParams{Count: true, CountDistinct: []string{"owner"}, Filter: "owner = 'u2'"})
			return err
		}, 3},
		{"groups of nothing", func() error {
			_, err := b.Service.Aggregate(t.Context(), Caller{IP: "10.0.0.3"}, "own", AggregateParams{Count: true, GroupBy: []string{"owner"}, Filter: "owner = 'u2'"})
			return err
		}, 3},
		{"a tree of nothing", func() error {
			_, err := b.Service.Tree(t.Context(), Caller{IP: "10.0.0.4"}, &Node{Collection: "own", Filter: "owner = 'u2'"})
			return err
		}, 3},
	} {
		paused = 0
		for range 6 {
			if err := c.ask(); err != nil {
				t.Fatal(c.name, err)
			}
		}
		if paused != c.want {
			t.Errorf("%s: %d of 6 answers are delayed, want %d", c.name, paused, c.want)
		}
	}
}

func TestPauseEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pause(ctx, time.Hour)
	pause(t.Context(), time.Nanosecond)
}
