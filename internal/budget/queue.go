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

// waiting returns the number of waiting acquisitions. The lock must be held.
func (b *Budget) waiting() int { return b.lanes[0].waiting + b.lanes[1].waiting }

// line puts an account into its lane if its next acquisition fits into its share. The lock must be
// held.
func (b *Budget) line(a *account) {
	if a.queued || len(a.queue) == 0 || a.held+a.queue[0].units > b.limit(a.caller) {
		return
	}
	lane := b.lane(a)
	lane.accounts = append(lane.accounts, a)
	a.queued = true
}

// serve grants the acquisitions that fit, one of each lane in turn. The lock must be held.
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

// serveLane grants the next acquisition of the account at the front of the lane, which then moves
// to the back. It reports whether an acquisition was granted. The lock must be held.
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

// leave removes an acquisition from its queue, and serves the acquisitions that have waited for it.
// The lock must be held.
func (b *Budget) leave(a *account, w *waiter) {
	i := slices.Index(a.queue, w)
	a.queue = slices.Delete(a.queue, i, i+1)
	lane := b.lane(a)
	lane.waiting--
	if i == 0 && a.queued { // the next acquisition may exceed the share now
		at := slices.Index(lane.accounts, a)
		lane.accounts = slices.Delete(lane.accounts, at, at+1)
		a.queued = false
	}
	b.line(a)
	b.serve()
	b.forget(a)
}
