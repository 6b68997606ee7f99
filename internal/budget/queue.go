// The queues of a Budget: two lanes of accounts that are served in turns.

package budget

import "slices"

// lane returns the lane of an account.
func (b *Budget) lane(a *account) *lane {
	if a.caller.Class == Guest {
		return &b.lanes[0]
	}
	return &b.lanes[1]
}

// waiting returns how many acquisitions wait. Lock held.
func (b *Budget) waiting() int { return b.lanes[0].waiting + b.lanes[1].waiting }

// line puts an account into its lane if its next acquisition fits into its share. Lock
// held.
func (b *Budget) line(a *account) {
	if a.queued || len(a.queue) == 0 || a.held+a.queue[0].units > b.limit(a.caller) {
		return
	}
	lane := b.lane(a)
	lane.accounts = append(lane.accounts, a)
	a.queued = true
}

// serve grants what fits, one acquisition of each lane in turn. Lock held.
func (b *Budget) serve() {
	for b.waiting() > 0 {
		first := b.turn
		switch {
		case b.serveLane(&b.lanes[first]):
			b.turn = 1 - first
		case b.serveLane(&b.lanes[1-first]):
			b.turn = first
		default:
			return
		}
	}
}

// serveLane grants the next acquisition of the account at the front, which goes to the
// back then. It reports whether there was one that fits. Lock held.
func (b *Budget) serveLane(l *lane) bool {
	if len(l.accounts) == 0 {
		return false
	}
	a := l.accounts[0]
	w := a.queue[0]
	if !b.free(a, w.units) {
		return false
	}
	b.grant(a, w.units)
	w.granted = true
	close(w.ready)
	a.queue = slices.Delete(a.queue, 0, 1)
	l.waiting--
	l.accounts = slices.Delete(l.accounts, 0, 1)
	a.queued = false
	b.line(a)
	return true
}

// leave takes an acquisition out of its queue, and serves those that it has held up.
// Lock held.
func (b *Budget) leave(a *account, w *waiter) {
	i := slices.Index(a.queue, w)
	a.queue = slices.Delete(a.queue, i, i+1)
	lane := b.lane(a)
	lane.waiting--
	if i == 0 && a.queued { // the next one may be greater than the share allows now
		at := slices.Index(lane.accounts, a)
		lane.accounts = slices.Delete(lane.accounts, at, at+1)
		a.queued = false
	}
	b.line(a)
	b.serve()
	b.forget(a)
}
