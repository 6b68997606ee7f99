package realtime

import "time"

// Sizes returns the numbers of clients and groups.
func (h *Hub) Sizes() (clients, groups int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients), len(h.groups)
}

// Ready returns a channel that receives when Take has messages or an error. The channels of earlier
// calls receive no more.
func (c *Client) Ready() <-chan struct{} {
	ready := make(chan struct{}, 1)
	c.OnReady(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	return ready
}

// Take returns the messages of TakeInto in a new slice.
func (c *Client) Take() ([]Message, error) { return c.TakeInto(nil) }

// Hurry makes live queries whose filter reads the clock run twenty times a second. Call Hurry
// before the app is opened.
func (h *Hub) Hurry() { h.clockEvery = 50 * time.Millisecond }
