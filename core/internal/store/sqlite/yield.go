// How readers leave a processor to the writer on few cores.

package sqlite

import (
	"sync/atomic"
	"time"
)

// readYield makes readers leave a processor to the writer. The writer returns from a sync of the
// disk many times a second, each time after a short sleep. If more reads run than there are
// processors, it finds every processor taken and waits at the end of the scheduler's queue. So
// fewer reads run while it works, and a little longer.
type readYield struct {
	writing atomic.Bool
	until   atomic.Int64 // nanoseconds since epoch
	epoch   time.Time
}

// yieldGrace is the time after a write in which the next one is expected.
const yieldGrace = time.Millisecond

func newReadYield() *readYield { return &readYield{epoch: time.Now()} }

// begin is called when the writer begins to work.
func (t *readYield) begin() { t.writing.Store(true) }

// end is called when the writer has no more work.
func (t *readYield) end() {
	// until is set before writing is cleared, so that readers see no gap between the two.
	t.until.Store(int64(time.Since(t.epoch) + yieldGrace))
	t.writing.Store(false)
}

// busyFor is the time after a write during which more writes are expected.
const busyFor = time.Second

// busy reports whether the database is being written to, now or within busyFor.
func (t *readYield) busy() bool {
	return t.writing.Load() || int64(time.Since(t.epoch)) < t.until.Load()+int64(busyFor-yieldGrace)
}

// writers reports whether reads must leave a processor to the writer.
func (t *readYield) writers() bool {
	return t.writing.Load() || int64(time.Since(t.epoch)) < t.until.Load()
}
