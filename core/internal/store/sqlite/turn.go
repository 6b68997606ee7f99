package sqlite

import (
	"sync/atomic"
	"time"
)

// turn is how readers make room for the writer. A writer that comes back from a
// sync of the disk, many times a second and each time after a short sleep, finds
// every processor taken when more reads run than there are processors, and waits
// for its turn at the end of the scheduler's queue. While it works, and a little
// longer, fewer reads run, so that a processor is free for it.
type turn struct {
	writing atomic.Bool
	until   atomic.Int64 // nanoseconds since epoch
	epoch   time.Time
}

// turnGrace is how long after a write the next one is expected.
const turnGrace = time.Millisecond

func newTurn() *turn { return &turn{epoch: time.Now()} }

// begin is called when the writer begins to work.
func (t *turn) begin() { t.writing.Store(true) }

// end is called when nothing is left for it to do.
func (t *turn) end() {
	t.until.Store(int64(time.Since(t.epoch) + turnGrace))
	t.writing.Store(false)
}

// writers reports that reads are to make room.
func (t *turn) writers() bool {
	return t.writing.Load() || int64(time.Since(t.epoch)) < t.until.Load()
}
