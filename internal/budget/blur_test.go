package budget_test

import (
	"testing"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// TestBlur checks that the fourth empty answer to a caller within three seconds is delayed, and
// that the answers to other callers are not.
func TestBlur(t *testing.T) {
	t.Parallel()
	b, start := budget.NewBlur(), time.Now()
	guest, other := budget.Anonymous("10.0.0.1"), budget.Caller{Class: budget.Known, Group: "users", Name: "ann"}
	for i, at := range []time.Duration{0, 1, 2} {
		if d := b.Miss(guest, start.Add(at*time.Second)); d != 0 {
			t.Errorf("miss %d is delayed by %s", i, d)
		}
	}
	if d := b.Miss(other, start.Add(2*time.Second)); d != 0 {
		t.Errorf("another caller's miss is delayed by %s", d)
	}
	if d := b.Miss(guest, start.Add(3*time.Second)); d != 0 { // the first miss is 3 s old
		t.Errorf("the fourth miss in 3 s is delayed by %s", d)
	}
	seen := map[time.Duration]bool{}
	for range 100 {
		d := b.Miss(guest, start.Add(3900*time.Millisecond))
		if d < 0 || d >= 500*time.Millisecond {
			t.Fatalf("a delay of %s", d)
		}
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Errorf("100 delays have %d values", len(seen))
	}
	if d := b.Miss(guest, start.Add(7*time.Second)); d != 0 {
		t.Errorf("the first miss after a pause is delayed by %s", d)
	}
	for range 10 {
		if d := b.Miss(budget.Caller{Class: budget.Superuser}, start); d != 0 {
			t.Errorf("a superuser is delayed by %s", d)
		}
	}
}
