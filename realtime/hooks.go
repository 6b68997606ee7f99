// Hooks of realtime: Connect, Subscribe and Message.

package realtime

import (
	"context"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// Hooks are where code of an embedding program takes part in what clients are told. Handlers may
// be bound and removed at any time.
type Hooks struct {
	// Connect runs when a client connects, by a stream of events or a WebSocket. An error
	// refuses.
	Connect hook.Hook[*ConnectEvent]

	// Subscribe runs when a client subscribes. Handlers may change what it subscribes to, or
	// refuse.
	Subscribe hook.Hook[*SubscribeEvent]

	// Message runs before a client is told of a change, or of the state of a live query.
	// Handlers may change the data. An error keeps the message from the client, and is logged
	// at debug level. Handlers hold up what others are told: they must be quick.
	Message hook.Hook[*MessageEvent]
}

// ConnectEvent is a client that connects.
type ConnectEvent struct {
	hook.Event
	Context context.Context // ends when the handlers must be done
	Caller  record.Caller   // of the request; of a stream of events mostly a guest
	Socket  bool            // a WebSocket, else a stream of events
}

// SubscribeEvent is a client that subscribes.
type SubscribeEvent struct {
	hook.Event
	Context context.Context // ends when the handlers must be done
	Caller  record.Caller
	Client  string // its id

	Topics []string // all topics of a stream of events from now on; may be changed
	Watch  *Watch   // one subscription of a WebSocket, else nil; may be changed
}

// MessageEvent is a message to a client.
type MessageEvent struct {
	hook.Event
	Context context.Context // ends when the handlers must be done
	Client  string          // its id
	Auth    *record.Record  // who it is; nil for a guest. It must not be changed
	Topic   string          // of a WebSocket, the id of the subscription
	Kind    Kind            // Event or Snapshot
	Data    []byte          // JSON. It is shared: handlers put other bytes in its place
}

// Hooks returns the hooks of the hub.
func (h *Hub) Hooks() *Hooks { return &h.hooks }

// Connect asks the handlers whether a client of the caller may connect: by a WebSocket, or by a
// stream of events. Who opens a client calls it before.
func (h *Hub) Connect(ctx context.Context, caller record.Caller, socket bool) error {
	if h.hooks.Connect.Empty() {
		return nil
	}
	e := &ConnectEvent{Caller: caller, Socket: socket}
	return hook.Within(ctx, "hook realtime connect", h.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.hooks.Connect.Trigger(e, nothing)
	})
}

func nothing() error { return nil }

// runSubscribeHooks shows the handlers what a client subscribes to.
func (h *Hub) runSubscribeHooks(ctx context.Context, e *SubscribeEvent) error {
	if h.hooks.Subscribe.Empty() {
		return nil
	}
	return hook.Within(ctx, "hook realtime subscribe", h.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.hooks.Subscribe.Trigger(e, nothing)
	})
}

// kind is what a message says; that of a stream is an event.
func (m *Message) kind() Kind {
	if m.Mark == nil {
		return Event
	}
	return m.Mark.Kind
}

// runMessageHooks returns the messages as the handlers have left them.
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
			err := hook.Within(context.Background(), "hook realtime message", h.app.Config.HookLimit, func(ctx context.Context) error {
				e.Context = ctx
				return h.hooks.Message.Trigger(e, nothing)
			})
			if err != nil {
				h.app.Log().Debug("realtime: a hook keeps a message back", "client", c.ID, "error", err)
				continue
			}
			m.Data = e.Data
		}
		kept = append(kept, m)
	}
	return kept
}
