package api

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/loambase/loam/internal/budget"
)

// TestHeapHasAGoal changes the memory limit of the process, so it does not run in parallel with
// other tests.
func TestHeapHasAGoal(t *testing.T) {
	before := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(before)
	for _, c := range []struct{ memory, want int64 }{{512 << 20, 96 << 20}, {8 << 30, 224 << 20}} {
		limits := budget.Limits{Memory: c.memory}
		undo := limitHeap(&limits)
		if got := debug.SetMemoryLimit(-1); got != c.want {
			t.Errorf("of %d MiB the heap may have %d, want %d", c.memory>>20, got>>20, c.want>>20)
		}
		if limits != limits.WithDefaults() || limits.Memory != c.memory {
			t.Errorf("the limits are %+v", limits)
		}
		undo()
		if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
			t.Errorf("afterwards the limit is %d", got)
		}
	}
	debug.SetMemoryLimit(100 << 20) // like GOMEMLIMIT
	limits := budget.Limits{}
	limitHeap(&limits)()
	if got := debug.SetMemoryLimit(-1); got != 100<<20 || limits.Memory != 100<<20 {
		t.Errorf("GOMEMLIMIT became %d, the memory %d", got, limits.Memory)
	}
}
