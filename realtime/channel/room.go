// A room: its members, their presence, and its history.

package channel

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/loambase/loam/core/settings"
)

// room is one channel. Its methods are safe for concurrent use.
type room struct {
	name  string
	clock func() time.Time
	reads map[string]bool // names of the collections in reading; nil: no members. Guarded by Rooms.mu

	mu      sync.Mutex // guards the fields below
	config  settings.Channel
	members map[string]*member // by the ids of peers
	history history
	diff    diff
}

// member is a peer in a room.
type member struct {
	peer  *Peer // nil: the connection is lost, and the grace period has not ended
	auth  string
	state json.RawMessage
}

func newRoom(name string, clock func() time.Time) *room {
	return &room{name: name, clock: clock, members: map[string]*member{}}
}

// join adds a peer to the members, or replaces the state of a member.
func (r *room) join(p *Peer, config settings.Channel, auth string, state json.RawMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.configure(config)
	again := r.members[p.id] != nil
	r.members[p.id] = &member{peer: p, auth: auth, state: state}
	r.differ(p.id)
	if again {
		return
	}
	if config.Presence {
		p.member.Tell(r.presence())
	}
	for _, message := range r.history.list {
		p.member.Tell(message)
	}
}

// configure sets the settings of the room, and trims the history to them. The lock must be held.
func (r *room) configure(config settings.Channel) {
	r.config = config
	r.history.trim(config.History)
}

// leave removes a peer.
func (r *room) leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[id] == nil {
		return
	}
	delete(r.members, id)
	r.differ(id)
}

// lose removes a peer whose connection is lost, or returns the time for which the peer is still
// shown.
func (r *room) lose(id string) (grace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[id]
	if m == nil {
		return 0
	}
	if m.peer = nil; r.config.Presence && r.config.GraceSeconds > 0 {
		return time.Duration(r.config.GraceSeconds) * time.Second
	}
	delete(r.members, id)
	r.differ(id)
	return 0
}

// size returns the number of members, and the number of bytes of the history.
func (r *room) size() (members, history int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members), r.history.bytes
}

// tell sends a message to all members except one. The lock must be held.
func (r *room) tell(message []byte, but *Peer) {
	for _, m := range r.members {
		if m.peer != nil && m.peer != but {
			m.peer.member.Tell(message)
		}
	}
}

// keep sets the settings of the room, and the account of a member who stays.
func (r *room) keep(id string, config settings.Channel, auth string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.configure(config)
	if m := r.members[id]; m != nil && m.auth != auth {
		m.auth = auth
		r.differ(id)
	}
}
