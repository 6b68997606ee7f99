// Hooks of realtime: Connect, Subscribe and Message.

package realtime

import (
	"context"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Hooks run code of an embedding program when clients connect and subscribe, and before messages
// are sent to them. Handlers may be bound and removed at any time.
type Hooks struct {
	// Connect runs when a client connects, by server-sent events or a WebSocket. An error
	// refuses the connection.
	Connect hook.Hook[*ConnectEvent]

	// Subscribe runs when a client subscribes. Handlers may change Topics or Watch. An error
	// refuses the subscription.
	Subscribe hook.Hook[*SubscribeEvent]

	// Message runs before an event of a record, or the snapshot of a live query, is sent to a
	// client. Handlers may change Data. An error drops the message, and is logged at debug
	// level. Handlers must be quick: they delay the messages of other clients.
	Message hook.Hook[*MessageEvent]
}

// ConnectEvent is a request of a client to connect.
type ConnectEvent struct {
	hook.Event
	Caller record.Caller // of the request; with server-sent events mostly a guest
	Socket bool          // true for a WebSocket, false for server-sent events
}

// SubscribeEvent is a request of a client to subscribe.
type SubscribeEvent struct {
	hook.Event
	Caller record.Caller
	Client string // id of the client

	Topics []string // of server-sent events: the new set of all topics; may be changed
	Watch  *Watch   // of a WebSocket: the subscription, else nil; may be changed
}

// MessageEvent is a message to a client.
type MessageEvent struct {
	hook.Event
	Client string         // id of the client
	Auth   *record.Record // account of the client; nil for a guest. It must not be changed
	Topic  string         // topic or, of a WebSocket, id of the subscription
	Kind   Kind           // Event or Snapshot
	Data   []byte         // JSON. Handlers may replace Data, but must not write to its bytes
}

// Hooks returns the hooks of the hub.
func (h *Hub) Hooks() *Hooks { return &h.hooks }

// Connect runs the Connect hooks. socket is true for a WebSocket, false for server-sent events.
// Transports call Connect before Open or OpenSocket; an error refuses the connection.
func (h *Hub) Connect(ctx context.Context, caller record.Caller, socket bool) error {
	return h.hooks.Connect.Run(ctx, h.call("connect"), &ConnectEvent{Caller: caller, Socket: socket})
}

// call returns the name and the time limit of the hooks of a moment, such as "connect".
func (h *Hub) call(moment string) hook.Call {
	return hook.Call{Name: "hook realtime " + moment, Limit: h.app.Config.HookLimit}
}

// runSubscribeHooks runs the Subscribe hooks, which may change the event.
func (h *Hub) runSubscribeHooks(ctx context.Context, e *SubscribeEvent) error {
	return h.hooks.Subscribe.Run(ctx, h.call("subscribe"), e)
}

// kind returns the Kind of a message. Messages of server-sent events have no Mark: they are Events.
func (m *Message) kind() Kind {
	if m.Mark == nil {
		return Event
	}
	return m.Mark.Kind
}

// runMessageHooks runs the Message hooks of each event and snapshot in the list. It returns the
// list, which it overwrites, without the messages that a handler has refused.
func (c *Client) runMessageHooks(list []Message) []Message {
	h := c.hub
	if h.hooks.Message.Empty() {
		return list
	}
	h.mu.Lock()
	auth := c.auth
	h.mu.Unlock()
	kept := list[:0]
	for _, m := range list {
		if kind := m.kind(); kind == Event || kind == Snapshot {
			e := &MessageEvent{Client: c.ID, Auth: auth, Topic: m.Topic, Kind: kind, Data: m.Data}
			if err := h.hooks.Message.Run(context.Background(), h.call("message"), e); err != nil {
				h.app.Log().Debug("realtime: a hook keeps a message back", "client", c.ID, "error", err)
				continue
			}
			m.Data = e.Data
		}
		kept = append(kept, m)
	}
	return kept
}
