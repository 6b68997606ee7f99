// The writer: the one connection that writes, and the queue in front of it.

package sqlite

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/trace"
)

// maxGroup is the maximum number of operations that commit together.
const maxGroup = 1024

// writer runs every write of this process on one connection. If the writer is idle, an operation
// runs at once on its caller's goroutine, unless the last group had several operations and the
// operation may share a group. All other operations wait in a queue, and the whole queue is the
// next group: one transaction and one sync of the disk, whatever the number of operations.
type writer struct {
	log                *slog.Logger
	meter              *store.Meter
	stamps             *stamps
	yielding           *readYield
	open               func() (*conn, error)
	openCheckpointConn func() (*conn, error) // opens the checkpointer's
	logFull            chan struct{}         // tells the checkpointer that the log is long; capacity 1
	every              int                   // pages in the log between checkpoints
	page               int64                 // size of a page in bytes
	checkpoints        checkpoints
	pause              time.Duration // between attempts to repair a failed connection
	file               *openFile

	mu     sync.Mutex // guards the fields below
	queue  []*op
	busy   bool // a goroutine leads: it runs groups, and only it uses the fields from together on
	closed bool
	idle   *sync.Cond // busy became false
	taken  uint64     // number of calls of next, which takes groups off the queue
	queueWatch

	// together is set if the last group had several operations. do reads it too, with mu held, when
	// it sets busy.
	together   bool
	c          *conn     // nil if it could not be opened again
	inDoubt    bool      // the log may hold a commit that failed: see recovery.go
	retry      time.Time // time of the next attempt to recover or to open the connection
	version    int64     // the last known PRAGMA data_version
	checkpoint int       // length of the log at which the next checkpoint is due
}

// op is an operation of the writer.
type op struct {
	fn      func(store.Tx) error
	service func(*conn) error // instead of fn: runs outside of any transaction
	alone   bool              // never in a group
	ctx     context.Context   // ends fn's statements
	span    *trace.Span       // parent of the spans of fn's statements; nil without tracing
	limit   time.Duration     // time limit of fn's statements, if ctx has no deadline

	state     atomic.Int32 // opQueued, then one of the others
	err       error
	committed []func()
	done      chan struct{} // closed when a queued operation is over
}

const (
	opQueued  int32 = iota
	opStarted       // its caller waits until it is over
	opLeft          // its caller has gone: never to be started
)

// newWriter returns a writer that has no connection yet; see start.
func newWriter(cfg Config, s *stamps, t *readYield, open, openCheckpointConn func() (*conn, error)) *writer {
	w := &writer{
		log: cfg.Log, meter: cfg.Meter, stamps: s, yielding: t, open: open, openCheckpointConn: openCheckpointConn,
		logFull: make(chan struct{}, 1), every: cfg.checkpointEvery, page: int64(cfg.at.pageSize), checkpoint: cfg.checkpointEvery,
		pause: cfg.retryAfter, file: newOpenFile(cfg),
	}
	w.idle = sync.NewCond(&w.mu)
	w.stalled = make(chan struct{})
	return w
}

// start opens the connection.
func (w *writer) start() (err error) {
	if w.c, err = w.open(); err != nil {
		return err
	}
	if w.version, err = w.c.do(controlDataVersion); err != nil {
		_ = w.c.Close() // the first error says it
		return classify(err)
	}
	return nil
}

// do runs an operation and returns when it is over and durable. An operation that has not started
// when ctx ends is not run; one that has started continues.
func (w *writer) do(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return contextError(err)
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return store.ErrClosed
	}
	lead := !w.busy
	if lead {
		w.busy = true
		w.yielding.begin()
	}
	// An idle writer runs the operation on the caller's goroutine: that saves two switches of
	// goroutines for each write of a quiet server. After a group of several operations drain runs
	// the operation, so that operations of other callers can join its group.
	if lead && (o.alone || !w.together) {
		w.mu.Unlock()
		defer w.handOver()
		w.runGroup([]*op{o})
		return o.err
	}
	// All other operations are run by drain, in groups.
	o.done = make(chan struct{})
	stalled := w.enqueue(o)
	w.mu.Unlock()
	if lead {
		go w.drain()
	}
	return w.wait(ctx, o, stalled)
}

// enqueue appends an operation to the queue and returns the channel of watchQueue. mu must be held.
func (w *writer) enqueue(o *op) (stalled <-chan struct{}) {
	w.queue = append(w.queue, o)
	w.meter.Waiting.Add(1)
	return w.watchQueue()
}

// wait waits until a queued operation is over. It returns early if ctx ends, or if the operation is
// nested in another write, before the operation has started.
func (w *writer) wait(ctx context.Context, o *op, stalled <-chan struct{}) error {
	for {
		select {
		case <-o.done:
			return o.err
		case <-ctx.Done():
			if o.state.CompareAndSwap(opQueued, opLeft) {
				return contextError(ctx.Err())
			}
			<-o.done
			return o.err
		// insideWrite walks up the stack, so it is called only when the queue has stalled. One call
		// is enough: the callers of a waiting function do not change.
		case <-stalled:
			if insideWrite() && o.state.CompareAndSwap(opQueued, opLeft) {
				return errNested
			}
			stalled = nil
		}
	}
}

// handOver ends the lead of the calling goroutine. If operations are queued, a new goroutine leads.
func (w *writer) handOver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > 0 {
		// The leader returns to its caller; a new goroutine runs the operations that were queued
		// meanwhile.
		go w.drain()
		return
	}
	w.busy = false
	w.yielding.end()
	w.idle.Broadcast()
}

// drain runs the queue, group by group, until it is empty.
func (w *writer) drain() {
	defer w.handOver()
	w.gather()
	for group := w.next(); len(group) > 0; group = w.next() {
		w.runGroup(group)
		w.gather()
	}
}

// gather yields once to the other goroutines that are ready to run, so that their operations join
// the next group. It does so only after a group of several operations, and never sleeps. Only the
// leader may call gather.
func (w *writer) gather() {
	if w.together {
		runtime.Gosched()
	}
}

// next takes the next group off the queue: the first maxGroup operations, or fewer if an operation
// that must be alone is among them, since such an operation is a group of its own. Operations whose
// callers have left are dropped. The group is empty if no operation is left in the queue.
func (w *writer) next() []*op {
	w.mu.Lock()
	defer w.mu.Unlock()
	var group []*op
	w.taken++
	n := 0
	for _, o := range w.queue {
		if len(group) == maxGroup || len(group) > 0 && (o.alone || group[0].alone) {
			break
		}
		n++
		if o.state.CompareAndSwap(opQueued, opStarted) {
			group = append(group, o)
		}
	}
	w.meter.Waiting.Add(int64(-n))
	rest := copy(w.queue, w.queue[n:])
	// The elements behind the end would keep operations, and all that their functions refer to,
	// alive.
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	return group
}

// runGroup runs one group and closes the done channels of its operations.
func (w *writer) runGroup(group []*op) {
	w.together = len(group) > 1
	over := false
	defer func() {
		if !over { // a function ended its goroutine (runtime.Goexit)
			w.abandon(group)
		}
		for _, o := range group {
			if o.done != nil {
				close(o.done)
			}
		}
	}()
	if s := group[0].service; s != nil {
		if group[0].err = w.ready(); group[0].err == nil {
			group[0].err = s(w.c)
		}
	} else {
		w.run(group)
		w.measure()
	}
	over = true
}

// abandon fails all operations of a group whose function has ended the goroutine.
func (w *writer) abandon(group []*op) {
	for _, o := range group {
		o.err = errExited
	}
	if w.c != nil {
		w.c.guard.disarm()
		w.c.failed = true // its statements may be in any state: the connection must be opened anew
	}
}

// ready makes sure that the connection works. After a failure of the disk it closes the old one
// and opens the file anew; until that succeeds, writes are refused.
func (w *writer) ready() error {
	if err := w.file.check(); err != nil {
		return err
	}
	if w.c != nil && !w.c.failed {
		return nil
	}
	if time.Now().Before(w.retry) {
		return store.ErrUnavailable
	}
	// While the disk fails, most writes are refused at once: only one in each pause tries again.
	w.retry = time.Now().Add(w.pause)
	if err := w.recoverCommit(); err != nil {
		return &unavailable{err}
	}
	if w.c != nil {
		w.log.Error("write connection failed, opening the database again")
		_ = w.checkpoints.close(w.c) // its error is of no use: it is broken
		w.c = nil
		// The last commit of the failed connection may or may not have succeeded.
		w.stamps.bump()
	}
	c, err := w.open()
	if err != nil {
		return &unavailable{err}
	}
	w.c, w.version = c, versionUnknown
	w.retry = time.Time{}
	return nil
}

// close refuses new operations, waits for the running and queued ones, and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for w.busy {
		w.idle.Wait()
	}
	if w.c == nil {
		return nil
	}
	w.truncate()
	err := w.checkpoints.close(w.c)
	w.c = nil
	return err
}
