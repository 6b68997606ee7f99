package budget_test

import (
	"testing"
	"time"

	"github.com/loambase/loam/internal/budget"
)

// TestPace checks that a slow kind stays slow for 30 seconds, even if quick runs follow, and that
// it is unknown afterwards.
func TestPace(t *testing.T) {
	t.Parallel()
	p, start := budget.NewPace(), time.Now()
	const kind, other = 7, 8
	at := func(d time.Duration, want budget.Speed) {
		t.Helper()
		if got := p.Of(kind, start.Add(d)); got != want {
			t.Errorf("after %v it is %d, want %d", d, got, want)
		}
	}
	at(0, budget.Unknown)
	p.NoteQuick(kind, start)
	at(0, budget.Quick)
	p.NoteSlow(kind, start.Add(time.Second))
	at(time.Second, budget.Slow)
	p.NoteQuick(kind, start.Add(2*time.Second))
	at(30*time.Second, budget.Slow)
	at(31*time.Second, budget.Unknown)
	p.NoteQuick(kind, start.Add(31*time.Second))
	at(31*time.Second, budget.Quick)
	if got := p.Of(other, start.Add(time.Second)); got != budget.Unknown {
		t.Errorf("another kind is %d", got)
	}
	for i := range uint64(100_000) { // countless new kinds do not displace a kind in use
		p.NoteQuick(1000+i, start)
		at(31*time.Second, budget.Quick)
	}
}
