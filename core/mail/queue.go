package mail

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// The limits of the queue.
const (
	maxQueued   = 1000             // mails
	maxBytes    = 32 << 20         // of all mails
	concurrent  = 4                // mails that are sent at a time
	attemptTime = 30 * time.Second // for one attempt
	stopTime    = 3 * time.Second  // for mails that are being sent when the app is closed
)

// pauses are the delays between the attempts to send a mail.
var pauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}

// entry is a queued mail.
type entry struct {
	Message *Message
	Tries   int       // the number of attempts
	Due     time.Time // the time of the next attempt

	done func(error)
}

// queue holds the waiting mails, and counts the mails that are being sent.
type queue struct {
	wake chan struct{} // signals a change of the queue; capacity 1

	mu      sync.Mutex // guards the fields below
	waiting byDue
	sending int
	bytes   int // of all mails
}

// byDue is a heap of entries, that with the next attempt first.
type byDue []*entry

func (q byDue) Len() int           { return len(q) }
func (q byDue) Less(i, j int) bool { return q[i].Due.Before(q[j].Due) }
func (q byDue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byDue) Push(e any)        { *q = append(*q, e.(*entry)) }
func (q *byDue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last], *q = nil, (*q)[:last]
	return e
}

// add adds a new entry. The error is ErrFull.
func (q *queue) add(e *entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if size := e.Message.size(); len(q.waiting)+q.sending >= maxQueued || q.bytes+size > maxBytes {
		return ErrFull
	}
	q.bytes += e.Message.size()
	heap.Push(&q.waiting, e)
	q.wakeLocked()
	return nil
}

func (q *queue) wakeLocked() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next removes a due entry from the queue and returns it; nil if no entry is due, or too many mails
// are being sent. wait is the time until the next entry is due; negative: until the queue wakes.
func (q *queue) next(now time.Time) (e *entry, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 || q.sending >= concurrent {
		return nil, -1
	}
	if wait := q.waiting[0].Due.Sub(now); wait > 0 {
		return nil, wait
	}
	q.sending++
	return heap.Pop(&q.waiting).(*entry), 0
}

// ended ends an attempt; again puts the entry back.
func (q *queue) ended(e *entry, again bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sending--
	if again {
		heap.Push(&q.waiting, e)
	} else {
		q.bytes -= e.Message.size()
	}
	q.wakeLocked()
}

// Run sends queued mails until ctx ends. Mails that are being sent then may take three more
// seconds; the rest is kept in the file of Config. The error is that of the file.
func (s *Service) Run(ctx context.Context) error {
	failed := s.load()
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	for ctx.Err() == nil {
		e, wait := s.queue.next(s.cfg.Now())
		if e != nil {
			running.Go(func() { s.try(sending, e) })
			continue
		}
		var alarm <-chan time.Time
		if wait >= 0 {
			alarm = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-s.queue.wake:
		case <-alarm:
		}
	}
	stop := time.AfterFunc(stopTime, cut)
	running.Wait()
	stop.Stop()
	return errors.Join(failed, s.store())
}

// try sends an entry, and puts it back into the queue for a further attempt if need be.
func (s *Service) try(ctx context.Context, e *entry) {
	e.Tries++
	attempt, cancel := context.WithTimeout(ctx, attemptTime)
	err := s.attempt(attempt, e.Message)
	cancel()
	// An attempt that the end of the app interrupts does not count: the mail is kept for the next
	// start.
	interrupted := err != nil && ctx.Err() != nil
	if interrupted {
		e.Tries--
	}
	// There is one attempt more than pauses: the first attempt has no pause before it.
	again := interrupted || retryable(err) && e.Tries <= len(pauses)
	if again && !interrupted {
		e.Due = s.cfg.Now().Add(pauses[e.Tries-1])
		if x := e.Message.Expires; !x.IsZero() && !e.Due.Before(x) {
			again, err = false, errors.Join(ErrLate, err)
		}
	}
	switch {
	case err == nil:
		s.cfg.Log.Info("mail sent", s.attributes(e.Message, nil)...)
	case again && !interrupted:
		s.logFailure(e.Message, "mail delayed", err, "try", e.Tries, "next", e.Due.UTC().Format(time.RFC3339))
	case !again:
		s.logFailure(e.Message, "mail failed", err, "try", e.Tries)
	}
	// done is called after the queue has removed the entry, so that its receiver finds room there.
	s.queue.ended(e, again)
	if !again && e.done != nil {
		e.done(err)
	}
}

// store writes the waiting mails into the file.
func (s *Service) store() error {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.cfg.File == "" || len(s.queue.waiting) == 0 {
		return nil
	}
	text, err := json.Marshal(s.queue.waiting)
	if err == nil {
		err = os.WriteFile(s.cfg.File, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("mails that wait are lost: %w", err)
	}
	s.queue.waiting, s.queue.bytes = nil, 0
	return nil
}

// load takes over the mails of an earlier run. The file is removed first: a mail that is not sent
// can be requested again, but a mail that is sent at every start cannot be stopped.
func (s *Service) load() error {
	if s.cfg.File == "" {
		return nil
	}
	text, err := os.ReadFile(s.cfg.File)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.Remove(s.cfg.File)
	}
	var left []*entry
	if err == nil {
		err = json.Unmarshal(text, &left)
	}
	if err != nil {
		return fmt.Errorf("mails of an earlier run are lost: %w", err)
	}
	// Mails that do not fit are lost, and reported: the queue may have been larger in the earlier
	// run.
	for _, e := range left {
		if e == nil || e.Message == nil || s.queue.add(e) != nil {
			return errors.New("some mails of an earlier run are lost")
		}
	}
	return nil
}
