// The order in which waiting reads get connections, and the end of slow reads.

package sqlite

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// visit is a read that requests a connection.
type visit struct {
	caller budget.Caller
	work   store.Work
	lane   store.Lane
}

// waiter is a read that waits for a connection.
type waiter struct {
	visit
	lent chan *loan
}

const (
	// slowOfCaller is the number of slow reads that a caller may have while others wait: its next
	// reads wait for them.
	slowOfCaller = 2
	// slowReserve is the number of places of slow reads that guests cannot have.
	slowReserve = 1
	// revokeAfter is the time limit, while others wait, of a read for which the lane of slow
	// reads has no room.
	revokeAfter = time.Second
	// slowLooks is the minimum number of calls of the guard in a slow read. A read that has taken
	// as long with fewer calls has waited for a processor; after slowAnyway it counts as slow all
	// the same.
	slowLooks  = 4
	slowAnyway = 10 * slowAfter
)

// visitOf returns the visit of a read with ctx. By default its caller is the program itself.
func (p *pool) visitOf(ctx context.Context) visit {
	c, w, ok := store.CallerOf(ctx)
	if !ok {
		c = budget.Caller{Class: budget.Superuser}
	}
	return visit{c, w, store.LaneOf(c, w, p.pace)}
}

// admits reports whether the slow reads of the caller allow one more read. While no other caller
// waits, it may have as many reads as there are connections but one. Lock held.
func (p *pool) admits(v visit) bool {
	if v.caller.Class == budget.Superuser || v.work.Prompt {
		return true
	}
	mine, slow := 0, 0
	var now time.Time
	for _, l := range p.lent {
		if l.caller != v.caller {
			continue
		}
		mine++
		if l.lane != store.LaneSlow {
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
		if w.caller != v.caller {
			return false
		}
	}
	return true
}

// waits reports whether a read waits in the lane. Lock held.
func (p *pool) waits(lane store.Lane) bool {
	for _, w := range p.waiting {
		if w.lane == lane {
			return true
		}
	}
	return false
}

// serve lends free connections to waiting reads: first to the callers with the fewest running
// reads in their lane, and among them in the order of waiting. Lock held.
func (p *pool) serve() {
	for len(p.waiting) > 0 {
		next, fewest := -1, 0
		for i, w := range p.waiting {
			if !p.free(w.visit) {
				continue
			}
			n := p.readsOf(w.visit)
			if (next < 0 || n < fewest) && p.admits(w.visit) {
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
		w.lent <- p.lend(w.visit)
	}
}

// readsOf returns the number of running reads of the caller in the lane. Lock held.
func (p *pool) readsOf(v visit) (n int) {
	for _, l := range p.lent {
		if l.lane == v.lane && l.caller == v.caller {
			n++
		}
	}
	return n
}

// findSlow moves long reads into the lane of slow reads, and serves the reads that waited for
// their places. Long reads for which that lane has no room are ended after revokeAfter.
func (p *pool) findSlow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, noted := time.Now(), false
	for _, l := range p.lent {
		took := now.Sub(l.since)
		if l.lane == store.LaneSlow || took < slowAfter {
			continue
		}
		if l.isSlow(took) {
			p.pace.NoteSlow(uint64(l.work.Shape), now) // before more reads of this shape begin
			noted = true
		}
		switch {
		case p.running[store.LaneSlow] < p.room(l.caller, p.slowest):
			p.running[l.lane]--
			l.lane = store.LaneSlow
			p.running[l.lane]++
		case l.caller.Class != budget.Superuser && !l.work.Prompt && took >= p.revokeAfter:
			l.revoked.Store(true)
		}
	}
	if noted {
		for _, w := range p.waiting {
			w.lane = store.LaneOf(w.caller, w.work, p.pace)
		}
	}
	p.serve()
}

// isSlow reports whether a read that has taken this long is slow.
func (l *loan) isSlow(took time.Duration) bool {
	return took >= slowAfter && l.looks.Load() >= slowLooks || took >= slowAnyway
}

// learn notes the duration of a read that ends.
func (p *pool) learn(l *loan) {
	if l.caller.Class == budget.Superuser || l.work.Prompt {
		return
	}
	now := time.Now()
	if l.isSlow(now.Sub(l.since)) {
		p.pace.NoteSlow(uint64(l.work.Shape), now)
	} else {
		p.pace.NoteQuick(uint64(l.work.Shape), now)
	}
}
