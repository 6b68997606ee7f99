package ws

import (
	"context"
	"encoding/json"

	"github.com/loambase/loam/realtime/channel"
)

// join joins a channel. The presence and history of the channel follow the answer.
func (c *conn) join(ctx context.Context, m *message) error {
	var form struct {
		Channel  string          `json:"channel"`
		Presence json.RawMessage `json:"presence"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	return c.server.rooms.Join(ctx, c.peer, form.Channel, form.Presence, appendOK(nil, m.ID, []byte("{}")))
}

// leave leaves a channel.
func (c *conn) leave(_ context.Context, m *message) error {
	var form struct {
		Channel string `json:"channel"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	if err := c.server.rooms.Leave(c.peer, form.Channel); err != nil {
		return err
	}
	c.ok(m, []byte("{}"))
	return nil
}

// presence replaces the presence state of the client.
func (c *conn) presence(_ context.Context, m *message) error {
	var form struct {
		Channel string          `json:"channel"`
		State   json.RawMessage `json:"state"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	if err := c.server.rooms.Present(c.peer, form.Channel, form.State); err != nil {
		return err
	}
	c.ok(m, []byte("{}"))
	return nil
}

// broadcast sends a message to a channel. A success is answered only if the client asks for it
// by ack; a refusal always is.
func (c *conn) broadcast(ctx context.Context, m *message) error {
	var form struct {
		Channel string          `json:"channel"`
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
		Ack     bool            `json:"ack"`
		Self    bool            `json:"self"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	b := channel.Broadcast{Channel: form.Channel, Event: form.Event, Payload: form.Payload, Self: form.Self}
	if err := c.server.rooms.Broadcast(ctx, c.peer, b); err != nil {
		return err
	}
	if form.Ack {
		c.ok(m, []byte("{}"))
	}
	return nil
}
