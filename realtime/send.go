package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// ErrTopic is the error of Send for a topic that does not belong to the program. Topics of programs
// begin with "@"; the topic "@oauth2" belongs to the server.
var ErrTopic = errors.New("realtime: not a topic of the program")

// sentMessage is the JSON of a message that Send publishes to the other servers.
type sentMessage struct {
	Topic string          `json:"topic"`
	Data  json.RawMessage `json:"data"`
}

// sendTopic is the topic of App.Publish and App.OnPublished for messages of Send.
const sendTopic = "loam.realtime"

// Send sends v, encoded as JSON, to the clients that have subscribed to the topic by server-sent
// events, as pb.realtime.subscribe("@prices", …) does. With a nil to, Send sends the message to all
// subscribers, including those of the other servers on the same PostgreSQL database; App.Publish
// documents how reliable that is. Otherwise Send sends the message only to the clients of this
// server for which to returns true. to is called with the id of the client and its account,
// "collectionId/recordId" or "" for a guest, and must not call the Hub. sent is the number of
// clients of this server to which the message was sent. Send queues the message for each client and
// does not wait for delivery: a client whose queue is full is disconnected.
//
// The message is not stored: clients that subscribe later do not get it. WebSockets have channels
// instead of such topics (channel.Rooms.Send). The error is ErrTopic, the error of encoding v, or
// the error of App.Publish. After an error of App.Publish the clients of this server have the
// message.
func (h *Hub) Send(topic string, v any, to func(client, account string) bool) (sent int, err error) {
	if parsed := parseTopic(topic); len(topic) < 2 || topic[0] != '@' || parsed.collection != "" || topic == oauth2Topic {
		return 0, fmt.Errorf("%w: %q", ErrTopic, topic)
	}
	data, err := schema.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("realtime: message of %s: %w", topic, err)
	}
	sent = h.sendHere(topic, data, to)
	if to != nil {
		return sent, nil
	}
	text, err := json.Marshal(sentMessage{topic, data})
	if err != nil {
		return sent, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	return sent, h.app.Publish(ctx, sendTopic, text)
}

// publishTimeout is the timeout of App.Publish in Send.
const publishTimeout = 5 * time.Second

// receive delivers a message that Send has published on another server.
func (h *Hub) receive(text []byte) {
	var m sentMessage
	if err := json.Unmarshal(text, &m); err != nil {
		h.app.Log().Warn("realtime: message of another server", "error", err)
		return
	}
	h.sendHere(m.Topic, m.Data, nil)
}

// sendHere sends a message to the clients of this server that have subscribed to the topic and for
// which to, unless it is nil, returns true. It returns the number of these clients.
func (h *Hub) sendHere(topic string, data []byte, to func(client, account string) bool) (sent int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.clients {
		if c.socket != nil {
			continue
		}
		name := c.subscribedAs(topic)
		if name == "" || to != nil && !to(c.ID, record.Caller{Auth: c.auth}.Actor()) {
			continue
		}
		c.send(Message{Topic: name, Data: data})
		sent++
	}
	return sent
}

// subscribedAs returns the topic as the client has subscribed to it, which may have "?" and options
// after its name; "" if the client has not subscribed. Hub.mu must be held.
func (c *Client) subscribedAs(topic string) string {
	for text := range c.topics {
		if name, _, _ := strings.Cut(text, "?"); name == topic {
			return text
		}
	}
	return ""
}
