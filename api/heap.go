// How the garbage collector of a server runs: seldom while the heap is small, hard when it
// is larger than what callers may hold.

package api

import (
	"math"
	"runtime/debug"

	"github.com/loambase/loam/internal/budget"
)

// ballastSize is what the collector may let lie, at least, before it runs.
const ballastSize = 32 << 20

// ballast is memory that counts as used and is never touched, so that it takes
// none. The rows and their caches lie outside of Go's heap, so what lives in it is
// a few MiB; without ballast the collector would run each time that as much has been
// thrown away again, under load dozens of times a second. Whoever sets GOGC or
// GOMEMLIMIT still decides how far the heap goes beyond that.
func ballast() []byte { return make([]byte, ballastSize) }

// limitHeap sets all sizes of the limits, and has the collector keep the heap about what they
// let callers hold: else what they have held lies there until as much again has come. It is a
// goal and refuses nothing. GOMEMLIMIT comes before it. The function takes it back.
func limitHeap(l *budget.Limits) (undo func()) {
	*l = l.WithDefaults() // before: it looks at the limit
	before := debug.SetMemoryLimit(-1)
	if before != math.MaxInt64 {
		return func() {}
	}
	debug.SetMemoryLimit(l.Heap())
	return func() { debug.SetMemoryLimit(before) }
}
