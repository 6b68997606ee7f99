package realtime

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// ErrTopic is the error of a topic that Send does not accept. Topics of programs begin with "@";
// "@oauth2" belongs to the server.
var ErrTopic = errors.New("realtime: not a topic of the program")

// Send sends v, encoded as JSON, to the clients of this process that have subscribed to the topic
// by server-sent events, as pb.realtime.subscribe("@prices", …) does. to selects the clients: it
// gets the id of the client and its account, "collectionId/recordId" or "" for a guest, and must
// not call the Hub; a nil to selects all subscribers. sent is the number of clients. Send queues
// the message and does not wait for delivery: a client whose queue is full is disconnected.
//
// The message is not stored: clients that subscribe later do not get it, nor do clients of other
// servers on the same database. WebSockets have channels instead of such topics. The error is
// ErrTopic, or the error of encoding v.
func (h *Hub) Send(topic string, v any, to func(client, account string) bool) (sent int, err error) {
	if parsed := parseTopic(topic); len(topic) < 2 || topic[0] != '@' || parsed.collection != "" || topic == oauth2Topic {
		return 0, fmt.Errorf("%w: %q", ErrTopic, topic)
	}
	data, err := schema.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("realtime: message of %s: %w", topic, err)
	}
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
	return sent, nil
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
