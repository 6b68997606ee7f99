// Nested writes: a function that runs inside of a write and begins another is refused, since the
// second write would wait for the first one forever.

package sqlite

import (
	"errors"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

var (
	// errNested is the error of a write that is begun inside the function of another write: it
	// would wait for itself.
	errNested = errors.New("sqlite: a write inside of a transaction that it would wait for: use the services of the transaction, or of the event of the hook")
	// errExited is the error of all operations of a group if the function of an operation of the
	// group ended its goroutine.
	errExited = errors.New("sqlite: the function of a write ended its goroutine")
)

// nestedAfter is the time without progress of the queue after which the queued operations are
// checked for nested writes. The check takes longer than most waits.
const nestedAfter = 50 * time.Millisecond

// queueWatch detects that the queue has stalled: nothing was taken off it for nestedAfter. All
// operations share one timer, because a timer for each operation would cost every queued write
// about 1 µs. writer.mu guards the fields.
type queueWatch struct {
	timer    *time.Timer   // nil until the first operation waits
	watching bool          // the timer is running
	before   uint64        // writer.taken when the timer was started
	stalled  chan struct{} // closed and replaced when the queue has stalled
}

// watchQueue starts the timer unless it is running, and returns the channel that is closed when the
// queue has stalled. An operation may have been queued for less than nestedAfter at that time. mu
// must be held, and the queue must not be empty.
func (w *writer) watchQueue() (stalled <-chan struct{}) {
	if !w.watching {
		w.watching = true
		w.setTimer()
	}
	return w.stalled
}

// setTimer starts the timer. mu must be held, and the timer must not be running.
func (w *writer) setTimer() {
	w.before = w.taken
	if w.timer == nil {
		w.timer = time.AfterFunc(nestedAfter, w.checkQueue)
		return
	}
	w.timer.Reset(nestedAfter)
}

// checkQueue is the function of the timer. If nothing was taken off the queue since the timer was
// started, it closes the channel of watchQueue. It starts the timer again while operations wait.
// Because next does not restart the timer, which would cost each group time, a stall is detected
// only after nestedAfter to twice nestedAfter.
func (w *writer) checkQueue() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watching = len(w.queue) > 0; !w.watching {
		return
	}
	if w.taken == w.before {
		close(w.stalled)
		w.stalled = make(chan struct{})
	}
	w.setTimer()
}

// insideWrite reports whether the calling goroutine is inside the function of an operation.
func insideWrite() bool { return store.IsInside(store.FunctionName((*writer).apply)) }
