package realtime

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// ErrTopic is a topic that belongs to a collection or to the server: only topics that begin
// with "@" are the program's, "@oauth2" excepted.
var ErrTopic = errors.New("realtime: not a topic of the program")

// Send tells each client of this process that has subscribed to the topic, as
// pb.realtime.subscribe("@prices", …) does, and for which to returns true; nil stands for
// all. The message is v as JSON. It returns how many clients there are, and does not wait for
// them: a client that is too slow is disconnected. to is called with the id of the client
// and the id of its account, "collectionId/recordId" and "" for a guest, and must not call the Hub.
//
// Nothing is kept: who subscribes later gets nothing of it, and neither do clients of other
// servers on one database. WebSockets have no such topics, but channels. The error is ErrTopic, or that of a v which is no JSON.
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

// subscribedAs returns the text by which the client has subscribed to a topic of the program,
// which may have options behind it; "" if it has not. The lock of the hub must be held.
func (c *Client) subscribedAs(topic string) string {
	for text := range c.topics {
		if name, _, _ := strings.Cut(text, "?"); name == topic {
			return text
		}
	}
	return ""
}
