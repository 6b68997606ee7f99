// Subscriptions: bounded queues of changes. One that is too slow ends with ErrSlow, and the
// subscriber resumes by its token.

package change

import (
	"context"
	"fmt"
	"sync"

	"github.com/loambase/loam/core/internal/store"
)

// Batch is changes in their order, of one or more transactions. A transaction of very
// many changes may come in several batches.
type Batch struct {
	Changes []Change // shared with other receivers: read only
	// Token resumes after the last transaction that has been received as a whole.
	Token Token
}

// maxQueued is how many changes may wait for a subscriber.
const maxQueued = 10_000

// Subscription receives changes. It belongs to one goroutine, which must call Close.
type Subscription struct {
	log   *Log
	epoch string
	at    Position // everything up to here has been received, or was before the start
	whole int64    // the last transaction that was received as a whole
	live  bool     // the feed delivers; before that the subscription reads the log itself

	mu     sync.Mutex // guards what follows; locked inside Log.mu
	queue  []Batch
	queued int // changes in the queue
	err    error
	wake   chan struct{} // capacity 1
}

// Subscribe subscribes to all changes after the token. The empty token is the present:
// everything that is committed after Subscribe returns. It returns the token of the place
// where the subscription begins. Errors: ErrGone for a token that cannot be resumed from,
// ErrClosed after the end of Run, that of ctx, and those of the store.
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
	// A token of the past: the subscription reads the log by itself until it has come as far as
	// the feed.
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

// attach has the feed deliver from its position on. Log.mu must be held.
func (s *Subscription) attach() {
	s.live = true
	s.log.live[s] = true
	s.log.listeners.Add(1)
	s.log.wakeFeed()
}

// tryAttach attaches the subscription if it has come as far as the feed; else it returns
// how far the feed is.
func (s *Subscription) tryAttach() (feed Position, err error) {
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return feed, ErrClosed
	case l.epoch != s.epoch:
		return feed, ErrGone
	// Under the lock of the feed nothing is delivered meanwhile, so there is no gap between
	// what was read here and what the feed delivers next.
	case !s.at.Before(l.feed.at):
		s.attach()
	}
	return l.feed.at, nil
}

// checkKept returns ErrGone if rows after the last whole transaction were pruned, or if
// the log has never come to that transaction.
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

// Next waits for the next batch. Its errors are that of ctx, ErrSlow, ErrGone, ErrClosed
// and those of the store; after any of them the subscription is over.
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

// readBehind reads on in the log, up to where the feed is. Having come there it attaches
// the subscription to the feed. The batch may be empty.
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
	// A page that is not full has reached the place of the feed, also where rolled back numbers
	// have left nothing to read.
	n := len(p.rows)
	s.whole = p.whole(n, s.whole)
	if s.at = to; n == pageRows {
		s.at = p.rows[n-1].Position()
	}
	return Batch{Changes: p.rows, Token: makeToken(s.epoch, s.whole)}, nil
}

// enqueue queues the part of a batch that is new to the subscription. It returns false if
// there is no room for it.
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

// wakeUp makes Next look at the queue.
func (s *Subscription) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dequeue takes the first batch off the queue, if there is one. An error of the
// subscription comes after everything that was queued before it.
func (s *Subscription) dequeue() (b Batch, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return Batch{}, false, s.err
	}
	b = s.queue[0]
	// The slot is cleared, or the queue's memory would keep the changes.
	s.queue[0] = Batch{}
	s.queue = s.queue[1:]
	s.queued -= len(b.Changes)
	return b, true, nil
}

// drop ends a live subscription with an error, which comes after what is queued. Log.mu
// must be held.
func (l *Log) drop(s *Subscription, err error) {
	if !l.live[s] {
		return
	}
	// The error is delivered by dequeue, after what was queued before it.
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

// Close ends the subscription. It never waits for the database. Idempotent.
func (s *Subscription) Close() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.drop(s, ErrClosed)
}
