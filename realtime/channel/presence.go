// Presence: members are told of changes of each other, at most ten times a second.

package channel

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

const (
	maxState   = 4 << 10 // bytes of the presence state of a peer
	maxListed  = 1000    // members; of more members only the number is sent
	flushEvery = 100 * time.Millisecond
)

// diff holds the changes of presence that are not sent to the members yet.
type diff struct {
	changed map[string]bool // the ids of peers
	told    time.Time       // time of the last sent changes
	waiting bool            // a timer that sends the changes is running
}

// Present replaces the presence state of a peer in a room. Faults: NotFound for a peer that has not
// joined the room, Invalid for a state that is not a JSON object and for rooms without presence.
func (r *Rooms) Present(p *Peer, name string, state json.RawMessage) error {
	state, err := checkState(state)
	if err != nil {
		return err
	}
	in, err := r.joined(p, name)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.members[p.id]
	switch {
	case m == nil:
		return notJoined()
	case !in.config.Presence:
		return fault.New(fault.Invalid, "The channel has no presence.")
	}
	m.state = state
	in.differ(p.id)
	return nil
}

// checkState returns the presence state in the form that is sent, "{}" for an empty one.
func checkState(state json.RawMessage) (json.RawMessage, error) {
	state = bytes.TrimSpace(state)
	if len(state) == 0 || string(state) == "null" {
		return json.RawMessage("{}"), nil
	}
	if len(state) > maxState {
		return nil, limitReached("state_too_large", "The state is larger than 4 KiB.")
	}
	if state[0] != '{' {
		return nil, fault.New(fault.Invalid, "The state is no JSON object.")
	}
	return state, nil
}

// differ adds a changed peer and schedules a presence_diff. The lock must be held.
func (r *room) differ(id string) {
	if !r.config.Presence {
		return
	}
	if r.diff.changed == nil {
		r.diff.changed = map[string]bool{}
	}
	r.diff.changed[id] = true
	if r.diff.waiting {
		return
	}
	r.diff.waiting = true
	time.AfterFunc(max(0, flushEvery-r.clock().Sub(r.diff.told)), r.flush)
}

// flush sends the collected changes to all members.
func (r *room) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	message := r.difference()
	r.diff = diff{told: r.clock()}
	r.tell(message, nil)
}

// presence returns the message that lists all members. The lock must be held.
func (r *room) presence() []byte {
	out := r.message("presence")
	if len(r.members) > maxListed {
		return append(r.appendCount(out), '}')
	}
	out = append(out, `,"state":{`...)
	first := true
	for id, m := range r.members {
		out = m.append(out, id, &first)
	}
	return append(out, "}}"...)
}

// difference returns the message that lists the changed members. The lock must be held.
func (r *room) difference() []byte {
	out := r.message("presence_diff")
	if len(r.members) > maxListed {
		return append(r.appendCount(out), '}')
	}
	joins, leaves := []byte(`,"joins":{`), []byte(`,"leaves":{`)
	firstJoin, firstLeave := true, true
	for id := range r.diff.changed {
		if m := r.members[id]; m != nil {
			joins = m.append(joins, id, &firstJoin)
		} else {
			leaves = append(appendKey(leaves, id, &firstLeave), "{}"...)
		}
	}
	out = append(append(out, joins...), '}')
	return append(append(out, leaves...), "}}"...)
}

func (r *room) appendCount(out []byte) []byte {
	return strconv.AppendInt(append(out, `,"count":`...), int64(len(r.members)), 10)
}

func appendKey(out []byte, key string, first *bool) []byte {
	if !*first {
		out = append(out, ',')
	}
	*first = false
	return append(schema.AppendString(out, key), ':')
}

// append appends the member in the form that other members get.
func (m *member) append(out []byte, id string, first *bool) []byte {
	out = appendAuth(append(appendKey(out, id, first), `{"auth":`...), m.auth)
	out = append(append(out, `,"state":`...), m.state...)
	return append(out, '}')
}

func appendAuth(out []byte, auth string) []byte {
	if auth == "" {
		return append(out, "null"...)
	}
	return schema.AppendString(out, auth)
}

// message returns the beginning of a message of the room: see begin.
func (r *room) message(event string) []byte { return begin(r.name, event) }

// begin returns the JSON of a message of a channel up to its event. The caller closes the object.
func begin(channel, event string) []byte {
	out := schema.AppendString([]byte(`{"type":"channel","channel":`), channel)
	return schema.AppendString(append(out, `,"event":`...), event)
}
