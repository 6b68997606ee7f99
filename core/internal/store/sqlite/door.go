// Which waiting read gets the next connection, and which slow reads have to end.

package sqlite

import (
	"context"
	"time"

	"github.com/loambase/loam/core/budget"
	"github.com/loambase/loam/core/internal/store"
)

// waiter is a read that waits for its turn.
type waiter struct {
	caller budget.Caller
	lent   chan *loan
}

const (
	// slowOfCaller is how many slow reads a caller may have while others wait: its next
	// ones wait for them.
	slowOfCaller = 2
	// slowReserve is how many of the slow reads guests cannot have.
	slowReserve = 1
	// revokeAfter is how long a read may take that cannot be one of the slow ones any
	// more, while others wait.
	revokeAfter = time.Second
)

// readerOf returns the caller in whose name ctx reads, the program itself by default.
func readerOf(ctx context.Context) budget.Caller {
	if c, ok := store.CallerOf(ctx); ok {
		return c
	}
	return budget.Caller{Class: budget.Superuser}
}

// admits reports whether the caller may have one more read, as far as its slow ones go.
// While nobody else waits, it may have as many reads as there are connections but one. Lock
// held.
func (p *pool) admits(c budget.Caller) bool {
	if c.Class == budget.Superuser {
		return true
	}
	mine, slow := 0, 0
	var now time.Time
	for _, l := range p.lent {
		if l.caller != c {
			continue
		}
		mine++
		if !l.slow {
			if now.IsZero() {
				now = time.Now()
			}
			if now.Sub(l.since) < slowAfter {
				continue
			}
		}
		slow++
	}
	if slow < slowOfCaller {
		return true
	}
	if mine >= p.size-1 {
		return false
	}
	for _, w := range p.waiting {
		if w.caller != c {
			return false
		}
	}
	return true
}

// serve lends to those who wait what is free: to the callers with the fewest quick reads
// under way, and among them in the order of waiting. Lock held.
func (p *pool) serve() {
	for len(p.waiting) > 0 && p.free() {
		next, fewest := -1, 0
		for i, w := range p.waiting {
			n := p.quickOf(w.caller)
			if (next < 0 || n < fewest) && p.admits(w.caller) {
				if next, fewest = i, n; n == 0 {
					break
				}
			}
		}
		if next < 0 {
			return
		}
		w := p.waiting[next]
		p.waiting = append(p.waiting[:next], p.waiting[next+1:]...)
		w.lent <- p.lend(w.caller)
	}
}

// quickOf returns how many reads of the caller count. Lock held.
func (p *pool) quickOf(c budget.Caller) (n int) {
	for _, l := range p.lent {
		if !l.slow && l.caller == c {
			n++
		}
	}
	return n
}

// findSlow marks the reads that take long and serves those who waited for them. Reads for
// which there is no room among the slow ones end after a time.
func (p *pool) findSlow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lent {
		took := time.Since(l.since)
		if l.slow || took < slowAfter {
			continue
		}
		most := p.slowest
		if l.caller.Class == budget.Guest {
			most -= slowReserve
		}
		switch {
		case p.slow < most:
			l.slow = true
			p.slow++
		case l.caller.Class != budget.Superuser && took >= p.revokeAfter:
			l.revoked.Store(true)
		}
	}
	p.serve()
}
