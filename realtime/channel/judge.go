// Join rules are judged again when an account or a record that they read has changed.

package channel

import (
	"context"
	"sync"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/settings"
)

// judgeEvery is the time for which changes are collected before members are judged again.
const judgeEvery = time.Second

// maxDoubted is the maximum number of changed accounts in doubted. After more changes all members
// are judged again.
const maxDoubted = 10_000

// doubt collects the changes since the join rules were judged last. doubt has its own lock, because
// commits wait for that lock.
type doubt struct {
	mu      sync.Mutex // guards the fields below
	changes int64      // the number of changes since the start
	doubted
}

// doubted describes the members that have to be judged again.
type doubted struct {
	all         bool
	collections map[string]bool // names of collections with changed records
	accounts    map[string]bool // changed accounts, as nameOf names them
	peers       map[*Peer]bool
}

// committed is called with the changes of each commit before the commit is acknowledged. changes is
// nil if the changes are not known. committed takes a lock only for a change that a join rule
// reads.
func (r *Rooms) committed(changes []change.Change) {
	if changes == nil {
		r.doubtAll()
		return
	}
	judging := r.judging.Load() > 0
	snapshot := r.app.Snapshot()
	for i := range changes {
		c := &changes[i]
		in := snapshot.ByID(c.Collection)
		if c.Kind != change.Record || in == nil {
			r.doubtAll()
			return
		}
		account := in.IsAuth() && c.Action != change.Create && r.reading.has(accounts)
		if judging || account || r.reading.has(in.Name) {
			r.doubt.note(in.Name, account, c.Record)
			r.judgeSoon()
		}
	}
}

func (d *doubt) note(collection string, account bool, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes++
	if d.collections == nil {
		d.collections, d.accounts = map[string]bool{}, map[string]bool{}
	}
	d.collections[collection] = true
	if account {
		d.accounts[collection+"/"+id] = true
	}
	d.all = d.all || len(d.accounts) > maxDoubted
}

// count returns the number of collected changes since the start.
func (d *doubt) count() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changes
}

// take returns the collected changes and empties the collection.
func (d *doubt) take() doubted {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.doubted
	d.doubted = doubted{}
	return taken
}

// doubtAll schedules a judgement of all members.
func (r *Rooms) doubtAll() {
	r.doubt.mu.Lock()
	r.doubt.changes++
	r.doubt.all = true
	r.doubt.mu.Unlock()
	r.judgeSoon()
}

// Identified must be called when a peer has signed in or out. Identified does not wait: members are
// judged again later.
func (r *Rooms) Identified(p *Peer) {
	r.doubt.mu.Lock()
	if r.doubt.peers == nil {
		r.doubt.peers = map[*Peer]bool{}
	}
	r.doubt.changes++
	r.doubt.peers[p] = true
	r.doubt.mu.Unlock()
	r.judgeSoon()
}

func (r *Rooms) judgeSoon() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run judges members again, at most once a second, until ctx ends.
func (r *Rooms) run(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
		r.judgeDoubted(ctx)
		pause.Reset(judgeEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// judgeDoubted judges the members of rooms whose join rule reads a changed collection, and the
// members whose account has changed.
func (r *Rooms) judgeDoubted(ctx context.Context) {
	r.judging.Add(1) // a changed rule may read collections that reading does not have
	defer r.judging.Add(-1)
	d := r.doubt.take()
	if d.all {
		r.reviewIdle()
	}
	r.mu.Lock()
	members := map[*room][]*Peer{}
	for _, in := range r.rooms {
		if list := in.doubted(d); len(list) > 0 {
			members[in] = list
		}
	}
	r.mu.Unlock()
	for in, list := range members {
		for _, p := range list {
			if ctx.Err() != nil {
				return
			}
			r.judge(ctx, in, p)
		}
	}
}

// doubted returns the members that have to be judged again. Rooms.mu must be held.
func (r *room) doubted(d doubted) (list []*Peer) {
	all := d.all
	for name := range r.reads {
		all = all || d.collections[name]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members {
		if m.peer != nil && (all || d.accounts[m.auth] || d.peers[m.peer]) {
			list = append(list, m.peer)
		}
	}
	return list
}

// judge judges the join rule for a member again. A member that the rule refuses is removed. For any
// other member the account that other members see is updated.
func (r *Rooms) judge(ctx context.Context, in *room, p *Peer) {
	caller := p.member.Caller()
	config, reads, err := r.admits(ctx, caller, in.name)
	if err != nil {
		if ctx.Err() == nil {
			r.app.Log().Warn("channel: judge a member", "channel", in.name, "error", err)
		}
		r.doubtAll() // judge again later
		return
	}
	if r.keepOrPutOut(in, p, config, reads, nameOf(caller)) {
		r.runLeaveHooks(p, Forbidden, in.name)
	}
}

// keepOrPutOut updates a member, or removes it from the room if config is nil. It reports whether
// the member was removed.
func (r *Rooms) keepOrPutOut(in *room, p *Peer, config *settings.Channel, reads []string, auth string) (out bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.joined[in.name] != in {
		return false
	}
	if config != nil {
		in.keep(p.id, *config, auth)
		r.reading.add(in, reads)
		return false
	}
	delete(p.joined, in.name)
	in.leave(p.id)
	r.settle(in)
	p.member.Tell(append(in.message("left"), `,"reason":"forbidden"}`...))
	return true
}
