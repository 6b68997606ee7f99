// Package budget divides scarce resources among callers: memory for bodies and answers, processors
// for password hashes, places for slow reads. A Budget has a total, a share that one caller may
// hold, a reserve that guests cannot take, and queues that are fair by caller. DESIGN.md in this
// folder gives the reasons.
package budget

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loambase/loam/core/fault"
)

// ErrSpent is in the chain of the error of each refused acquisition.
var ErrSpent = errors.New("budget: spent")

// Config holds the sizes of a Budget. Total and Share are required.
type Config struct {
	Total   int64         // units that all callers hold together at most
	Share   int64         // units that one guest holds at most; see Class for others
	Reserve int64         // of Total: units that guests cannot have
	Queue   int           // acquisitions of one guest that may wait; 0: none waits
	Waiting int           // acquisitions of all guests that may wait, and of all others; default 16 times Queue
	Wait    time.Duration // maximum wait of an acquisition; 0: until its context ends
	Refusal fault.Kind    // kind of the fault of a refused acquisition; default fault.Unavailable
}

// Budget divides units among callers. It is safe for concurrent use.
type Budget struct {
	cfg Config

	mu       sync.Mutex // guards the fields below
	held     int64
	byGuests int64 // units of held that guests hold
	accounts map[Caller]*account
	unused   []*account // for reuse
	lanes    [2]lane    // the lane of guests and the lane of all other callers, served in turns
	turn     int        // the lane that is served next
	granted  uint64
	refused  uint64
	waited   time.Duration
}

// account is the state of a caller who holds units or waits for units. Other accounts are dropped.
type account struct {
	caller Caller
	held   int64
	queue  []*waiter
	queued bool // the account is in its lane
}

// lane is the queue of the accounts of guests, or of all other callers.
type lane struct {
	accounts []*account // accounts whose next acquisition fits into their share, in the order of their turns
	waiting  int        // number of waiting acquisitions, including those of accounts that are not in the lane
}

// waiter is a waiting acquisition.
type waiter struct {
	units   int64
	granted bool
	ready   chan struct{} // closed when the acquisition is granted
}

// maxUnused is the maximum number of accounts kept for reuse.
const maxUnused = 64

// New returns a Budget whose units are all free.
func New(c Config) *Budget {
	if c.Waiting <= 0 {
		c.Waiting = 16 * c.Queue
	}
	if c.Refusal == fault.Internal {
		c.Refusal = fault.Unavailable
	}
	return &Budget{cfg: c, accounts: map[Caller]*account{}}
}

// Lease holds the units of an acquisition. The zero Lease holds no units. A Lease belongs to one
// goroutine.
type Lease struct {
	budget *Budget
	caller Caller
	units  int64
}

// Units returns the number of units that the lease holds.
func (l *Lease) Units() int64 { return l.units }

// Acquire takes units for the caller. If the units are not free, Acquire waits in the queue of the
// caller. If units is more than the caller may ever hold, Acquire takes the maximum of the caller.
// The error is a fault of the kind Config.Refusal, or that of ctx. A nil Budget has no limits.
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

// TryAcquire takes units as Acquire does, but returns the fault instead of waiting.
func (b *Budget) TryAcquire(c Caller, units int64) (l Lease, err error) {
	l = Lease{budget: b, caller: c}
	return l, l.Grow(units)
}

// Lend returns a lease without units, for Grow.
func (b *Budget) Lend(c Caller) Lease { return Lease{budget: b, caller: c} }

// Grow adds units to the lease, without waiting. If the caller holds no other lease, the lease
// grows up to the caller's share at most, and larger units are no error: a caller may do one large
// thing at a time. The error is a fault of the kind Config.Refusal; the lease then stays unchanged.
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

// Release gives the units back. Further calls do nothing.
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

// wait waits until the acquisition is granted, the maximum wait is over or ctx ends.
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
	case w.granted && err == nil: // even if the wait was over at the same moment
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

// refuse returns the fault of a refused acquisition. The lock must be held.
func (b *Budget) refuse() error {
	b.refused++
	return fault.Wrap(b.cfg.Refusal, "", ErrSpent)
}

// account returns the account of a caller. The lock must be held.
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

// forget drops an account that neither holds units nor waits. The lock must be held.
func (b *Budget) forget(a *account) {
	if a.held > 0 || len(a.queue) > 0 {
		return
	}
	delete(b.accounts, a.caller)
	if len(b.unused) < maxUnused {
		b.unused = append(b.unused, a)
	}
}

// limit returns the maximum number of units that the caller may hold.
func (b *Budget) limit(c Caller) int64 {
	switch c.Class {
	case Superuser:
		return b.cfg.Total
	case Known:
		return min(2*b.cfg.Share, b.cfg.Total)
	}
	return min(b.cfg.Share, b.cfg.Total-b.cfg.Reserve)
}

// longest returns the maximum number of acquisitions of the caller that may wait.
func (b *Budget) longest(c Caller) int {
	switch c.Class {
	case Superuser:
		return b.cfg.Waiting
	case Known:
		return 2 * b.cfg.Queue
	}
	return b.cfg.Queue
}

// fits reports whether the units are free and within the share of the caller. The lock must be
// held.
func (b *Budget) fits(a *account, units int64) bool {
	return a.held+units <= b.limit(a.caller) && b.free(a, units)
}

// free reports whether the units are free for the caller. The lock must be held.
func (b *Budget) free(a *account, units int64) bool {
	return b.held+units <= b.cfg.Total &&
		(a.caller.Class != Guest || b.byGuests+units <= b.cfg.Total-b.cfg.Reserve)
}

// grant gives the units to the caller. The lock must be held.
func (b *Budget) grant(a *account, units int64) {
	a.held += units
	b.held += units
	if a.caller.Class == Guest {
		b.byGuests += units
	}
	b.granted++
}

// giveBack takes units back, and grants the waiting acquisitions that fit then. The lock must be
// held.
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
