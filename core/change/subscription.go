package change

import (
	"context"
	"fmt"
	"sync"

	"github.com/loambase/loam/core/internal/store"
)

// Batch is changes in their order, of one or more transactions. Of a transaction
// of very many changes it may be a part.
type Batch struct {
	Changes []Change // shared: not to be changed
	// Token resumes after the last transaction that has been received whole.
	Token Token
}

// maxQueued is how many changes may wait for a subscriber.
const maxQueued = 10_000

// Subscription receives changes. It belongs to one goroutine, which must call
// Close.
type Subscription struct {
	log   *Log
	at    place // what was received while behind
	whole int64
	live  bool // the feed delivers; before that the subscription reads the log itself

	mu     sync.Mutex // guards what follows
	queue  []Batch
	queued int // changes in the queue
	err    error
	wake   chan struct{} // capacity 1
}

// Subscribe receives all changes after the token; the empty one is the present:
// all that is committed from now on. A token from which one cannot resume is
// ErrGone. The returned token is the place where the subscription begins.
func (l *Log) Subscribe(ctx context.Context, from Token) (*Subscription, Token, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.closed {
		return nil, "", ErrClosed
	}
	if err := l.catchUp(ctx); err != nil {
		return nil, "", err
	}
	s := &Subscription{log: l, wake: make(chan struct{}, 1), at: l.feed.at, whole: l.feed.whole}
	if from != "" {
		seq, err := from.place(l.epoch)
		if err != nil {
			return nil, "", err
		}
		s.at, s.whole = end(seq), seq
		if err := s.covered(ctx); err != nil {
			return nil, "", err
		}
	}
	if !s.at.before(l.feed.at) {
		s.attach()
	}
	return s, makeToken(l.epoch, s.whole), nil
}

// attach has the feed deliver from its place on. Lock of the log held.
func (s *Subscription) attach() {
	s.live = true
	s.log.live[s] = true
	s.log.listeners.Add(1)
	s.log.stir()
}

// covered is ErrGone if what follows the last whole transaction has been taken out
// of the log, or if the log has never come to it.
func (s *Subscription) covered(ctx context.Context) error {
	var current state
	var newest int64
	err := s.log.Store.Read(ctx, func(r store.Reader) (err error) {
		if current, _, err = readState(r); err != nil {
			return err
		}
		newest, err = integer(r, newestSQL)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	if s.whole < current.Pruned || s.whole > max(newest, current.Pruned) {
		return ErrGone
	}
	return nil
}

// Next is the next batch; it waits for it. After an error, which may be that of ctx,
// ErrSlow, ErrGone, ErrClosed or one of the store, the subscription is over.
func (s *Subscription) Next(ctx context.Context) (Batch, error) {
	for !s.live {
		b, err := s.catchUp(ctx)
		if err != nil || len(b.Changes) > 0 {
			return b, err
		}
	}
	for {
		b, ok, err := s.take()
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

// catchUp reads on in the log. When it has come to where the feed is, the feed
// delivers from then on.
func (s *Subscription) catchUp(ctx context.Context) (Batch, error) {
	l := s.log
	l.reading.Lock()
	to, epoch, closed := l.feed.at, l.epoch, l.closed
	if !closed && !s.at.before(to) {
		s.attach()
		l.reading.Unlock()
		return Batch{}, nil
	}
	l.reading.Unlock()
	if closed {
		return Batch{}, ErrClosed
	}
	p, err := l.readPage(ctx, s.at, to)
	if err != nil {
		return Batch{}, err
	}
	if err := s.covered(ctx); err != nil { // it was taken out meanwhile
		return Batch{}, err
	}
	n := len(p.rows)
	s.whole = p.whole(n, s.whole)
	if s.at = to; n == pageRows {
		s.at = place{p.rows[n-1].Seq, p.rows[n-1].N}
	}
	return Batch{Changes: p.rows, Token: makeToken(epoch, s.whole)}, nil
}

// push queues what of a batch is new to the subscription, unless there is no room
// for it.
func (s *Subscription) push(b Batch) bool {
	for len(b.Changes) > 0 && !s.at.before(place{b.Changes[0].Seq, b.Changes[0].N}) {
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
	s.stir()
	return true
}

func (s *Subscription) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Subscription) take() (b Batch, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return Batch{}, false, s.err
	}
	b = s.queue[0]
	s.queue[0] = Batch{}
	s.queue = s.queue[1:]
	s.queued -= len(b.Changes)
	return b, true, nil
}

// drop ends a subscription with an error; what is queued is still delivered. Lock
// of the log held.
func (l *Log) drop(s *Subscription, err error) {
	if !l.live[s] {
		return
	}
	delete(l.live, s)
	l.listeners.Add(-1)
	s.mu.Lock()
	s.err = err
	s.stir()
	s.mu.Unlock()
}

// Close ends the subscription. Idempotent.
func (s *Subscription) Close() {
	s.log.reading.Lock()
	defer s.log.reading.Unlock()
	s.log.drop(s, ErrClosed)
}
