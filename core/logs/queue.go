// The queue between those who log and the one that writes.

package logs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// batchSize entries, or batchBytes of them, are written at once; fewer when flushAfter has
	// passed since the first.
	batchSize  = 4000
	batchBytes = 1 << 20
	flushAfter = 3 * time.Second

	// The queue holds no more than this. Entries that do not fit are lost.
	maxItems = 10_000
	maxBytes = 8 << 20

	// tellAgain is how long the console is not told again that entries are lost.
	tellAgain = time.Minute
)

// queue holds what is to be written.
type queue struct {
	some chan struct{} // the queue is not empty any more; capacity 1
	many chan struct{} // there is a batch; capacity 1

	mu    sync.Mutex // guards the fields below
	batch *batch
	spare *batch // the last one that was written
	lost  int    // entries that did not fit, or could not be written
}

func newQueue() queue {
	return queue{some: make(chan struct{}, 1), many: make(chan struct{}, 1), batch: &batch{}, spare: &batch{}}
}

func (q *queue) add(it item, message, data []byte) {
	q.mu.Lock()
	n, before := len(q.batch.items), len(q.batch.text)
	if n >= maxItems || len(q.batch.text)+len(message)+len(data) > maxBytes {
		q.lost++
		q.mu.Unlock()
		return
	}
	q.batch.add(it, message, data)
	after := len(q.batch.text)
	q.mu.Unlock()
	if n == 0 {
		signal(q.some)
	}
	if n+1 == batchSize || before < batchBytes && after >= batchBytes {
		signal(q.many)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take returns all that is queued, and how many entries were lost since the last time. give returns
// the memory.
func (q *queue) take() (b *batch, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, lost = q.batch, q.lost
	q.batch, q.spare, q.lost = q.spare, nil, 0
	return b, lost
}

func (q *queue) give(b *batch, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// One burst is not to hold its memory for good.
	if cap(b.text) > maxBytes/4 {
		b = &batch{}
	}
	b.items, b.text = b.items[:0], b.text[:0]
	q.spare = b
	q.lost += lost
}

// run writes what is queued and deletes what is old, until ctx ends; then it writes the rest.
func (s *Service) run(ctx context.Context) {
	final := context.WithoutCancel(ctx)
	for {
		select {
		case <-ctx.Done():
			s.flush(final)
			return
		case <-s.purges:
			if err := s.Purge(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Console.Warn("purge the logs", "error", err)
			}
			continue
		case a := <-s.asks:
			s.flush(final)
			close(a)
			continue
		case <-s.queue.some:
		}
		wait := time.NewTimer(flushAfter)
		select {
		case <-ctx.Done():
			wait.Stop()
			continue // there is the last flush
		case <-wait.C:
			s.flush(final)
		case <-s.queue.many:
			s.flush(final)
		case a := <-s.asks:
			s.flush(final)
			close(a)
		}
		wait.Stop()
		s.watchSize(ctx)
	}
}

// ask is a wait for what is queued to be written; it is closed when that has happened.
type ask chan struct{}

// settleTime is how long who reads waits for what is queued: the loop may be purging.
const settleTime = time.Second

// settle waits until what was queued before is written, so that who reads the logs sees what
// has happened until then.
func (s *Service) settle(ctx context.Context) {
	if !s.looped.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	a := make(ask)
	select {
	case s.asks <- a:
	case <-ctx.Done():
		return
	}
	select {
	case <-a:
	case <-ctx.Done():
	}
}

// flush writes what is queued. What cannot be written is lost, and counted: the queue of a disk that
// is full would only grow.
func (s *Service) flush(ctx context.Context) {
	b, lost := s.queue.take()
	if lost > 0 {
		e := fmt.Appendf(nil, `{"count":%d}`, lost)
		b.add(item{level: slog.LevelWarn, at: s.cfg.Now().UnixMilli()}, []byte("log entries were lost"), e)
	}
	n := len(b.items)
	if n == 0 {
		s.queue.give(b, 0)
		return
	}
	err := s.write(ctx, b)
	if err == nil {
		s.written += len(b.text) + n*rowOverhead
		s.queue.give(b, 0)
		return
	}
	if lost > 0 {
		lost += n - 1 // the entry about them is none of them
	} else {
		lost = n
	}
	s.queue.give(b, lost)
	if now := s.cfg.Now(); now.Sub(s.failed).Abs() >= tellAgain {
		s.failed = now
		s.cfg.Console.Warn("log entries are lost", "count", lost, "error", err)
	}
}
