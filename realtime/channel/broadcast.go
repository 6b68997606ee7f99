// Broadcasts: messages of a member to all others, and their history for members that join later.

package channel

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	maxPayload      = 32 << 10
	maxEventName    = 100
	maxHistoryBytes = 256 << 10
)

// Broadcast is a message of a peer.
type Broadcast struct {
	Channel string
	Event   string          // 1 to 100 bytes; not a name of the server's own events
	Payload json.RawMessage // JSON, null if it is empty
	Self    bool            // the sender gets it too
}

// check trims the payload, and sets an empty payload to null. Faults: Invalid for the name of the
// event, TooLarge for a payload of more than 32 KiB.
func (b *Broadcast) check() error {
	b.Payload = bytes.TrimSpace(b.Payload)
	switch {
	case b.Event == "" || len(b.Event) > maxEventName:
		return fault.New(fault.Invalid, "The event needs a name of up to 100 bytes.")
	case b.Event == "presence" || b.Event == "presence_diff" || b.Event == "left":
		return fault.New(fault.Invalid, "Events of that name are the server's.")
	case len(b.Payload) > maxPayload:
		return limitReached("payload_too_large", "The payload is larger than 32 KiB.")
	case len(b.Payload) == 0:
		b.Payload = json.RawMessage("null")
	}
	return nil
}

// message returns the JSON of the message to the members. peer and auth name the sender; both are
// "" for a message of Rooms.Send.
func (b *Broadcast) message(peer, auth string) []byte {
	out := append(append(begin(b.Channel, b.Event), `,"payload":`...), b.Payload...)
	return appendFrom(out, peer, auth)
}

// Broadcast sends a message of a peer to all other members of a room, and to the peer too if b.Self
// is set. Faults: NotFound for a peer that has not joined, Forbidden for a caller whom the send
// rule refuses, Invalid for a wrong name of an event, TooLarge for a payload of more than 32 KiB.
// An error of a Broadcast hook is returned too.
func (r *Rooms) Broadcast(ctx context.Context, p *Peer, b Broadcast) error {
	if err := b.check(); err != nil {
		return err
	}
	in, err := r.joined(p, b.Channel)
	if err != nil {
		return err
	}
	caller := p.member.Caller()
	if may, err := r.maySend(ctx, caller, b.Channel); err != nil || !may {
		if err == nil {
			err = fault.New(fault.Forbidden, "You are not allowed to send to this channel.")
		}
		return err
	}
	if !r.hooks.Broadcast.Empty() {
		if err := r.runBroadcastHooks(ctx, p, caller, &b); err != nil {
			return err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.members[p.id] == nil { // the member was removed meanwhile
		return notJoined()
	}
	message := b.message(p.id, nameOf(caller))
	in.history.add(message, in.config.History)
	but := p
	if b.Self {
		but = nil
	}
	in.tell(message, but)
	return nil
}

func (r *Rooms) maySend(ctx context.Context, caller record.Caller, name string) (bool, error) {
	c, values, ok := r.app.Settings().Current().Realtime.Channels.Match(name)
	if !ok {
		return false, nil
	}
	may, _, err := r.app.Records().Admits(ctx, caller, c.SendRule, values)
	return may, err
}

// appendFrom appends the member "from" of a message, the sender, and closes the object.
func appendFrom(out []byte, peer, auth string) []byte {
	out = schema.AppendString(append(out, `,"from":{"peer":`...), peer)
	out = appendAuth(append(out, `,"auth":`...), auth)
	return append(out, "}}"...)
}

// history holds the last messages of a room.
type history struct {
	list  [][]byte
	bytes int
}

// add appends a message and drops the oldest messages beyond the limits.
func (h *history) add(message []byte, most int) {
	if most > 0 {
		h.list, h.bytes = append(h.list, message), h.bytes+len(message)
	}
	h.trim(most)
}

// trim drops the oldest messages beyond the limits.
func (h *history) trim(most int) {
	if most == 0 {
		*h = history{}
	}
	for len(h.list) > most || h.bytes > maxHistoryBytes {
		h.bytes -= len(h.list[0])
		h.list[0] = nil
		h.list = h.list[1:]
	}
}
