// How readers make room for the writer on few cores.

package sqlite

import (
	"sync/atomic"
	"time"
)

// readYield is how readers make room for the writer. A writer that comes back from a
// sync of the disk, many times a second and each time after a short sleep, finds
// every processor taken when more reads run than there are processors, and waits
// for its turn at the end of the scheduler's queue. While it works, and a little
// longer, fewer reads run, so that a processor is free for it.
type readYield struct {
	writing atomic.Bool
	until   atomic.Int64 // nanoseconds since epoch
	epoch   time.Time
}

// yieldGrace is how long after a write the next one is expected.
const yieldGrace = time.Millisecond

func newReadYield() *readYield { return &readYield{epoch: time.Now()} }

// begin is called when the writer begins to work.
func (t *readYield) begin() { t.writing.Store(true) }

// end is called when nothing is left for it to do.
func (t *readYield) end() {
	// until comes before writing is cleared, so that readers see no gap between the two.
	t.until.Store(int64(time.Since(t.epoch) + yieldGrace))
	t.writing.Store(false)
}

// busyFor is how long after a write the database counts as one that is written to.
const busyFor = time.Second

// busy reports that there are writes now and then.
func (t *readYield) busy() bool {
	return t.writing.Load() || int64(time.Since(t.epoch)) < t.until.Load()+int64(busyFor-yieldGrace)
}

// writers reports that reads are to make room.
func (t *readYield) writers() bool {
	return t.writing.Load() || int64(time.Since(t.epoch)) < t.until.Load()
}
