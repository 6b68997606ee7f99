package realtime

import (
	"context"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
)

// TestJudgementsAreShared checks that requests for the same change join one judgement until the
// judgement begins.
func TestJudgementsAreShared(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	ann, bob := coretest.User(t, app, "users", "ann@example.com"), coretest.User(t, app, "users", "bob@example.com")
	q := judgements{ready: make(chan struct{}, maxReplays), open: map[judgementKey]*judgement{}}
	all, filtered := &options{}, &options{filter: "x = 1"}
	notes, note := &topic{collection: "notes", options: all}, &topic{collection: "notes", record: "1", options: all}
	first, second := &change.Change{Seq: 1}, &change.Change{Seq: 2}

	j, _ := q.add(notes, first, ann)
	for i, same := range []struct {
		topic *topic
		seq   int64
		place int
	}{{notes, 1, 0}, {&topic{collection: "notes", options: all}, 1, 0}} {
		if other, place := q.add(same.topic, &change.Change{Seq: same.seq}, ann); other != j || place != same.place {
			t.Errorf("request %d is not the same one, or has place %d", i, place)
		}
	}
	if other, place := q.add(notes, first, bob); other != j || place != 1 {
		t.Errorf("another account has place %d in %p, want 1 in %p", place, other, j)
	}
	if _, place := q.add(notes, first, nil); place != 2 {
		t.Errorf("a guest has place %d, want 2", place)
	}
	for name, other := range map[string]*topic{"another record": note, "another filter": {collection: "notes", options: filtered}} {
		if got, _ := q.add(other, first, ann); got == j {
			t.Errorf("%s shares the judgement", name)
		}
	}
	if other, _ := q.add(notes, second, ann); other == j {
		t.Error("another change shares the judgement")
	}
	if began := q.begin(); began != j || len(j.auth) != 3 {
		t.Errorf("judgement %p begins with %d accounts, want %p with 3", began, len(j.auth), j)
	}
	if other, place := q.add(notes, first, ann); other == j || place != 0 {
		t.Error("an account joins a judgement that has begun")
	}
	for range 4 {
		if q.begin() == nil {
			t.Fatal("a judgement is missing")
		}
	}
	if q.begin() != nil || len(q.open) != 0 {
		t.Error("a judgement begins twice")
	}
}

// TestJudgementEndsWithItsRequest checks that judge returns when the context of its caller ends.
func TestJudgementEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	h := New(core.New(core.Config{}), nil) // the hub does not run, so no judgement ends
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.judge(ctx, &topic{options: &options{}}, &change.Change{}, nil); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
