// The garbage collector of a server: it runs rarely while the heap is small, and often when the
// heap is larger than the limits allow.

package api

import (
	"math"
	"runtime/debug"

	"github.com/loambase/loam/internal/budget"
)

// ballastSize is the minimum amount of garbage before the collector runs.
const ballastSize = 32 << 20

// ballast returns memory that counts as used and is never touched, so that it occupies no RAM. Rows
// and caches are outside of Go's heap, so the live heap is only a few MiB; without ballast the
// collector would run after as many MiB of garbage, dozens of times a second under load. GOGC and
// GOMEMLIMIT still decide how far the heap grows beyond that.
func ballast() []byte { return make([]byte, ballastSize) }

// limitHeap sets defaults for all limits, and a memory limit for the collector of about the memory
// that the limits let callers use: otherwise unused memory would stay until the heap has doubled.
// The limit is a goal: no allocation fails. GOMEMLIMIT takes precedence. undo restores the earlier
// limit.
func limitHeap(l *budget.Limits) (undo func()) {
	*l = l.WithDefaults() // needed for the limit below
	before := debug.SetMemoryLimit(-1)
	if before != math.MaxInt64 {
		return func() {}
	}
	debug.SetMemoryLimit(l.Heap())
	return func() { debug.SetMemoryLimit(before) }
}
