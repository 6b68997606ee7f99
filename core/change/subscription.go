// Subscriptions: bounded queues of changes. A subscription that is too slow ends with ErrSlow, and
// the subscriber resumes by its token.

package change

import (
	"context"
	"fmt"
	"sync"

	"github.com/loambase/loam/core/internal/store"
)

// Batch holds changes in their order, of one or more transactions. A transaction with very many
// changes may come in several batches.
type Batch struct {
	Changes []Change // shared with other receivers: read only
	// Token resumes after the last transaction of which all changes have been received.
	Token Token
}

// maxQueued is the maximum number of changes in the queue of a subscriber.
const maxQueued = 10_000

// Subscription receives changes. It belongs to one goroutine, which must call Close.
type Subscription struct {
	log   *Log
	epoch string
	at    Position // all changes up to here have been received, or were before the start
	whole int64    // the last transaction of which all changes were received
	live  bool     // the feed delivers; before, the subscription reads the log itself

	mu     sync.Mutex // guards the fields below; locked inside Log.mu
	queue  []Batch
	queued int // changes in the queue
	err    error
	wake   chan struct{} // capacity 1
}

// Subscribe subscribes to all changes after the token. The empty token stands for the present: all
// changes that are committed after Subscribe has returned. Subscribe returns the token of the
// position at which the subscription begins. Errors: ErrGone for a token that cannot be resumed
// from, ErrClosed after the end of Run, the error of ctx, and those of the store.
func (l *Log) Subscribe(ctx context.Context, from Token) (*Subscription, Token, error) {
	if err := l.toPresent(ctx); err != nil {
		return nil, "", err
	}
	s := &Subscription{log: l, wake: make(chan struct{}, 1)}
	if from == "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed {
			return nil, "", ErrClosed
		}
		s.epoch, s.at, s.whole = l.epoch, l.feed.at, l.feed.whole
		s.attach()
		return s, makeToken(s.epoch, s.whole), nil
	}
	l.mu.Lock()
	epoch, closed := l.epoch, l.closed
	l.mu.Unlock()
	if closed {
		return nil, "", ErrClosed
	}
	// A token of the past: the subscription reads the log by itself until it has reached the feed.
	seq, err := from.number(epoch)
	if err != nil {
		return nil, "", err
	}
	s.epoch, s.at, s.whole = epoch, end(seq), seq
	if err := s.checkKept(ctx); err != nil {
		return nil, "", err
	}
	_, err = s.tryAttach()
	return s, makeToken(epoch, seq), err
}

// attach makes the feed deliver to the subscription from its position on. Log.mu must be held.
func (s *Subscription) attach() {
	s.live = true
	s.log.live[s] = true
	s.log.listeners.Add(1)
	s.log.wakeFeed()
}

// tryAttach attaches the subscription if it has reached the feed; else it returns the position of
// the feed.
func (s *Subscription) tryAttach() (feed Position, err error) {
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return feed, ErrClosed
	case l.epoch != s.epoch:
		return feed, ErrGone
	// Nothing is delivered while Log.mu is held, so there is no gap between the rows that were read
	// here and the next delivery of the feed.
	case !s.at.Before(l.feed.at):
		s.attach()
	}
	return l.feed.at, nil
}

// checkKept returns ErrGone if rows after the last whole transaction were pruned, or if the log
// does not reach that transaction.
func (s *Subscription) checkKept(ctx context.Context) error {
	var current state
	var newest int64
	err := s.log.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		current, newest, _, err = readEnd(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	if current.Epoch != s.epoch || s.whole < current.Pruned || s.whole > max(newest, current.Pruned) {
		return ErrGone
	}
	return nil
}

// Next waits for the next batch. Its errors are the error of ctx, ErrSlow, ErrGone, ErrClosed and
// those of the store; after an error the subscription has ended.
func (s *Subscription) Next(ctx context.Context) (Batch, error) {
	for !s.live {
		b, err := s.readBehind(ctx)
		if err != nil || len(b.Changes) > 0 {
			return b, err
		}
	}
	for {
		b, ok, err := s.dequeue()
		if ok || err != nil {
			return b, err
		}
		select {
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-s.wake:
		}
	}
}

// readBehind reads the log up to the position of the feed. When it has reached the feed, it
// attaches the subscription. The batch may be empty.
func (s *Subscription) readBehind(ctx context.Context) (Batch, error) {
	to, err := s.tryAttach()
	if err != nil || s.live {
		return Batch{}, err
	}
	p, err := s.log.readPage(ctx, s.at, to)
	if err != nil {
		return Batch{}, err
	}
	if err := s.checkKept(ctx); err != nil { // pruned or replaced before the page was read
		return Batch{}, err
	}
	// A page that is not full has reached the position of the feed, even if numbers that were
	// rolled back leave no rows to read.
	n := len(p.rows)
	s.whole = p.whole(n, s.whole)
	if s.at = to; n == pageRows {
		s.at = p.rows[n-1].Position()
	}
	return Batch{Changes: p.rows, Token: makeToken(s.epoch, s.whole)}, nil
}

// enqueue queues the part of a batch that is new to the subscription. It returns false if the queue
// is full.
func (s *Subscription) enqueue(b Batch) bool {
	for len(b.Changes) > 0 && !s.at.Before(b.Changes[0].Position()) {
		b.Changes = b.Changes[1:]
	}
	if len(b.Changes) == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued+len(b.Changes) > maxQueued {
		return false
	}
	s.queue = append(s.queue, b)
	s.queued += len(b.Changes)
	s.wakeUp()
	return true
}

// wakeUp makes Next check the queue.
func (s *Subscription) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dequeue removes the first batch from the queue, if there is one. An error of the subscription
// comes after all batches that were queued before it.
func (s *Subscription) dequeue() (b Batch, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return Batch{}, false, s.err
	}
	b = s.queue[0]
	// The slot is cleared, or the memory of the queue would keep the changes.
	s.queue[0] = Batch{}
	s.queue = s.queue[1:]
	s.queued -= len(b.Changes)
	return b, true, nil
}

// drop ends a live subscription with an error, which comes after the queued batches. Log.mu must be
// held.
func (l *Log) drop(s *Subscription, err error) {
	if !l.live[s] {
		return
	}
	// dequeue returns the error after the queued batches.
	delete(l.live, s)
	l.listeners.Add(-1)
	s.mu.Lock()
	s.err = err
	s.wakeUp()
	s.mu.Unlock()
}

// dropAll ends every live subscription. Log.mu must be held.
func (l *Log) dropAll(err error) {
	for s := range l.live {
		l.drop(s, err)
	}
}

// Close ends the subscription. It does not wait for the database, and may be called more than once.
func (s *Subscription) Close() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.drop(s, ErrClosed)
}
