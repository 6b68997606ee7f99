// The answer of an OAuth2 provider, for the client that waits for it.

package realtime

import "github.com/loambase/loam/auth"

// oauth2Topic is the topic of clients that wait for the answer of an OAuth2 provider.
const oauth2Topic = "@oauth2"

var _ auth.OAuth2Streams = (*Hub)(nil)

// DeliverOAuth2 sends the message to a client that has subscribed to "@oauth2", and ends that
// subscription. It reports whether the message was sent: not if the client has no such
// subscription, or was opened with another pin.
func (h *Hub) DeliverOAuth2(clientID, pin string, message []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.clients[clientID]
	if c == nil || c.socket != nil {
		return false
	}
	_, waits := c.topics[oauth2Topic]
	delete(c.topics, oauth2Topic) // the topic is in no group
	if !waits || c.pin != pin {
		return false
	}
	c.send(Message{Topic: oauth2Topic, Data: message})
	return true
}
