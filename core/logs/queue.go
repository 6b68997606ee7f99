// The queue of entries, and the loop that writes the queue to the database.

package logs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// A batch is written when it has batchSize entries or batchBytes of text, or when flushAfter
	// has passed since its first entry.
	batchSize  = 4000
	batchBytes = 1 << 20
	flushAfter = 3 * time.Second

	// maxItems and maxBytes bound the queue. Entries that do not fit are lost.
	maxItems = 10_000
	maxBytes = 8 << 20

	// tellAgain is the minimum time between two warnings that entries are lost.
	tellAgain = time.Minute
)

// queue holds the entries that are not written yet.
type queue struct {
	some chan struct{} // signalled when the queue gets its first entry; capacity 1
	many chan struct{} // signalled when a batch is full; capacity 1

	mu    sync.Mutex // guards the fields below
	batch *batch
	spare *batch // the batch that was written last, for reuse; nil while it is being written
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

// take removes and returns the queued entries, and the number of entries lost since the last call.
// give returns the batch to the queue for reuse.
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
	// The memory of a burst of entries is released.
	if cap(b.text) > maxBytes/4 {
		b = &batch{}
	}
	b.items, b.text = b.items[:0], b.text[:0]
	q.spare = b
	q.lost += lost
}

// run writes the queued entries and purges when asked to, until ctx ends; then it writes the rest.
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
			continue // the next round of the loop makes the last flush
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

// ask is a request to write the queued entries. The loop closes the channel when they are written.
type ask chan struct{}

// settleTime is the maximum time for which a reader waits for the loop, which may be purging.
const settleTime = time.Second

// settle waits until all entries that were queued before are written, or settleTime has passed, so
// that readers of the logs see the latest entries.
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

// flush writes the queued entries. Entries that cannot be written are lost and counted; if they
// were kept, the queue would only grow while the disk is full.
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
		lost += n - 1 // the entry about lost entries does not count
	} else {
		lost = n
	}
	s.queue.give(b, lost)
	if now := s.cfg.Now(); now.Sub(s.failed).Abs() >= tellAgain {
		s.failed = now
		s.cfg.Console.Warn("log entries are lost", "count", lost, "error", err)
	}
}
