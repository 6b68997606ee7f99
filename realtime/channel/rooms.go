// Rooms: joining and leaving, and the end of a connection.

package channel

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// Peer is a connection that may join rooms. Rooms.Peer makes a Peer.
type Peer struct {
	id     string
	member Member

	joined map[string]*room // guarded by Rooms.mu
	ended  bool             // guarded by Rooms.mu
}

// Member is the connection of a peer.
type Member interface {
	// Tell queues a message for the connection. It must not block, and must not write to the
	// message, whose bytes are shared by all members.
	Tell(message []byte)

	// Caller returns the present caller of the connection, which changes by sign-in and sign-out.
	Caller() record.Caller
}

// Rooms holds all rooms of a node. It is safe for concurrent use.
type Rooms struct {
	app     *core.App
	wake    chan struct{} // capacity 1; receives when join rules may have to be judged again
	clock   func() time.Time
	doubt   doubt
	judging atomic.Int32 // running judgements of join rules, which may read further collections
	reading reading
	hooks   Hooks

	mu       sync.Mutex // guards the fields below; locked before the mutex of a room
	rooms    map[string]*room
	idle     idleRooms
	reviewed *settings.Settings // the settings that reviewIdle has applied
}

// New returns the rooms of an app, which need not be open yet. Make one for each app.
func New(app *core.App) *Rooms {
	r := &Rooms{app: app, wake: make(chan struct{}, 1), clock: time.Now, rooms: map[string]*room{}}
	app.OnCommitted(r.committed)
	app.OnPublished(topic, r.receive)
	app.Go("channels", r.run)
	return r
}

// Peer returns a Peer for a connection. id is its public id. The caller must End the Peer.
func (r *Rooms) Peer(id string, m Member) *Peer { return &Peer{id: id, member: m} }

// Join puts the peer into a room, and sends the peer the answer, the present members and the
// history of the room, in this order. state is the presence state of the peer, a JSON object or
// nil. Joining again replaces the state. Faults: Forbidden for a caller whom the join rule refuses,
// and for a name that no pattern matches; Invalid for an invalid name or state; NotFound for a
// connection that is closed. Too many channels of one peer are an error too.
func (r *Rooms) Join(ctx context.Context, p *Peer, name string, state json.RawMessage, answer []byte) error {
	if !settings.IsChannelName(name) {
		return fault.New(fault.Invalid, "The name of the channel is not valid.")
	}
	state, err := checkState(state)
	if err != nil {
		return err
	}
	r.judging.Add(1)
	defer r.judging.Add(-1)
	before := r.doubt.count()
	caller := p.member.Caller()
	admitted, reads, err := r.admits(ctx, caller, name)
	if err != nil {
		return err
	}
	if admitted == nil {
		return fault.New(fault.Forbidden, "You are not allowed to join this channel.")
	}
	e := &JoinEvent{Caller: caller, Peer: p.id, Channel: name, State: state}
	if err := r.hooks.Join.Run(ctx, r.call("join"), e); err != nil {
		return err
	}
	if state, err = checkState(e.State); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.ended {
		return fault.New(fault.NotFound, "The connection is closed.")
	}
	if limit := r.app.Settings().Current().Realtime.MaxChannels; p.joined[name] == nil && len(p.joined) >= limit {
		return limitReached("too_many_channels", "Too many channels.")
	}
	p.member.Tell(answer)
	in := r.room(name)
	in.join(p, *admitted, nameOf(caller), state)
	r.reading.add(in, reads)
	if p.joined == nil {
		p.joined = map[string]*room{}
	}
	p.joined[name] = in
	if r.doubt.count() != before { // the rule may have read records that have changed since
		r.doubtAll()
	}
	return nil
}

// admits judges the join rule of a room. config is nil if the caller may not join.
func (r *Rooms) admits(ctx context.Context, caller record.Caller, name string) (config *settings.Channel, reads []string, err error) {
	c, values, ok := r.app.Settings().Current().Realtime.Channels.Match(name)
	if !ok {
		return nil, nil, nil
	}
	admitted, reads, err := r.app.Records().Admits(ctx, caller, c.JoinRule, values)
	if err != nil || !admitted {
		return nil, nil, err
	}
	return &c, reads, nil
}

// Leave removes the peer from a room. The fault is NotFound if the peer is not in the room.
func (r *Rooms) Leave(p *Peer, name string) error {
	if err := r.leave(p, name); err != nil {
		return err
	}
	r.runLeaveHooks(p, Left, name)
	return nil
}

func (r *Rooms) leave(p *Peer, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := p.joined[name]
	if in == nil {
		return notJoined()
	}
	delete(p.joined, name)
	in.leave(p.id)
	r.settle(in)
	return nil
}

// End removes the peer from all rooms, when its connection has ended. Members of a channel with
// GraceSeconds see the peer for that time, so that a reload of a page is not visible.
func (r *Rooms) End(p *Peer) {
	r.runLeaveHooks(p, Closed, r.end(p)...)
}

// end removes the peer from all rooms, and returns the names of the rooms.
func (r *Rooms) end(p *Peer) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.ended = true
	for _, in := range p.joined {
		names = append(names, in.name)
		if grace := in.lose(p.id); grace > 0 {
			time.AfterFunc(grace, func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				in.leave(p.id)
				r.settle(in)
			})
		}
		r.settle(in)
	}
	clear(p.joined)
	return names
}

// room returns the room with that name, and makes it if need be. The lock must be held.
func (r *Rooms) room(name string) *room {
	in := r.rooms[name]
	if in == nil {
		in = newRoom(name, r.clock)
		r.rooms[name] = in
	}
	r.idle.remove(in)
	return in
}

// settle removes a room without members, or makes it idle if it has a history. The lock must be
// held.
func (r *Rooms) settle(in *room) {
	members, history := in.size()
	switch {
	case members > 0 || r.rooms[in.name] != in:
	case history == 0:
		r.reading.remove(in)
		r.idle.remove(in)
		delete(r.rooms, in.name)
	default:
		r.reading.remove(in)
		for _, old := range r.idle.add(in, history) {
			delete(r.rooms, old.name)
		}
	}
}

// nameOf returns the name of a caller's account for other members: "users/ID", "" for a guest.
func nameOf(c record.Caller) string {
	if c.Auth == nil {
		return ""
	}
	return c.Auth.Collection().Name + "/" + c.Auth.ID()
}

// joined returns a room that the peer has joined; the fault is NotFound for any other room.
func (r *Rooms) joined(p *Peer, name string) (*room, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if in := p.joined[name]; in != nil {
		return in, nil
	}
	return nil, notJoined()
}

func notJoined() error { return fault.New(fault.NotFound, "You have not joined this channel.") }
