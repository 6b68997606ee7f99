// Messages of the embedding program to the members of a channel, on all servers.

package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// sent is the JSON of a message that Send publishes to the other servers.
type sent struct {
	Channel string          `json:"channel"`
	Message json.RawMessage `json:"message"`
}

// topic is the topic of App.Publish and App.OnPublished for messages of Send.
const topic = "loam.channels"

// Send sends an event to all members of a channel, with v, encoded as JSON, as its payload. The
// sender in "from" has an empty peer and no account. Send checks no rule and runs no hook. Send
// also publishes the message to the members on the other servers of the same PostgreSQL database;
// App.Publish documents how reliable that is. Faults: Invalid for a wrong name of a channel or
// event, NotFound for a channel that no pattern of the settings matches, and TooLarge for a payload
// of more than 32 KiB. After an error of App.Publish the members on this server have the message.
func (r *Rooms) Send(ctx context.Context, channel, event string, v any) error {
	payload, err := schema.Marshal(v)
	if err != nil {
		return fmt.Errorf("channel: message to %s: %w", channel, err)
	}
	b := &Broadcast{Channel: channel, Event: event, Payload: payload}
	if err := b.check(); err != nil {
		return err
	}
	if !settings.IsChannelName(channel) {
		return fault.New(fault.Invalid, "The name of the channel is not valid.")
	}
	message := b.message("", "")
	if !r.deliver(channel, message) {
		return fault.New(fault.NotFound, fmt.Sprintf("No pattern of the settings matches the channel %q.", channel))
	}
	text, err := json.Marshal(sent{channel, message})
	if err != nil {
		return err
	}
	return r.app.Publish(ctx, topic, text)
}

// receive delivers a message that Send has published on another server.
func (r *Rooms) receive(text []byte) {
	var s sent
	if err := json.Unmarshal(text, &s); err != nil {
		r.app.Log().Warn("channel: message of another server", "error", err)
		return
	}
	r.deliver(s.Channel, bytes.Clone(s.Message))
}

// deliver sends a message to all members on this server, and adds it to the history of the channel.
// It reports whether a pattern of the settings matches the channel.
func (r *Rooms) deliver(name string, message []byte) bool {
	config, _, ok := r.app.Settings().Current().Realtime.Channels.Match(name)
	if !ok {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[name] == nil && config.History == 0 {
		return true // no member and no history
	}
	in := r.room(name)
	in.mu.Lock()
	in.history.add(message, config.History)
	in.tell(message, nil)
	in.mu.Unlock()
	r.settle(in)
	return true
}
