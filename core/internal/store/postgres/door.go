// The order in which reads get the connections.

package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/budget"
)

// door limits the reads at a time to the number of connections. Slow reads, and reads of unknown
// speed, may take only a part of the places, so they wait for one another. While other callers
// wait, a caller may have only a few slow reads.
type door struct {
	size int          // the maximum number of reads at a time
	pace *budget.Pace // knows the shapes of reads that were slow

	mu      sync.Mutex // guards the fields below
	visits  []*visit
	waiting []*waiter
}

// visit is a running read.
type visit struct {
	caller  budget.Caller
	work    store.Work
	lane    store.Lane
	since   time.Time
	revoke  context.CancelFunc // ends the read
	revoked bool
}

// waiter is a read that waits for its turn.
type waiter struct {
	visit *visit
	ready chan struct{} // closed when the read may begin
}

const (
	slowAfter    = 50 * time.Millisecond  // a read that takes this long is slow
	slowOfCaller = 2                      // slow reads of a caller while other callers wait
	guestReserve = 2                      // places that guests cannot have, except for prompt reads
	revokeAfter  = 250 * time.Millisecond // the time after which the slow reads of a caller beyond slowOfCaller are ended
)

// enter waits until a read may begin, at most for longest. The errors are store.ErrBusy and that of
// ctx. The visit is nil for a read of catchUp, which never waits, because another read waits for
// it.
func (d *door) enter(ctx context.Context, longest time.Duration) (*visit, error) {
	if ctx.Value(catchingUp{}) != nil {
		return nil, nil
	}
	caller, work, ok := store.CallerOf(ctx)
	if !ok {
		caller.Class = budget.Superuser // a read of the program itself
	}
	v := &visit{caller: caller, work: work, lane: store.LaneOf(caller, work, d.pace)}
	d.mu.Lock()
	if d.admits(v) && !d.waits(v.lane) {
		d.admit(v)
		d.mu.Unlock()
		return v, nil
	}
	w := &waiter{v, make(chan struct{})}
	d.waiting = append(d.waiting, w)
	d.serve()
	d.mu.Unlock()
	return v, d.wait(ctx, w, longest)
}

// revocable sets the function that ends a read early.
func (d *door) revocable(v *visit, revoke context.CancelFunc) {
	if v == nil {
		return
	}
	d.mu.Lock()
	v.revoke = revoke
	d.mu.Unlock()
}

func (d *door) wait(ctx context.Context, w *waiter, longest time.Duration) error {
	began := time.Now()
	tick := time.NewTicker(slowAfter)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-w.ready:
			return nil
		case <-ctx.Done():
			err = contextError(ctx.Err())
		case <-tick.C:
			if time.Since(began) < longest {
				d.revokeSlow()
				continue
			}
			err = store.ErrBusy
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if i := slices.Index(d.waiting, w); i >= 0 {
			d.waiting = slices.Delete(d.waiting, i, i+1)
			d.serve()
			return err
		}
		if err == store.ErrBusy { // the turn has come at the same moment
			return nil
		}
		d.remove(w.visit)
		return err
	}
}

// leave ends a visit. It reports whether the read was ended early.
func (d *door) leave(v *visit) (revoked bool) {
	if v == nil {
		return false
	}
	d.learn(v)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(v)
	return v.revoked
}

// learn notes whether the shape of an ended read is slow.
func (d *door) learn(v *visit) {
	if v.lane == store.LanePrompt {
		return
	}
	now := time.Now()
	if now.Sub(v.since) >= slowAfter {
		d.pace.NoteSlow(uint64(v.work.Shape), now)
	} else {
		d.pace.NoteQuick(uint64(v.work.Shape), now)
	}
}

// remove removes a visit and admits waiting reads. Lock held.
func (d *door) remove(v *visit) {
	i := slices.Index(d.visits, v)
	d.visits = slices.Delete(d.visits, i, i+1)
	d.serve()
}

// admit adds a visit. Lock held.
func (d *door) admit(v *visit) {
	v.since = time.Now()
	d.visits = append(d.visits, v)
}

// admits reports whether the read may begin now. Lock held.
func (d *door) admits(w *visit) bool {
	if len(d.visits) >= d.size {
		return false
	}
	if w.lane == store.LanePrompt {
		return true
	}
	guests, slow := 0, 0
	var running [store.Lanes]int
	for _, v := range d.visits {
		running[v.lane]++
		if v.caller.Class == budget.Guest {
			guests++
		}
		if v.caller == w.caller && time.Since(v.since) >= slowAfter {
			slow++
		}
	}
	if w.caller.Class == budget.Guest && guests >= max(1, d.size-guestReserve) {
		return false
	}
	return slow < slowOfCaller && d.room(w, &running)
}

// room reports whether the lane of the read has a free place. A slow read keeps a processor of the
// database busy. By default the door has four places for each processor of this machine, and a
// quarter of them is for slow reads: one for each processor.
func (d *door) room(w *visit, running *[store.Lanes]int) bool {
	slow := running[store.LaneSlow]
	costly := slow + running[store.LaneTrial] // a read of unknown speed may be slow
	switch w.lane {
	case store.LaneSlow:
		most := max(2, d.size/4)
		if w.caller.Class == budget.Guest {
			most--
		}
		return slow < most && costly < max(1, d.size-2)
	case store.LaneTrial:
		return costly < max(1, d.size/2)
	}
	return len(d.visits) < max(1, d.size-1) // the last place is for prompt reads
}

// waits reports whether a read waits in the lane. Lock held.
func (d *door) waits(lane store.Lane) bool {
	return slices.ContainsFunc(d.waiting, func(w *waiter) bool { return w.visit.lane == lane })
}

// serve admits waiting reads, those of callers with the fewest running reads first. Lock held.
func (d *door) serve() {
	for len(d.waiting) > 0 {
		next, fewest := -1, 0
		for i, w := range d.waiting {
			n := d.count(w.visit)
			if (next < 0 || n < fewest) && d.admits(w.visit) {
				if next, fewest = i, n; n == 0 {
					break
				}
			}
		}
		if next < 0 {
			return
		}
		w := d.waiting[next]
		d.waiting = slices.Delete(d.waiting, next, next+1)
		d.admit(w.visit)
		close(w.ready)
	}
}

// count returns the number of running reads of the same caller in the same lane. Lock held.
func (d *door) count(w *visit) (n int) {
	for _, v := range d.visits {
		if v.caller == w.caller && v.lane == w.lane {
			n++
		}
	}
	return n
}

// revokeSlow moves the reads that have become slow to the slow lane. If other callers wait, it ends
// the slow reads of a caller beyond slowOfCaller, the latest first.
func (d *door) revokeSlow() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, noted := time.Now(), false
	for _, v := range d.visits {
		if v.lane != store.LaneSlow && v.lane != store.LanePrompt && now.Sub(v.since) >= slowAfter {
			v.lane = store.LaneSlow
			d.pace.NoteSlow(uint64(v.work.Shape), now) // before more reads of this shape begin
			noted = true
		}
	}
	if noted {
		for _, w := range d.waiting {
			w.visit.lane = store.LaneOf(w.visit.caller, w.visit.work, d.pace)
		}
	}
	d.serve()
	slow := map[budget.Caller]int{}
	for _, v := range d.visits { // in the order of their beginning
		// A prompt read is slow only if the machine is busy.
		if v.lane == store.LanePrompt || v.revoke == nil || time.Since(v.since) < revokeAfter {
			continue
		}
		if slow[v.caller]++; slow[v.caller] > slowOfCaller && d.othersWait(v.caller) {
			v.revoked = true
			v.revoke()
		}
	}
}

// othersWait reports whether a read of another caller waits. Lock held.
func (d *door) othersWait(c budget.Caller) bool {
	return slices.ContainsFunc(d.waiting, func(w *waiter) bool { return w.visit.caller != c })
}
