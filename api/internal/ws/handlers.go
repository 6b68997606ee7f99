package ws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/wire"
	"github.com/loambase/loam/realtime"
)

// handler handles messages of one type. It answers a success itself, or returns an error, which
// becomes the answer.
type handler func(c *conn, ctx context.Context, m *message) error

// handlers are the types of messages that clients may send.
var handlers = map[string]handler{
	"auth":        (*conn).auth,
	"subscribe":   (*conn).subscribe,
	"unsubscribe": (*conn).unsubscribe,
	"ping":        (*conn).ping,
	"join":        (*conn).join,
	"leave":       (*conn).leave,
	"presence":    (*conn).presence,
	"broadcast":   (*conn).broadcast,
}

// message is a message of a client: its type, its id, and its whole text.
type message struct {
	Type string  `json:"type"`
	ID   *string `json:"id"`
	body []byte
}

// maxID is the maximum length of the id of a message, in bytes.
const maxID = 64

// Handle implements socket.Session: it answers one message. Ten bad messages in a row close the
// connection.
func (c *conn) Handle(ctx context.Context, text []byte) {
	m := &message{body: text}
	handle, err := m.read()
	if err == nil {
		c.bad = 0
		err = handle(c, ctx, m)
	} else {
		c.bad++
	}
	if err != nil {
		c.fail(ctx, m, err)
	}
	if c.bad >= maxBad {
		c.socket.Close(closeBadMessages, "Too many bad messages.")
	}
}

// read parses the type and the id of the message and returns the handler of its type.
func (m *message) read() (handler, error) {
	if err := json.Unmarshal(m.body, m); err != nil {
		m.ID = nil
		return nil, fault.Wrap(fault.Invalid, "The message is no JSON object with a type.", err)
	}
	if m.ID != nil && len(*m.ID) > maxID {
		m.ID = nil
		return nil, fault.New(fault.Invalid, "The id is longer than 64 bytes.")
	}
	handle := handlers[m.Type]
	if handle == nil {
		return nil, fault.New(fault.Invalid, "The type of the message is unknown.")
	}
	return handle, nil
}

// decode reads the fields of the message.
func (m *message) decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(m.body))
	decoder.UseNumber() // a number stays the text that was sent
	if err := decoder.Decode(into); err != nil {
		return fault.Wrap(fault.Invalid, "The fields of the message are not valid.", err)
	}
	return nil
}

// ok answers with the data.
func (c *conn) ok(m *message, data []byte) { c.client.Tell(appendOK(nil, m.ID, data)) }

// fail answers with an error, and logs errors of the server.
func (c *conn) fail(ctx context.Context, m *message, err error) {
	caller := c.client.Caller()
	kind, envelope := wire.ErrorJSON(err, caller.Superuser())
	if spent := errors.Is(err, budget.ErrSpent); (kind == fault.Internal || kind == fault.Unavailable && !spent) && ctx.Err() == nil {
		c.server.app.Log().Error("websocket message failed", "type", m.Type, "caller", caller.Actor(), "error", err)
	}
	out := appendID([]byte(`{"type":"error"`), m.ID)
	out = schema.AppendString(append(out, `,"code":`...), codeOf(kind, err))
	out = append(append(out, ','), envelope[1:]...)
	c.client.Tell(out)
}

// codeOf returns the code of an error: the limit that was reached, or its kind.
func codeOf(kind fault.Kind, err error) string {
	var limit *realtime.LimitError
	if errors.As(err, &limit) {
		return limit.Code
	}
	switch kind {
	case fault.Invalid:
		return "invalid"
	case fault.Unauthenticated:
		return "unauthenticated"
	case fault.Forbidden:
		return "forbidden"
	case fault.NotFound:
		return "not_found"
	case fault.TooMany:
		return "too_many"
	case fault.TooLarge:
		return "too_large"
	case fault.Unavailable:
		return "unavailable"
	}
	return "internal"
}

// ping answers clients that cannot see the pings of the WebSocket.
func (c *conn) ping(_ context.Context, m *message) error {
	c.client.Tell(append(appendID([]byte(`{"type":"pong"`), m.ID), '}'))
	return nil
}
