// The change feed: a loop that reads new rows of the log and delivers them to subscriptions
// in order.

package change

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

const (
	// holeEvery is the interval at which the feed checks whether a hole has closed.
	holeEvery = 10 * time.Millisecond
	// retryEvery is the delay of the feed after a log that could not be read.
	retryEvery = time.Second
)

// acquire takes the lock on reading the table for the feed.
func (l *Log) acquire(ctx context.Context) error {
	select {
	case l.feeding <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Log) release() { <-l.feeding }

// wakeFeed makes the feed loop look for new rows.
func (l *Log) wakeFeed() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// feedLoop advances the feed each time that it is woken, until ctx ends.
func (l *Log) feedLoop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		// The timer runs only before a hole and after an error; at the end of the log nothing is
		// read until the feed is woken.
		case <-timer.C:
		}
		s, err := l.advance(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.cfg.Log.Warn("read the change log", "error", err)
			timer.Reset(retryEvery)
		case s == stepHole:
			timer.Reset(holeEvery)
		}
	}
}

// advance moves the feed to the end of the log or to a hole. Other goroutines may move the feed
// between two of its steps.
func (l *Log) advance(ctx context.Context) (s stepEnd, err error) {
	for s == stepMore && err == nil {
		if err = l.acquire(ctx); err != nil {
			return s, err
		}
		s, err = l.step(ctx)
		l.release()
	}
	return s, err
}

// toPresent moves the feed until a step that began after this call has come to the end of the log
// or to a hole. Of several concurrent callers one reads for all.
func (l *Log) toPresent(ctx context.Context) error {
	l.mu.Lock()
	// A running step may have read before the caller's last write: only a step that begins now
	// counts.
	after := l.steps
	l.mu.Unlock()
	for {
		if err := l.acquire(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		done := l.present > after && !l.doubted
		l.mu.Unlock()
		var err error
		if !done {
			// Without subscribers nothing has moved the feed, and it may be far behind.
			if err = l.skip(ctx); err == nil {
				_, err = l.step(ctx)
			}
		}
		l.release()
		if done || err != nil {
			return err
		}
	}
}

// stepEnd is the place where a step of the feed has ended.
type stepEnd uint8

const (
	stepMore stepEnd = iota // there may be more to read
	stepLast                // at the end of the log
	stepHole                // before a hole that may still be filled
)

// step reads one page of the log and delivers it. feeding must be held.
func (l *Log) step(ctx context.Context) (stepEnd, error) {
	if err := l.resolve(ctx); err != nil {
		return stepMore, err
	}
	l.mu.Lock()
	l.steps++
	number, at := l.steps, l.feed.at
	l.mu.Unlock()
	// No lock is held during the query: subscriptions may be added and removed meanwhile.
	p, err := l.readPage(ctx, at, end(math.MaxInt64))
	if err != nil {
		return stepMore, err
	}
	n, known := l.deliver(p)
	var s stepEnd
	switch {
	case n == len(p.rows) && n == pageRows:
		return stepMore, nil
	case n == len(p.rows):
		s = stepLast
	case known:
		s = stepHole
	default:
		// The hole is new. The moment is taken after the hole was seen, so every transaction that
		// can still fill the hole is older.
		moment, err := l.moment(ctx)
		if err != nil {
			return stepMore, err
		}
		l.mu.Lock()
		l.feed.note(p, moment)
		l.mu.Unlock()
		return stepMore, nil
	}
	l.mu.Lock()
	l.present = number
	l.mu.Unlock()
	return s, nil
}

// skip moves a feed without subscribers near the end of the log, so that the first subscriber does
// not wait until all changes before it are read. feeding must be held.
func (l *Log) skip(ctx context.Context) error {
	if l.listeners.Load() > 0 {
		return nil
	}
	var newest int64
	err := l.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		newest, err = store.Number(r, newestSQL)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the change log: %w", err)
	}
	start := startAt(newest)
	l.mu.Lock()
	skipped := start.at.Seq > l.feed.at.Seq
	if skipped {
		l.feed = start
	}
	l.mu.Unlock()
	if skipped {
		l.notify(nil) // there may have been changes of other processes
	}
	return nil
}

// moment returns a transaction id that is newer than those of all running transactions.
func (l *Log) moment(ctx context.Context) (moment int64, err error) {
	err = l.cfg.Store.Read(ctx, func(r store.Reader) error {
		moment, err = store.Number(r, "SELECT "+l.cfg.Store.Sequences().TransactionID())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the change log: %w", err)
	}
	return moment, nil
}

// deliver passes the rows of a page that may be delivered to the subscribers, and before that the
// rows of other processes to the observers. n is their number; known reports whether the feed
// already waits for the hole after them. feeding must be held, so that nothing else moves the feed
// meanwhile.
func (l *Log) deliver(p page) (n int, known bool) {
	l.mu.Lock()
	n = l.feed.advance(p)
	known = n < len(p.rows) && p.rows[n].Seq <= l.feed.known
	batch := Batch{Changes: p.rows[:n], Token: makeToken(l.epoch, l.feed.whole)}
	l.mu.Unlock()
	if n == 0 {
		return n, known
	}
	var foreign []Change
	for _, c := range batch.Changes {
		// Observers were told of changes of this process at their commit.
		if c.Node != l.cfg.Node {
			foreign = append(foreign, c)
		}
	}
	if len(foreign) > 0 {
		l.notify(foreign)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.live {
		// A subscriber that does not keep up loses its subscription, but no change: it resumes by
		// its token.
		if !s.enqueue(batch) {
			l.drop(s, ErrSlow)
		}
	}
	return n, known
}
