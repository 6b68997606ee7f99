// Package budget divides what is scarce among callers: memory for bodies and answers,
// processors for password hashes, places for slow reads. A Budget has a total, a share
// that one caller may hold, a reserve that guests cannot take, and queues that are
// fair by caller. DESIGN.md in this folder says why it is shaped so.
package budget

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
)

// ErrSpent is in the chain of each refusal.
var ErrSpent = errors.New("budget: spent")

// Config is what a Budget divides. Total and Share are required.
type Config struct {
	Total   int64         // units that all callers hold together at most
	Share   int64         // units that one guest holds at most; see Class for others
	Reserve int64         // of Total: units that guests cannot have
	Queue   int           // acquisitions of one guest that may wait; 0: none waits
	Waiting int           // acquisitions of all guests that may wait, and of all others; default 16 times Queue
	Wait    time.Duration // how long one may wait; 0: until its context ends
	Refusal fault.Kind    // of those that get nothing; default fault.Unavailable
}

// Budget divides units among callers. It is safe for concurrent use.
type Budget struct {
	cfg Config

	mu       sync.Mutex // guards what follows
	held     int64
	byGuests int64 // of held
	accounts map[Caller]*account
	unused   []*account // to be used again
	lanes    [2]lane    // of guests and of all others, which are served in turns
	turn     int        // the lane that is served next
	granted  uint64
	refused  uint64
	waited   time.Duration
}

// account is a caller who holds units or waits for some. It is forgotten when it does
// neither.
type account struct {
	caller Caller
	held   int64
	queue  []*waiter
	queued bool // it is in its lane
}

// lane is guests, or all other callers.
type lane struct {
	accounts []*account // whose next acquisition fits into their share, in the order of their turns
	waiting  int        // acquisitions, also of accounts that are not in it
}

// waiter is an acquisition that waits.
type waiter struct {
	units   int64
	granted bool
	ready   chan struct{} // closed when it is granted
}

// maxUnused bounds how many accounts are kept to be used again.
const maxUnused = 64

// New returns a Budget of which nobody holds anything.
func New(c Config) *Budget {
	if c.Waiting <= 0 {
		c.Waiting = 16 * c.Queue
	}
	if c.Refusal == fault.Internal {
		c.Refusal = fault.Unavailable
	}
	return &Budget{cfg: c, accounts: map[Caller]*account{}}
}

// Lease is what an acquisition has got. The zero Lease holds nothing. It belongs to one
// goroutine.
type Lease struct {
	budget *Budget
	caller Caller
	units  int64
}

// Units returns how many units the lease holds.
func (l *Lease) Units() int64 { return l.units }

// Acquire takes units for the caller, and waits for them in the queue of the caller if
// they are not free. More units than the caller may ever hold stand for as many as that.
// The error is a fault of the kind Config.Refusal, or that of ctx. A nil Budget has
// no limits.
func (b *Budget) Acquire(ctx context.Context, c Caller, units int64) (Lease, error) {
	if b == nil || units <= 0 {
		return Lease{}, nil
	}
	b.mu.Lock()
	a := b.account(c)
	units = min(units, b.limit(c))
	lane := b.lane(a)
	if b.waiting() == 0 && b.fits(a, units) {
		b.grant(a, units)
		b.mu.Unlock()
		return Lease{b, c, units}, nil
	}
	if b.cfg.Queue <= 0 || len(a.queue) >= b.longest(c) || lane.waiting >= b.cfg.Waiting {
		b.forget(a)
		err := b.refuse()
		b.mu.Unlock()
		return Lease{}, err
	}
	w := &waiter{units: units, ready: make(chan struct{})}
	a.queue = append(a.queue, w)
	lane.waiting++
	b.line(a)
	b.serve()
	b.mu.Unlock()
	return b.wait(ctx, a, w)
}

// TryAcquire is Acquire without waiting.
func (b *Budget) TryAcquire(c Caller, units int64) (l Lease, err error) {
	l = Lease{budget: b, caller: c}
	return l, l.Grow(units)
}

// Lend returns a lease that holds nothing yet, for Grow.
func (b *Budget) Lend(c Caller) Lease { return Lease{budget: b, caller: c} }

// Grow adds units to the lease, without waiting. If the caller holds nothing but this
// lease, it grows no further than the caller's share, without an error: something large
// is possible when it is alone. The error is a fault of the kind Config.Refusal; the
// lease stays as it is then.
func (l *Lease) Grow(units int64) error {
	b := l.budget
	if b == nil || units <= 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(l.caller)
	if limit := b.limit(l.caller); a.held == l.units {
		units = min(units, limit-a.held)
	}
	if !b.fits(a, units) {
		b.forget(a)
		return b.refuse()
	}
	b.grant(a, units)
	l.units += units
	return nil
}

// Release gives the units back. Calling it again does nothing.
func (l *Lease) Release() {
	b := l.budget
	if b == nil || l.units == 0 {
		return
	}
	b.mu.Lock()
	b.giveBack(b.accounts[l.caller], l.units)
	b.mu.Unlock()
	l.units = 0
}

// wait waits until the acquisition is granted, its time is over or ctx ends.
func (b *Budget) wait(ctx context.Context, a *account, w *waiter) (Lease, error) {
	began := time.Now()
	var over <-chan time.Time // nil: never
	if b.cfg.Wait > 0 {
		timer := time.NewTimer(b.cfg.Wait)
		defer timer.Stop()
		over = timer.C
	}
	var err error
	select {
	case <-w.ready:
	case <-ctx.Done():
		err = ctx.Err()
	case <-over:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waited += time.Since(began)
	switch {
	case w.granted && err == nil: // also in the moment in which its time was over
		return Lease{b, a.caller, w.units}, nil
	case w.granted:
		b.giveBack(a, w.units)
	default:
		b.leave(a, w)
		if err == nil {
			err = b.refuse()
		}
	}
	return Lease{}, err
}

// refuse returns the fault of an acquisition that gets nothing. Lock held.
func (b *Budget) refuse() error {
	b.refused++
	return fault.Wrap(b.cfg.Refusal, "", ErrSpent)
}

// account returns the account of a caller. Lock held.
func (b *Budget) account(c Caller) *account {
	a := b.accounts[c]
	if a != nil {
		return a
	}
	if n := len(b.unused); n > 0 {
		a, b.unused = b.unused[n-1], b.unused[:n-1]
	} else {
		a = &account{}
	}
	a.caller = c
	b.accounts[c] = a
	return a
}

// forget drops an account that neither holds anything nor waits. Lock held.
func (b *Budget) forget(a *account) {
	if a.held > 0 || len(a.queue) > 0 {
		return
	}
	delete(b.accounts, a.caller)
	if len(b.unused) < maxUnused {
		b.unused = append(b.unused, a)
	}
}

// limit returns how many units the caller may hold.
func (b *Budget) limit(c Caller) int64 {
	switch c.Class {
	case Superuser:
		return b.cfg.Total
	case Known:
		return min(2*b.cfg.Share, b.cfg.Total)
	}
	return min(b.cfg.Share, b.cfg.Total-b.cfg.Reserve)
}

// longest returns how many acquisitions of the caller may wait.
func (b *Budget) longest(c Caller) int {
	switch c.Class {
	case Superuser:
		return b.cfg.Waiting
	case Known:
		return 2 * b.cfg.Queue
	}
	return b.cfg.Queue
}

// fits reports whether the caller may have the units now. Lock held.
func (b *Budget) fits(a *account, units int64) bool {
	return a.held+units <= b.limit(a.caller) && b.free(a, units)
}

// free reports whether nobody else holds the units. Lock held.
func (b *Budget) free(a *account, units int64) bool {
	return b.held+units <= b.cfg.Total &&
		(a.caller.Class != Guest || b.byGuests+units <= b.cfg.Total-b.cfg.Reserve)
}

// grant gives the caller the units. Lock held.
func (b *Budget) grant(a *account, units int64) {
	a.held += units
	b.held += units
	if a.caller.Class == Guest {
		b.byGuests += units
	}
	b.granted++
}

// giveBack takes units back and grants what fits then. Lock held.
func (b *Budget) giveBack(a *account, units int64) {
	a.held -= units
	b.held -= units
	if a.caller.Class == Guest {
		b.byGuests -= units
	}
	b.line(a)
	b.serve()
	b.forget(a)
}
