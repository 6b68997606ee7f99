// The answer of a service through which somebody signs in, for the client that waits.

package realtime

import "github.com/loambase/loam/auth"

// oauth2Topic is what clients subscribe to who wait for a service's answer.
const oauth2Topic = "@oauth2"

var _ auth.OAuth2Streams = (*Hub)(nil)

// DeliverOAuth2 sends the message to a client that has subscribed to "@oauth2", and ends
// that subscription. Nothing is sent if the pin is not the one that the client was opened
// with.
func (h *Hub) DeliverOAuth2(clientID, pin string, message []byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.clients[clientID]
	if c == nil || c.socket != nil {
		return false
	}
	_, waits := c.topics[oauth2Topic]
	delete(c.topics, oauth2Topic) // it is in no group
	if !waits || c.pin != pin {
		return false
	}
	c.send(Message{Topic: oauth2Topic, Data: message})
	return true
}
