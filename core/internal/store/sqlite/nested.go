// Nested writes: a function that runs inside of a write and begins another is refused, since
// the second write would wait for the first one for ever.

package sqlite

import (
	"errors"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

var (
	// errNested is the error of a write from inside the function of a write: it would wait
	// for itself.
	errNested = errors.New("sqlite: a write inside of a transaction that it would wait for: use the services of the transaction, or of the event of the hook")
	// errExited is an operation whose function, or that of another one in its
	// group, ended its goroutine.
	errExited = errors.New("sqlite: the function of a write ended its goroutine")
)

// nestedAfter is how long the queue stands still before each operation in it is checked for a wait
// for itself. The check costs more than most waits last.
const nestedAfter = 50 * time.Millisecond

// queueWatch notices that the queue stands still. It has one timer for all operations: a timer for
// each would cost every write some 1 µs. writer.mu guards it.
type queueWatch struct {
	timer    *time.Timer   // nil until the first operation waits
	watching bool          // the timer is set
	before   uint64        // writer.taken when the timer was set
	stalled  chan struct{} // see watchQueue
}

// watchQueue is called with mu held, for a queue that is not empty. It returns a channel that is
// closed once nothing has been taken from the queue for nestedAfter.
func (w *writer) watchQueue() (stalled <-chan struct{}) {
	if !w.watching {
		w.watching = true
		w.setTimer()
	}
	return w.stalled
}

// setTimer is called with mu held.
func (w *writer) setTimer() {
	w.before = w.taken
	if w.timer == nil {
		w.timer = time.AfterFunc(nestedAfter, w.checkQueue)
		return
	}
	w.timer.Reset(nestedAfter)
}

// checkQueue is called by the timer, and sets it again while operations wait. So the timer is not
// set for each group, and up to twice nestedAfter passes before a stall is noticed.
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

// insideWrite reports that the calling goroutine is inside an operation.
func insideWrite() bool { return store.IsInside(store.FunctionName((*writer).apply)) }
