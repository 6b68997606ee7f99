// Hooks of channels: Join, Broadcast and Leave.

package channel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Hooks run code of an embedding program when clients join channels, send messages and leave.
// Handlers may be bound and removed at any time.
type Hooks struct {
	// Join runs after the join rule has admitted a client to a channel, and before the client
	// becomes a member. It runs again when a member joins the same channel again. Handlers may
	// replace State. An error refuses the client.
	Join hook.Hook[*JoinEvent]

	// Broadcast runs after the send rule has allowed a message of a member, and before the message is
	// sent. Handlers may change Event and Payload of Message, but not Channel. An error refuses
	// the message.
	Broadcast hook.Hook[*BroadcastEvent]

	// Leave runs after a client has left a channel. An error of a handler is logged.
	Leave hook.Hook[*LeaveEvent]
}

// JoinEvent is a request of a client to join a channel.
type JoinEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string          // id of the connection
	Channel string          // name of the channel
	State   json.RawMessage // presence state, a JSON object of at most 4 KiB; may be replaced
}

// BroadcastEvent is a message that a member sends to a channel.
type BroadcastEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string // id of the connection
	Message *Broadcast
}

// LeaveEvent is the end of the membership of a client in a channel.
type LeaveEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string // id of the connection
	Channel string // name of the channel
	Reason  Reason
}

// Reason is the reason why a client is no longer a member of a channel.
type Reason string

// The reasons of a LeaveEvent.
const (
	Left      Reason = "left"      // the client has asked to leave
	Closed    Reason = "closed"    // the connection has ended; members see the peer for GraceSeconds
	Forbidden Reason = "forbidden" // the join rule no longer admits the client
)

// Hooks returns the hooks of the rooms.
func (r *Rooms) Hooks() *Hooks { return &r.hooks }

// call returns the name and the time limit of the hooks of a moment, such as "join".
func (r *Rooms) call(moment string) hook.Call {
	return hook.Call{Name: "hook channel " + moment, Limit: r.app.Config.HookLimit}
}

// runBroadcastHooks runs the Broadcast hooks, and checks the message as the handlers have changed
// it.
func (r *Rooms) runBroadcastHooks(ctx context.Context, p *Peer, caller record.Caller, b *Broadcast) error {
	channel := b.Channel
	if err := r.hooks.Broadcast.Run(ctx, r.call("broadcast"), &BroadcastEvent{Caller: caller, Peer: p.id, Message: b}); err != nil {
		return err
	}
	if b.Channel != channel {
		return fmt.Errorf("channel: a hook sends a message of %q to %q", channel, b.Channel)
	}
	if err := b.check(); err != nil {
		return err
	}
	if !json.Valid(b.Payload) {
		return fmt.Errorf("channel: a hook has left a payload of %q that is not JSON", channel)
	}
	return nil
}

// runLeaveHooks runs the Leave hooks for the channels that a peer has left. No lock may be held.
func (r *Rooms) runLeaveHooks(p *Peer, reason Reason, channels ...string) {
	if r.hooks.Leave.Empty() {
		return
	}
	for _, name := range channels {
		e := &LeaveEvent{Caller: p.member.Caller(), Peer: p.id, Channel: name, Reason: reason}
		if err := r.hooks.Leave.Run(context.Background(), r.call("leave"), e); err != nil {
			r.app.Log().Error("hook after a client has left a channel", "channel", name, "error", err)
		}
	}
}
