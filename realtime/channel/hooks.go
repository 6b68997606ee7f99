// Hooks of channels: Join, Broadcast and Leave.

package channel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Hooks let code of an embedding program take part in what clients do in channels. Handlers may be
// bound and removed at any time.
type Hooks struct {
	// Join runs when a client joins a channel, after the join rule has allowed it, and also when a
	// member joins again. Handlers may change State. An error refuses the client.
	Join hook.Hook[*JoinEvent]

	// Broadcast runs when a member sends a message, after the send rule has allowed it. Handlers
	// may change the Event and the Payload of the Message. An error refuses the message.
	Broadcast hook.Hook[*BroadcastEvent]

	// Leave runs when a client has left a channel. An error is logged.
	Leave hook.Hook[*LeaveEvent]
}

// JoinEvent is the joining of a channel.
type JoinEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string          // id of the connection
	Channel string          // its name
	State   json.RawMessage // presence state, a JSON object of at most 4 KiB; may be replaced
}

// BroadcastEvent is a message of a member.
type BroadcastEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string // id of the connection
	Message *Broadcast
}

// LeaveEvent is the end of a membership.
type LeaveEvent struct {
	hook.Event
	Caller  record.Caller
	Peer    string // id of the connection
	Channel string
	Reason  Reason
}

// Reason says why a client is no longer a member of a channel.
type Reason string

// The reasons.
const (
	Left      Reason = "left"      // the client has asked for it
	Closed    Reason = "closed"    // its connection has ended; members may still see it for the grace
	Forbidden Reason = "forbidden" // the join rule no longer allows it
)

// Hooks returns the hooks of the rooms.
func (r *Rooms) Hooks() *Hooks { return &r.hooks }

// call returns the Call of the hooks of a moment.
func (r *Rooms) call(moment string) hook.Call {
	return hook.Call{Name: "hook channel " + moment, Limit: r.app.Config.HookLimit}
}

// runBroadcastHooks runs the Broadcast hooks, and checks what they have left.
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
